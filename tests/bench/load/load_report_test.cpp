#include "bench/load/load_report.hpp"

#include <boost/test/unit_test.hpp>

using namespace td::bench;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(load_reports)

BOOST_AUTO_TEST_CASE(read_back_from_a_line) {
  const load_report report{.published = 400'000,
                           .id_sum = ~0ull,
                           .invalid = 4,
                           .out_of_order = 5,
                           .duplicates = 6,
                           .unheard = 7,
                           .held_up = 8};
  BOOST_TEST(to_text(report) ==
             "load published=400000 id_sum=18446744073709551615 invalid=4 out_of_order=5 "
             "duplicates=6 unheard=7 held_up=8");
  const auto back = parse_load_report(to_text(report));
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST((*back == report));
  const auto line = to_text({});
  for (const auto& bad : {std::string{}, std::string{"load published="}, line + " ", " " + line,
                          line.substr(0, line.size() - 1), line.substr(0, line.rfind(' '))})
    BOOST_TEST(!parse_load_report(bad).has_value());
}

BOOST_AUTO_TEST_CASE(read_back_from_json) {
  load_report report{.published = 3,
                     .id_sum = ~0ull,
                     .duplicates = 1,
                     .started_at = *td::parse_rfc3339("2026-11-21T12:00:00.123456Z"),
                     .used = {.user = 12ms, .system = 34ms},
                     .took = 5678ms};
  report.lateness.record(300us, 3);
  report.acknowledged.record(4ms, 3);
  const auto back = parse_load_json(to_json(report));
  BOOST_REQUIRE_MESSAGE(back.has_value(), to_string(back.error()));
  BOOST_TEST((*back == report));
  for (const auto* bad : {"", "{}", "[1]", R"({"published": "x"})"}) {
    const auto read = parse_load_json(bad);
    BOOST_REQUIRE(!read);
    BOOST_TEST((read.error().code == td::errc::configuration_invalid));
  }
}

BOOST_AUTO_TEST_CASE(are_not_trusted_when_the_generator_was_late_and_say_why) {
  load_report report;
  report.lateness.record(1ms, 990);
  BOOST_TEST(!distrust(report).has_value());
  report.lateness.record(1s, 5);  // half a per cent
  BOOST_TEST(!distrust(report).has_value());
  report.lateness.record(50ms, 20);
  auto why = distrust(report);
  BOOST_REQUIRE(why.has_value());
  BOOST_TEST(why->find("did not get the CPU time") != std::string::npos);
  report.held_up = 11;  // of 1015
  why = distrust(report);
  BOOST_REQUIRE(why.has_value());
  BOOST_TEST(why->find("11 events were due while the broker had no room") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
