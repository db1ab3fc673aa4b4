#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "bench/child.hpp"
#include "tests/bench/report/xml.hpp"
#include "tests/support/process.hpp"

using namespace std::chrono_literals;

namespace json = boost::json;

namespace {

std::string read_file(const std::string& file) {
  std::ifstream in{file};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

bool is_some_number(const json::value& v) {
  return v.is_number() && v.to_number<double>() > 0;
}

/// What a bench has written, run as a whole, small, with servers and all contenders.
struct outcome {
  json::object figures;
  td::test::xml_element page;
};

outcome run_quick(std::vector<std::string> arguments) {
  td::test::temp_dir dir{"td-bench"};
  // As root the servers run as users of their own, who have to get past it.
  std::filesystem::permissions(dir.path(), std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  const auto data = dir.file("servers");
  arguments.insert(arguments.begin(), TD_BENCH_PROGRAM);
  for (const auto& more :
       {std::string{"--quick"}, std::string{"--service"}, std::string{TD_SERVICE_PROGRAM},
        std::string{"--data-dir"}, data, std::string{"--output"}, dir.file("figures.json")})
    arguments.push_back(more);
  auto bench = td::bench::child::start({.arguments = arguments});
  BOOST_REQUIRE(bench.has_value());
  const auto ended = (*bench)->end(0, 240s);
  BOOST_REQUIRE_MESSAGE(ended.has_value(), to_string(ended.error()));
  BOOST_TEST(!std::filesystem::exists(data));
  return {json::parse(read_file(dir.file("figures.json"))).as_object(),
          td::test::read_xml(read_file(dir.file("figures.html")))};
}

/// Every contender ran twice, with exactly so many events each.
void check_runs(const json::object& method, const std::map<std::string, std::int64_t>& events) {
  for (const auto& [contender, count] : events) {
    const auto& runs = method.at(contender).as_array();
    BOOST_TEST(runs.size() == 2u);
    for (const auto& run : runs) {
      BOOST_TEST_CONTEXT(contender) {
        BOOST_TEST(run.at("contender").as_string() == contender);
        BOOST_TEST(run.at("rows").to_number<std::int64_t>() == count);
        // Both ends of the time come from the database: within the test, if they are right.
        BOOST_TEST(is_some_number(run.at("seconds")));
        BOOST_TEST(run.at("seconds").to_number<double>() < 240);
        BOOST_TEST(is_some_number(run.at("events_per_second")));
        // The kernel counts in 10 ms, and a bare loop may need less for so few.
        BOOST_TEST(run.at("consumer_us_per_event").to_number<double>() >= 0);
        if (contender == "service") BOOST_TEST(is_some_number(run.at("consumer_us_per_event")));
        BOOST_TEST(is_some_number(run.at("peak_memory_bytes")));
      }
    }
  }
  for (const auto& [other, ratios] : method.at("ratios").as_object())
    BOOST_TEST(ratios.as_array().size() == 2u);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(quick_benches)

/// How fast anything was is not judged here, nor below.
BOOST_AUTO_TEST_CASE(measure_service_and_limits_and_prove_every_event_stored) {
  const auto [all, page] = run_quick({"pipeline", "--events", "3000", "--rate", "3000"});
  std::set<std::string> methods;
  for (const auto& m : all.at("methods").as_array()) {
    methods.insert(m.at("method").as_string().c_str());
    check_runs(m.as_object(), {{"service", 3000}, {"limit", 3000}, {"libmosquitto", 3000}});
    for (const auto* contender : {"service", "limit", "libmosquitto"})
      BOOST_TEST(is_some_number(m.at(contender).as_array().at(0).at("batches")));
  }
  BOOST_TEST((methods == std::set<std::string>{"backlog", "live"}));
  const auto& paced = all.at("paced");
  BOOST_TEST(paced.at("rows").to_number<std::int64_t>() == 3000);
  BOOST_TEST(is_some_number(paced.at("latency").at("p50_ms")));
  BOOST_TEST(paced.at("latency").at("most_ms").as_double() >=
             paced.at("latency").at("p50_ms").as_double());
  BOOST_TEST(all.at("targets").as_array().size() == 6u);
  for (const auto& [name, version] : all.at("versions").as_object()) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(version.as_string() != "unknown");
    }
  }
  BOOST_TEST(all.at("versions").at("bench").as_string().find("libmosquitto") != json::string::npos);
  BOOST_TEST(all.at("command").as_string().find("pipeline --events 3000") != json::string::npos);
  BOOST_TEST(page.count("svg", "role", "img") == 6u);  // three for each method
  BOOST_TEST(page.texts("text").count("no data") == 0u);
}

BOOST_AUTO_TEST_CASE(measure_broker_and_database_alone) {
  const auto [all, page] = run_quick({"limits", "--events", "3000"});
  BOOST_TEST(all.at("methods").as_array().size() == 2u);
  for (const auto& m : all.at("methods").as_array()) {
    check_runs(m.as_object(), {{"service", 3000},
                               {"limit", 3000},
                               {"libmosquitto", 3000},
                               {"broker alone", 3000},
                               {"COPY alone", 3000}});
    // Who has no part in a run uses next to nothing of it: the kernel counts in 10 ms.
    const auto& copy = m.at("COPY alone").as_array().at(0);
    BOOST_TEST(copy.at("broker").at("user_ms").to_number<int>() <= 50);
    BOOST_TEST(copy.at("batches").to_number<int>() == 2);  // one of each lane
    BOOST_TEST(m.at("broker alone").as_array().at(0).at("batches").to_number<int>() == 0);
  }
  BOOST_TEST(all.at("ceilings").as_array().size() == 2u);
  BOOST_TEST(page.count("p", "class", "verdict neutral") == 1u);
}

BOOST_AUTO_TEST_CASE(measure_the_usual_stack_in_both_forms) {
  const auto [all, page] = run_quick({"peers", "--events", "3000", "--insert-events", "300",
                                      "--copy-events", "2000", "--method", "both"});
  BOOST_TEST(all.at("methods").as_array().size() == 2u);
  for (const auto& m : all.at("methods").as_array())
    check_runs(m.as_object(), {{"service", 3000}, {"paho + INSERT", 300}, {"paho + COPY", 2000}});
  BOOST_TEST(all.at("targets").as_array().size() == 2u);
  const auto stack = std::string{all.at("versions").at("usual stack").as_string()};
  BOOST_TEST(stack.find("asyncpg") != stack.npos);
  BOOST_TEST(page.count("svg", "role", "img") == 6u);
}

BOOST_AUTO_TEST_SUITE_END()
