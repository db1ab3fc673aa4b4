#include <cstdint>

#include <boost/test/unit_test.hpp>

#include "tests/bench/quick_bench.hpp"

namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(soak_benches)

BOOST_AUTO_TEST_CASE(watch_the_service_and_prove_every_event_stored) {
  td::test::quick_bench bench;
  const json::value all =
      bench.run({"soak", "--quick", "--for", "4s", "--rate", "500", "--invalid", "2"});
  const auto& run = all.at("run");
  BOOST_TEST(run.at("load").at("published").to_number<std::int64_t>() == 2000);
  BOOST_TEST(run.at("rows").to_number<std::int64_t>() == 1960);
  BOOST_TEST(run.at("dead_letters").to_number<std::int64_t>() == 40);
  const auto& samples = all.at("samples_seconds_bytes_descriptors").as_array();
  BOOST_TEST(samples.size() >= 2u);
  double before = -1;
  for (const auto& s : samples) {
    const auto& values = s.as_array();
    BOOST_TEST(values.at(0).to_number<double>() > before);
    before = values.at(0).to_number<double>();
    BOOST_TEST(values.at(1).to_number<double>() > 1e6);
    BOOST_TEST(values.at(2).to_number<double>() > 5);
  }
  // A handful of samples is no trend, and the bench must not claim one.
  BOOST_TEST(all.at("memory").at("verdict").as_string() == "undecided");
  BOOST_TEST(bench.text_of(bench.page).find("every one stored once") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
