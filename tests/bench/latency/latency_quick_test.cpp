#include <cmath>
#include <cstdint>

#include <boost/test/unit_test.hpp>

#include "tests/bench/quick_bench.hpp"

namespace json = boost::json;

namespace {

std::int64_t whole(const json::value& v, const char* name) {
  return v.at(name).to_number<std::int64_t>();
}

double number(const json::value& v, const char* name) {
  return v.at(name).to_number<double>();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(latency_benches)

BOOST_AUTO_TEST_CASE(find_half_of_capacity_and_measure_at_it) {
  td::test::quick_bench bench;
  const json::value all = bench.run({"latency", "--quick", "--seconds", "1"});
  const double capacity = number(all, "saturated_events_per_second");
  BOOST_TEST(capacity > 0);
  BOOST_TEST(number(all, "commit_ms") > 0);
  BOOST_TEST(all.at("targets").as_array().size() == 3u);
  const auto& runs = all.at("runs").as_array();
  BOOST_REQUIRE(runs.size() == 2u);
  for (const auto& run : runs) {
    const auto published = whole(run.at("load"), "published");
    BOOST_TEST(std::abs(static_cast<double>(published) - capacity / 2) <= 2);
    BOOST_TEST(whole(run, "rows") == published);
    BOOST_TEST(whole(run.at("away_from_save"), "events") + whole(run.at("during_save"), "events") ==
               published);
    const auto& l = run.at("all");
    BOOST_TEST(whole(l, "events") == published);
    BOOST_TEST(number(l, "p50_ms") > 0);
    BOOST_TEST(number(l, "p50_ms") <= number(l, "p99_ms"));
    BOOST_TEST(number(l, "p99_ms") <= number(l, "most_ms"));
    BOOST_TEST(number(l, "most_ms") < 60'000);
    // The steps hold every event once.
    std::int64_t in_steps = 0;
    for (const auto& s : run.at("steps").as_array())
      in_steps += whole(s, "events");
    BOOST_TEST(in_steps == published);
  }
  const auto page = bench.text_of(bench.page);
  BOOST_TEST(page.find("are committed within") != std::string::npos);
  BOOST_TEST(page.find("<svg") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(account_for_broken_repeated_and_delayed_events_of_all_sizes) {
  td::test::quick_bench bench;
  const json::value all = bench.run(
      {"latency", "--runs", "1", "--profile", "500/s..1500/s 2s + 100 every 700ms", "--invalid",
       "5", "--duplicate", "10", "--out-of-order", "20", "--sizes", "350:8,2000:1,20000:1"});
  BOOST_TEST(all.at("targets").as_array().empty());
  const auto& run = all.at("runs").as_array().front();
  const auto& load = run.at("load");
  const std::int64_t sent = 2000 + 200;
  BOOST_TEST(whole(load, "published") + whole(load, "duplicates") == sent);
  BOOST_TEST(whole(load, "duplicates") == sent / 10);
  BOOST_TEST(whole(load, "invalid") == sent / 20);
  BOOST_TEST(whole(load, "out_of_order") == sent / 5);
  BOOST_TEST(whole(run, "dead_letters") == sent / 20);
  BOOST_TEST(whole(run, "rows") == sent - sent / 10 - sent / 20);
  BOOST_TEST(whole(run, "duplicates") == sent / 10);
  // Dead letters are decided events too, and have a latency.
  BOOST_TEST(whole(run.at("all"), "events") == sent - sent / 10);
}

BOOST_AUTO_TEST_SUITE_END()
