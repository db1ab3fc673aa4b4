#include "bench/stages/stages_report.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/bench/report/xml.hpp"
#include "tests/support/process.hpp"

using namespace td::bench;

namespace {

constexpr const char* ajv_file =
    R"({"ajv": "8.20.0", "node": "v20.1", "parse": 900, "schema": 300, "parse_and_schema": 1400})";

/// Each benchmark takes so many nanoseconds for 1000 events; other aggregates say something else.
std::string ours_file(double ns) {
  std::string all;
  for (const auto* name : {"parse", "document", "schema", "validate", "validate_with_schemas"}) {
    for (const auto* aggregate : {"mean", "median", "stddev"}) {
      const bool counts = std::string_view{aggregate} == "median";
      all += std::string{all.empty() ? "" : ","} + R"({"run_name": ")" + name +
             R"(", "aggregate_name": ")" + aggregate + R"(", "real_time": )" +
             std::to_string(counts ? ns : 1) + R"(, "events": 1000})";
    }
  }
  return R"({"benchmarks": [)" + all + "]}";
}

struct files {
  td::test::temp_dir dir{"td-stages"};

  td::result<stages_results> read(const std::string& ours, const std::string& ajv) const {
    std::ofstream{dir.file("ours.json")} << ours;
    std::ofstream{dir.file("ajv.json")} << ajv;
    return read_stages(dir.file("ours.json"), dir.file("ajv.json"));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(stages_reports)

BOOST_AUTO_TEST_CASE(compare_medians_per_event) {
  const auto r = files{}.read(ours_file(700'000), ajv_file);
  BOOST_REQUIRE_MESSAGE(r.has_value(), to_string(r.error()));
  BOOST_TEST(r->whole == 700);
  BOOST_TEST(to_text(*r).find("ajv: 2.0 x") != std::string::npos);
  const auto targets = targets_of(*r);
  BOOST_REQUIRE(targets.size() == 1u);
  BOOST_TEST(targets[0].found == 0.7);
  BOOST_TEST(targets[0].holds());
  const auto html = td::test::read_xml(to_page(*r).html());
  BOOST_TEST(html.count("rect", "class", "f0") == 5u + 1u);  // five stages of ours, and the key
  BOOST_TEST(html.count("rect", "class", "f1") == 3u + 1u);
}

BOOST_AUTO_TEST_CASE(miss_the_target_above_a_microsecond) {
  const auto r = files{}.read(ours_file(1'000'001), ajv_file);
  BOOST_REQUIRE(r.has_value());
  BOOST_TEST(!targets_of(*r)[0].holds());
}

BOOST_AUTO_TEST_CASE(name_the_file_that_is_wrong) {
  const auto ours = files{}.read("{}", ajv_file);
  BOOST_REQUIRE(!ours.has_value());
  BOOST_TEST(ours.error().detail.find("ours.json") != std::string::npos);
  const auto ajv = files{}.read(ours_file(1), "[]");
  BOOST_REQUIRE(!ajv.has_value());
  BOOST_TEST(ajv.error().detail.find("ajv.json") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
