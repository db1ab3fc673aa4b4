#include "bench/pipeline/report.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/bench/report/xml.hpp"

using namespace std::chrono_literals;
using namespace td::bench;

namespace {

run_result run_of(const char* contender, double rate, std::chrono::milliseconds cpu,
                  std::size_t memory) {
  run_result r;
  r.contender = contender;
  r.truth = {.rows = 1000, .journalled = 1000, .batches = 4};
  r.rate = rate;
  r.consumer = {.user = cpu, .system = 0ms};
  r.peak_memory = memory;
  return r;
}

/// Ratios to the limit 0.8, 0.95, 1.0, to the usual library twice that; service CPU 5, 6 and 7 us
/// per event.
pipeline_results sample() {
  pipeline_results all;
  rounds r{.how = method::backlog};
  r.turns = {
      {.name = "service",
       .runs = {run_of("service", 80, 5ms, 90u << 20), run_of("service", 95, 7ms, 100u << 20),
                run_of("service", 100, 6ms, 80u << 20)}},
      {.name = "limit", .runs = {}},
      {.name = "libmosquitto", .runs = {}}};
  r.turns[1].runs.assign(3, run_of("limit", 100, 3ms, 10u << 20));
  r.turns[2].runs.assign(3, run_of("libmosquitto", 50, 6ms, 10u << 20));
  all.methods.push_back(r);
  all.idle_cpu = 0.002;
  all.start_to_ready_ms = {100, 1500, 200};
  all.stop_under_load_ms = {900, 6000, 400};
  all.record.machine = {{"processor", "a \"fast\" <one>"}};
  all.record.command = "taylordash-bench pipeline";
  return all;
}

const target& named(const std::vector<target>& all, std::string_view begin) {
  for (const auto& t : all) {
    if (t.what.starts_with(begin)) return t;
  }
  BOOST_FAIL("no target " << begin);
  return all.front();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reports)

BOOST_AUTO_TEST_CASE(judge_medians_of_pairs_and_the_worst_memory) {
  const auto all = targets_of(sample());
  BOOST_TEST(named(all, "rate").found == 0.95);
  BOOST_TEST(named(all, "rate").holds());
  BOOST_TEST(named(all, "service CPU").found == 6);
  BOOST_TEST(named(all, "service CPU").holds());
  BOOST_TEST(named(all, "peak memory").found == 100);
  BOOST_TEST(named(all, "idle").found == 0.2);
  BOOST_TEST(named(all, "start").found == 200);
  BOOST_TEST(named(all, "stop").found == 900);
}

BOOST_AUTO_TEST_CASE(say_when_a_target_is_missed) {
  auto slow = sample();
  for (auto& r : slow.methods.front().turns.front().runs) {
    r.rate /= 2;
    r.consumer = r.consumer + r.consumer;
    r.peak_memory *= 3;
  }
  slow.idle_cpu = 0.02;
  slow.start_to_ready_ms = {1001};
  slow.stop_under_load_ms = {5001};
  for (const auto& t : targets_of(slow)) {
    BOOST_TEST_CONTEXT(t.what) {
      BOOST_TEST(!t.holds());
    }
  }
  BOOST_TEST(to_text(slow).find("holds") == std::string::npos);
  BOOST_TEST(to_text(slow).find("MISSED") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keep_every_run_in_json) {
  const auto all = boost::json::parse(to_json(sample())).as_object();
  const auto& first = all.at("methods").as_array().at(0).as_object();
  BOOST_TEST(first.at("method").as_string() == "backlog");
  BOOST_TEST(first.at("ratios").at("limit").as_array().size() == 3u);
  BOOST_TEST(first.at("ratio").at("limit").at("median").as_double() == 0.95);
  BOOST_TEST(first.at("ratio").at("libmosquitto").at("median").as_double() == 1.9);
  BOOST_TEST(first.at("libmosquitto").as_array().size() == 3u);
  BOOST_TEST(first.at("service").as_array().at(1).at("consumer_us_per_event").as_double() == 7);
  BOOST_TEST(first.at("limit").as_array().size() == 3u);
  BOOST_TEST(all.at("machine").at("processor").as_string() == "a \"fast\" <one>");
  BOOST_TEST(all.at("targets").as_array().size() == 6u);
}

BOOST_AUTO_TEST_CASE(show_every_run_on_the_page) {
  const auto html = td::test::read_xml(to_page(sample()).html());
  BOOST_TEST(html.count("p", "class", "verdict good") == 1u);
  BOOST_TEST(html.texts("td").count("holds") == 6u);
  BOOST_TEST(html.texts("dd").count("a \"fast\" <one>") == 1u);
  BOOST_TEST(html.texts("pre").count("taylordash-bench pipeline") == 1u);
  const auto plots = html.all("svg", "role", "img");
  BOOST_REQUIRE(plots.size() == 3u);                        // rates, ratio, CPU
  BOOST_TEST(plots[0].count("circle") == 3u + 1u);          // the service's, and its key
  BOOST_TEST(plots[0].count("rect", "class", "f1") == 4u);  // the limit's
  BOOST_TEST(plots[1].count("circle") == 4u);
  BOOST_TEST(plots[2].count("rect", "class", "f0") == 4u);  // a bar each, and the key
}

BOOST_AUTO_TEST_SUITE_END()
