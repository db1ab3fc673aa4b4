#include "pipeline/time.hpp"

#include <cstdint>
#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using td::parse_rfc3339;
using td::timestamp;
using td::to_rfc3339;

namespace {

/// What a text means, canonical, or "absent".
std::string read(std::string_view text) {
  auto const time = parse_rfc3339(text);
  return time ? to_rfc3339(*time) : "absent";
}

struct reading {
  const char* text;
  const char* meaning;
};

void expect(std::initializer_list<reading> table) {
  for (auto const& [text, meaning] : table) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(read(text) == meaning);
    }
  }
}

constexpr std::int64_t first_microsecond = -62135596800'000000;  // 0001-01-01T00:00:00Z
constexpr std::int64_t last_microsecond = 253402300799'999999;   // 9999-12-31T23:59:59.999999Z

}  // namespace

BOOST_AUTO_TEST_SUITE(times)

BOOST_AUTO_TEST_CASE(counts_microseconds_from_the_unix_epoch) {
  BOOST_TEST(parse_rfc3339("1970-01-01T00:00:00Z")->time_since_epoch().count() == 0);
  // `date -u -d 2026-11-20T12:34:56Z +%s`
  BOOST_TEST(parse_rfc3339("2026-11-20T12:34:56.000001Z")->time_since_epoch().count() ==
             1795178096'000001);
  BOOST_TEST(parse_rfc3339("1969-12-31T23:59:59.999999Z")->time_since_epoch().count() == -1);
}

BOOST_AUTO_TEST_CASE(digits_past_the_microsecond_are_truncated_never_rounded) {
  expect({
      {"2026-11-20T23:59:59.9999996Z", "2026-11-20T23:59:59.999999Z"},
      {"2026-12-31T23:59:59.9999999999999999999999Z", "2026-12-31T23:59:59.999999Z"},
      {"2026-11-20T12:00:00.1234565Z", "2026-11-20T12:00:00.123456Z"},
      {"2026-11-20T12:00:00.0000009Z", "2026-11-20T12:00:00.000000Z"},
      {"1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"},
      {"0001-01-01T00:00:00.0000009Z", "0001-01-01T00:00:00.000000Z"},
  });
}

BOOST_AUTO_TEST_CASE(any_number_of_fraction_digits_is_read) {
  expect({
      {"2026-11-20T12:00:00Z", "2026-11-20T12:00:00.000000Z"},
      {"2026-11-20T12:00:00.1Z", "2026-11-20T12:00:00.100000Z"},
      {"2026-11-20T12:00:00.012Z", "2026-11-20T12:00:00.012000Z"},
      {"2026-11-20T12:00:00.000001Z", "2026-11-20T12:00:00.000001Z"},
  });
  auto const text = "2026-11-20T12:00:00." + std::string(10'000, '1') + "Z";
  BOOST_TEST(read(text) == "2026-11-20T12:00:00.111111Z");
}

BOOST_AUTO_TEST_CASE(offsets_carry_over_hours_days_months_and_years) {
  expect({
      {"2026-11-20T12:00:00+01:00", "2026-11-20T11:00:00.000000Z"},
      {"2026-11-20T12:00:00-01:30", "2026-11-20T13:30:00.000000Z"},
      {"2026-11-20T00:15:00+05:45", "2026-11-19T18:30:00.000000Z"},
      {"2026-02-28T23:30:00-01:00", "2026-03-01T00:30:00.000000Z"},
      {"2024-02-28T23:30:00-01:00", "2024-02-29T00:30:00.000000Z"},
      {"2027-01-01T00:00:00.5+14:00", "2026-12-31T10:00:00.500000Z"},
      {"2026-12-31T23:59:59-23:59", "2027-01-01T23:58:59.000000Z"},
      {"2026-11-20T12:00:00+00:00", "2026-11-20T12:00:00.000000Z"},
      {"2026-11-20T12:00:00-00:00", "2026-11-20T12:00:00.000000Z"},
  });
}

BOOST_AUTO_TEST_CASE(years_end_at_0001_and_9999_in_utc_too) {
  expect({
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
      {"0001-01-01T00:00:00-01:00", "0001-01-01T01:00:00.000000Z"},
      {"0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.000000Z"},
      {"0001-01-01T00:00:00+01:00", "absent"},
      {"0000-12-31T23:59:59Z", "absent"},
      {"0000-12-31T23:59:59-01:00", "absent"},
      {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
      {"9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"},
      {"9999-12-31T23:59:59+01:00", "9999-12-31T22:59:59.000000Z"},
      {"9999-12-31T23:59:59-00:01", "absent"},
      {"9999-12-31T23:59:00-00:01", "absent"},
      {"10000-01-01T00:00:00Z", "absent"},
  });
  BOOST_TEST(parse_rfc3339("0001-01-01T00:00:00Z")->time_since_epoch().count() ==
             first_microsecond);
  BOOST_TEST(parse_rfc3339("9999-12-31T23:59:59.999999Z")->time_since_epoch().count() ==
             last_microsecond);
}

BOOST_AUTO_TEST_CASE(a_leap_second_is_the_last_microsecond_of_the_day) {
  expect({
      {"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"},
      {"2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999999Z"},
      {"2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59.999999Z"},
      {"1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.999999Z"},
      {"9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999999Z"},
      {"2016-12-31T23:58:60Z", "absent"},
      {"2016-12-31T22:59:60Z", "absent"},
      {"2016-12-31T23:59:60+01:00", "absent"},
      {"2016-12-31T23:59:61Z", "absent"},
  });
}

BOOST_AUTO_TEST_CASE(both_cases_and_one_space_are_read) {
  expect({
      {"2026-11-20t12:00:00z", "2026-11-20T12:00:00.000000Z"},
      {"2026-11-20 12:00:00Z", "2026-11-20T12:00:00.000000Z"},
      {"2026-11-20 12:00:00+01:00", "2026-11-20T11:00:00.000000Z"},
  });
}

BOOST_AUTO_TEST_CASE(anything_else_is_absent) {
  for (auto const* const text : {
           "",
           "2026",
           "2026-11-20",
           "2026-11-20T12:00:00",                   // no offset
           "2026-11-20T12:00Z",                     // no seconds
           "2026-11-20T12:00:00.Z",                 // no digit behind the point
           "2026-11-20T12:00:00,5Z",                // comma
           "2026-11-20  12:00:00Z",                 // two spaces
           "2026-11-20_12:00:00Z",                  // neither T nor space
           "2026-11-20T12:00:00 Z",                 // space before the offset
           "2026-11-20T12:00:00ZZ",                 // something behind
           "2026-11-20T12:00:00Z ",                 //
           " 2026-11-20T12:00:00Z",                 //
           "2026-11-20T12:00:00+0100",              // offset without colon
           "2026-11-20T12:00:00+01",                //
           "2026-11-20T12:00:00+1:00",              //
           "2026-11-20T12:00:00+24:00",             //
           "2026-11-20T12:00:00+01:60",             //
           "2026-11-20T12:00:00\342\210\22201:00",  // U+2212 for the minus
           "2026-11-20T24:00:00Z",                  // hours end at 23
           "2026-11-20T12:60:00Z",
           "2026-13-20T12:00:00Z",
           "2026-00-20T12:00:00Z",
           "2026-11-00T12:00:00Z",
           "2026-11-31T12:00:00Z",  // a month of 30 days
           "2026-02-29T12:00:00Z",  // no leap year
           "1900-02-29T12:00:00Z",
           "20261120T120000Z",  // ISO 8601's basic form
           "2026-W47-5T12:00:00Z",
           "+2026-11-20T12:00:00Z",
           "-2026-11-20T12:00:00Z",
           "2026-11-20T12:00:00.1e3Z",
           "2026-1-20T12:00:00Z",
           "1795178096",
           "now",
           "infinity",
       }) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(read(text) == "absent");
    }
  }
}

BOOST_AUTO_TEST_CASE(leap_days_are_read_in_leap_years) {
  expect({{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"},
          {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"}});
}

RC_BOOST_PROP(what_is_written_is_read_back, ()) {
  auto const count = *rc::gen::inRange<std::int64_t>(first_microsecond, last_microsecond + 1);
  timestamp const time{std::chrono::microseconds{count}};
  auto const text = to_rfc3339(time);
  RC_ASSERT(text.size() == 27u);
  RC_ASSERT(parse_rfc3339(text) == time);
}

RC_BOOST_PROP(an_offset_moves_the_time_by_just_that_much, ()) {
  // Whole days away from both ends of time, so that no offset passes them.
  constexpr std::int64_t day = 86'400'000'000;
  auto const count =
      *rc::gen::inRange<std::int64_t>(first_microsecond + day, last_microsecond - day);
  auto const hours = *rc::gen::inRange(0, 24);
  auto const minutes = *rc::gen::inRange(0, 60);
  auto const west = *rc::gen::arbitrary<bool>();
  timestamp const local{std::chrono::microseconds{count}};
  auto text = to_rfc3339(local);
  text.pop_back();
  auto const two = [](int n) { return std::string{n < 10 ? "0" : ""} + std::to_string(n); };
  text += (west ? '-' : '+') + two(hours) + ':' + two(minutes);
  auto const offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  RC_ASSERT(parse_rfc3339(text) == local - (west ? -offset : offset));
}

RC_BOOST_PROP(random_changes_never_crash_and_what_is_read_is_in_range, ()) {
  std::string text = "2026-11-20T12:34:56.123456+01:00";
  for (auto changes = *rc::gen::inRange(1, 5); changes > 0; --changes) {
    auto const at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::arbitrary<char>();
  }
  if (auto const time = parse_rfc3339(text)) {
    RC_ASSERT(time->time_since_epoch().count() >= first_microsecond);
    RC_ASSERT(time->time_since_epoch().count() <= last_microsecond);
    RC_ASSERT(parse_rfc3339(to_rfc3339(*time)) == time);
  }
}

BOOST_AUTO_TEST_CASE(now_is_between_two_looks_at_the_system_clock) {
  auto const before =
      std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  auto const now = td::now();
  BOOST_TEST((before <= now && now <= std::chrono::system_clock::now()));
}

BOOST_AUTO_TEST_SUITE_END()
