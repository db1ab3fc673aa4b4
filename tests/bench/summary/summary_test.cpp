#include "bench/summary/summary.hpp"

#include <fstream>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/bench/report/xml.hpp"
#include "tests/support/process.hpp"

using namespace td::bench;

namespace {

constexpr const char* pipeline_file = R"({"bench": "pipeline", "started_at": "2026-11-21T15:00:00Z",
  "machine": {"cores": "2"}, "versions": {"PostgreSQL": "15.18"},
  "targets": [{"what": "rate", "unit": "x", "wanted": 0.9, "at_least": true, "found": 0.95, "holds": true},
              {"what": "memory", "unit": "MiB", "wanted": 200, "at_least": false, "found": 300, "holds": false}]})";
constexpr const char* limits_file = R"({"bench": "limits", "started_at": "2026-11-21T15:10:00Z",
  "machine": {"cores": "other"}, "ceilings": ["live: the broker"], "targets": []})";
constexpr const char* soak_file =
    R"({"bench": "soak", "remarks": ["growth of memory is undecided"], "targets": []})";

/// Reads a file with this text.
td::result<void> add(bench_summary& to, const td::test::temp_dir& dir, std::string_view text) {
  const auto file = dir.file("result.json");
  std::ofstream{file} << text;
  return add_result(to, file);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(summaries)

BOOST_AUTO_TEST_CASE(judge_the_targets_of_all_benches) {
  const td::test::temp_dir dir{"td-summary"};
  bench_summary all;
  BOOST_TEST(add(all, dir, pipeline_file).has_value());
  BOOST_TEST(add(all, dir, limits_file).has_value());
  BOOST_TEST(add(all, dir, soak_file).has_value());
  BOOST_TEST(all.complete());
  BOOST_TEST(all.machine.front().second == "2");  // of the first
  const auto targets = all.targets();
  BOOST_REQUIRE(targets.size() == 2u);
  BOOST_TEST(targets[1].what == "pipeline: memory");
  BOOST_TEST(to_text(all).find("1 of 2 targets is missed: pipeline: memory") != std::string::npos);
  const auto html = td::test::read_xml(to_page(all).html());
  BOOST_TEST(html.count("p", "class", "verdict bad") == 1u);
  BOOST_TEST(html.texts("p").count("limits: live: the broker.") == 1u);
  BOOST_TEST(html.texts("p").count("soak: growth of memory is undecided.") == 1u);
  const auto json = boost::json::parse(to_json(all)).as_object();
  BOOST_TEST(json.at("benches").as_array().size() == 3u);
  BOOST_TEST(json.at("complete").as_bool());
}

BOOST_AUTO_TEST_CASE(say_first_that_a_bench_failed) {
  const td::test::temp_dir dir{"td-summary"};
  bench_summary all;
  BOOST_TEST(add(all, dir, limits_file).has_value());
  all.benches.push_back({.bench = "soak", .failure = "it ended with an error"});
  BOOST_TEST(!all.complete());
  const auto said = td::test::read_xml(to_page(all).html()).all("p", "class", "verdict bad");
  BOOST_REQUIRE(said.size() == 1u);
  BOOST_TEST(said[0].texts("span").count("Not everything ran: soak") == 1u);
}

BOOST_AUTO_TEST_CASE(refuse_files_that_are_no_results) {
  const td::test::temp_dir dir{"td-summary"};
  for (const auto* text : {"", "[1]", "{}", R"({"bench": 1})", R"({"bench": "b", "targets": [{}]})",
                           R"({"bench": "b", "targets": [1]})"}) {
    BOOST_TEST_CONTEXT(text) {
      bench_summary all;
      const auto r = add(all, dir, text);
      BOOST_REQUIRE(!r.has_value());
      BOOST_TEST((r.error().code == td::errc::configuration_invalid));
      BOOST_TEST(r.error().detail.find("result.json") != std::string::npos);
      BOOST_TEST(all.benches.empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
