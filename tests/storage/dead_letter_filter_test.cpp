#include "storage/dead_letter_filter.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

/// What is wrong with a filter's text, "/status: ...".
std::string wrong_with(std::string_view text) {
  const auto filter = dead_letter_filter_from_json(text);
  if (filter) return "nothing";
  BOOST_TEST((filter.error().code == errc::configuration_invalid));
  return filter.error().pointer + ": " + filter.error().detail;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dead_letter_filter_)

BOOST_AUTO_TEST_CASE(comes_back_from_its_json) {
  const dead_letter_filter all{.since = parse_rfc3339("2026-11-20T12:00:00.000001Z"),
                               .before = parse_rfc3339("2026-11-21T00:00:00Z"),
                               .topic_prefix = "tracker/events/tasks/\"ü\"",
                               .kind = "task_updated",
                               .stage = "scan",
                               .code = "not_json",
                               .fingerprint = "0123",
                               .status = dead_letter_status::open,
                               .consumer = "",
                               .ids = {"abcdef", std::string(64, '0')}};
  for (const auto& filter :
       {all, dead_letter_filter{}, dead_letter_filter{.status = dead_letter_status::discarded},
        dead_letter_filter{.consumer = "search-index"}}) {
    const auto back = dead_letter_filter_from_json(to_json(filter));
    BOOST_TEST_REQUIRE(back.has_value());
    BOOST_TEST((*back == filter), to_json(filter));
  }
  BOOST_TEST(to_json({}) == "{}");
  BOOST_TEST(to_json({.code = "not_json", .status = dead_letter_status::open}) ==
             R"({"code":"not_json","status":"open"})");
}

BOOST_AUTO_TEST_CASE(a_filter_that_is_not_understood_is_refused_and_never_matches_everything) {
  BOOST_TEST(wrong_with("") == ": the filter is no JSON object");
  BOOST_TEST(wrong_with("[]") == ": the filter is no JSON object");
  BOOST_TEST(wrong_with(R"({"kinds":"a"})") ==
             "/kinds: \"kinds\" must be not there: no filter has it");
  BOOST_TEST(wrong_with(R"({"kind":1})") == "/kind: \"kind\" must be a string");
  BOOST_TEST(wrong_with(R"({"status":"gone"})") ==
             "/status: \"status\" must be open, replayed or discarded");
  BOOST_TEST(wrong_with(R"({"since":"yesterday"})") ==
             "/since: \"since\" must be an RFC 3339 date-time");
  for (const auto* ids : {R"({"ids":["abc"]})", R"({"ids":["ABCDEF"]})", R"({"ids":[7]})"}) {
    BOOST_TEST(wrong_with(ids) ==
               "/ids: \"ids\" must be an array of ids, each 6 to 64 lower-case hex digits");
  }
  BOOST_TEST(wrong_with(R"({"a/b":1})").starts_with("/a~1b: "));
}

BOOST_AUTO_TEST_CASE(states_have_the_names_of_the_table) {
  for (const auto status :
       {dead_letter_status::open, dead_letter_status::replayed, dead_letter_status::discarded}) {
    BOOST_TEST((dead_letter_status_named(name_of(status)) == status));
  }
  BOOST_TEST(!dead_letter_status_named("retrying"));
}

BOOST_AUTO_TEST_SUITE_END()
