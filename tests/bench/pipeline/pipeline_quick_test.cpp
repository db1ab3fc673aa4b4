#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "bench/child.hpp"
#include "tests/support/process.hpp"

using namespace std::chrono_literals;

namespace json = boost::json;

namespace {

json::value read_json(const std::string& file) {
  std::ifstream in{file};
  std::stringstream text;
  text << in.rdbuf();
  return json::parse(text.str());
}

bool is_some_number(const json::value& v) {
  return v.is_number() && v.to_number<double>() > 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pipeline_benches)

/// The bench as a whole, small: servers, both contenders, both methods and the paced run. How
/// fast anything was is not judged here.
BOOST_AUTO_TEST_CASE(measure_both_contenders_and_prove_every_event_stored) {
  constexpr std::int64_t events = 3000;
  td::test::temp_dir dir{"td-bench"};
  // As root the servers run as users of their own, who have to get past it.
  std::filesystem::permissions(dir.path(), std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  const auto output = dir.file("figures.json");
  const auto data = dir.file("servers");
  auto bench = td::bench::child::start(
      {.arguments = {TD_BENCH_PROGRAM, "pipeline", "--quick", "--events", std::to_string(events),
                     "--rate", "3000", "--service", TD_SERVICE_PROGRAM, "--data-dir", data,
                     "--output", output}});
  BOOST_REQUIRE(bench.has_value());
  const auto ended = (*bench)->end(0, 240s);
  BOOST_REQUIRE_MESSAGE(ended.has_value(), to_string(ended.error()));

  const auto all = read_json(output).as_object();
  std::set<std::string> methods;
  for (const auto& m : all.at("methods").as_array()) {
    methods.insert(m.at("method").as_string().c_str());
    BOOST_TEST(m.at("ratios").as_array().size() == 2u);
    for (const auto* contender : {"service", "limit"}) {
      const auto& runs = m.at(contender).as_array();
      BOOST_TEST(runs.size() == 2u);
      for (const auto& run : runs) {
        BOOST_TEST(run.at("contender").as_string() == contender);
        BOOST_TEST(run.at("rows").to_number<std::int64_t>() == events);
        BOOST_TEST(is_some_number(run.at("batches")));
        // Both ends of the time come from the database: within the test, if they are right.
        BOOST_TEST(is_some_number(run.at("seconds")));
        BOOST_TEST(run.at("seconds").to_number<double>() < 240);
        BOOST_TEST(is_some_number(run.at("events_per_second")));
        BOOST_TEST(is_some_number(run.at("consumer_us_per_event")));
        BOOST_TEST(is_some_number(run.at("peak_memory_bytes")));
      }
    }
  }
  BOOST_TEST((methods == std::set<std::string>{"backlog", "live"}));
  const auto& paced = all.at("paced");
  BOOST_TEST(paced.at("rows").to_number<std::int64_t>() == events);
  BOOST_TEST(is_some_number(paced.at("latency").at("p50_ms")));
  BOOST_TEST(paced.at("latency").at("most_ms").as_double() >=
             paced.at("latency").at("p50_ms").as_double());
  BOOST_TEST(all.at("targets").as_array().size() == 5u);
  for (const auto& [name, version] : all.at("versions").as_object()) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(version.as_string() != "unknown");
    }
  }
  BOOST_TEST(!std::filesystem::exists(data));
}

BOOST_AUTO_TEST_SUITE_END()
