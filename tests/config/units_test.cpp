#include "config/units.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(durations_have_one_whole_number_and_one_unit) {
  BOOST_TEST(parse_duration("250ms")->count() == 250);
  BOOST_TEST(parse_duration("0s")->count() == 0);
  BOOST_TEST(parse_duration("30s")->count() == 30'000);
  BOOST_TEST(parse_duration("20m")->count() == 1'200'000);
  BOOST_TEST(parse_duration("36h")->count() == 129'600'000);
  BOOST_TEST(parse_duration("30d")->count() == 2'592'000'000);
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_duration) {
  for (auto text : {"", "30", "s", "-1s", "+1s", " 1s", "1 s", "1s ", "1.5s", "1h30m", "1S", "1min",
                    "1w", "0x1s", "99999999999999999999s", "9223372036854775807d"}) {
    BOOST_TEST(!parse_duration(text), text << " was accepted");
  }
}

BOOST_AUTO_TEST_CASE(durations_print_in_the_shortest_exact_form) {
  BOOST_TEST(format_duration(milliseconds{0}) == "0s");
  BOOST_TEST(format_duration(milliseconds{1500}) == "1500ms");
  BOOST_TEST(format_duration(milliseconds{90'000}) == "90s");
  BOOST_TEST(format_duration(milliseconds{60'000}) == "1m");
  BOOST_TEST(format_duration(milliseconds{172'800'000}) == "2d");
}

BOOST_AUTO_TEST_CASE(sizes_are_bytes_or_have_a_binary_unit) {
  BOOST_TEST(*parse_size("0") == 0);
  BOOST_TEST(*parse_size("4096") == 4096);
  BOOST_TEST(*parse_size("512B") == 512);
  BOOST_TEST(*parse_size("64KiB") == 65'536);
  BOOST_TEST(*parse_size("4MiB") == 4'194'304);
  BOOST_TEST(*parse_size("2GiB") == 2'147'483'648);
  for (auto text : {"", "4MB", "4kB", "4K", "4 MiB", "-1", "1.5MiB", "MiB", "9000000000GiB"}) {
    BOOST_TEST(!parse_size(text), text << " was accepted");
  }
}

BOOST_AUTO_TEST_CASE(integers_are_decimal_and_whole) {
  BOOST_TEST(*parse_integer("-12") == -12);
  for (auto text : {"", " 1", "1 ", "+1", "1e3", "0x10", "1.0", "9223372036854775808"}) {
    BOOST_TEST(!parse_integer(text), text << " was accepted");
  }
}

RC_BOOST_PROP(durations_survive_print_and_parse, ()) {
  const milliseconds d{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)};
  const auto whole = d * *rc::gen::element(1, 1000, 60'000, 3'600'000);
  RC_ASSERT(parse_duration(format_duration(d)) == d);
  RC_ASSERT(parse_duration(format_duration(whole)) == whole);
}

RC_BOOST_PROP(sizes_survive_print_and_parse, ()) {
  const auto bytes = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 40);
  const auto shift = *rc::gen::element(0, 10, 20);
  RC_ASSERT(parse_size(format_size(bytes << shift)) == bytes << shift);
}

BOOST_AUTO_TEST_SUITE_END()
