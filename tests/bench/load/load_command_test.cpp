#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "bench/child.hpp"
#include "bench/load/load_report.hpp"
#include "tests/bench/quick_bench.hpp"
#include "tests/support/broker.hpp"

using namespace std::chrono_literals;

namespace {

struct ended {
  bool well;
  std::string words;
};

/// Runs `taylordash-bench load` to its end.
ended run_load(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {TD_BENCH_PROGRAM, "load"});
  auto bench = td::bench::child::start({.arguments = arguments});
  BOOST_REQUIRE(bench.has_value());
  const auto end = (*bench)->end(0, 60s);
  return {end.has_value(), end ? (*bench)->last_words() : end.error().detail};
}

bool has(const std::string& words, const char* text) {
  return words.find(text) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_commands)

BOOST_AUTO_TEST_CASE(report_to_people_and_to_programs) {
  td::test::broker broker;
  td::test::temp_dir dir;
  const auto file = dir.file("report.json");
  const auto e = run_load({"--mqtt-url", "mqtt://127.0.0.1:" + std::to_string(broker.port()),
                           "--profile", "1000/s 400ms", "--duplicate", "10", "--report", file});
  BOOST_REQUIRE_MESSAGE(e.well, e.words);
  BOOST_TEST(has(e.words, "due to PUBACK of the broker"));
  const auto report = td::bench::parse_load_json(td::test::quick_bench::text_of(file));
  BOOST_REQUIRE(report.has_value());
  BOOST_TEST(report->sent() == 400u);
  BOOST_TEST(report->duplicates == 40u);
  BOOST_TEST(report->lateness.count() == 400u);
  // Nobody listens at this broker, and that is not passed over in silence.
  BOOST_TEST(report->unheard == 400u);
}

BOOST_AUTO_TEST_CASE(say_what_is_wrong_with_the_words_they_are_given) {
  const auto profile = run_load({"--mqtt-url", "mqtt://127.0.0.1:1", "--profile", "20k 5s"});
  BOOST_TEST(!profile.well);
  BOOST_TEST(has(profile.words, "there should be a rate such as 20000/s"), profile.words);
  const auto sizes = run_load({"--mqtt-url", "mqtt://127.0.0.1:1", "--sizes", "12"});
  BOOST_TEST(!sizes.well);
  BOOST_TEST(has(sizes.words, "is not within 350 and 1048576 bytes"), sizes.words);
  const auto shares =
      run_load({"--mqtt-url", "mqtt://127.0.0.1:1", "--invalid", "60", "--duplicate", "60"});
  BOOST_TEST(!shares.well);
  BOOST_TEST(has(shares.words, "more than 100 %"), shares.words);
}

BOOST_AUTO_TEST_CASE(fail_when_there_is_no_broker) {
  const auto port = std::to_string(td::test::free_port());
  const auto e = run_load({"--mqtt-url", "mqtt://127.0.0.1:" + port, "--events", "5"});
  BOOST_TEST(!e.well);
  BOOST_TEST(has(e.words, "broker_away"), e.words);
  BOOST_TEST(has(e.words, port.c_str()), e.words);
}

BOOST_AUTO_TEST_SUITE_END()
