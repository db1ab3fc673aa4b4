#include "bench/machine.hpp"

#include <cstdio>
#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace td::bench;

namespace {

/// The shared libraries of a program, as `ldd` lists them.
std::string libraries_of(const std::string& program) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> listed{
      ::popen(("ldd '" + program + "'").c_str(), "r"), ::pclose};
  BOOST_REQUIRE(listed);
  std::string all;
  char line[4096];
  while (std::fgets(line, sizeof line, listed.get()) != nullptr)
    all += line;
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(machines)

BOOST_AUTO_TEST_CASE(load_no_mqtt_library_into_the_product) {
  const auto product = libraries_of(TD_SERVICE_PROGRAM);
  BOOST_TEST(product.find("libpq") != product.npos);
  BOOST_TEST(product.find("libmosquitto") == product.npos);
  BOOST_TEST(libraries_of(TD_BENCH_PROGRAM).find("libmosquitto") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(say_which_library_the_bench_measures_against) {
  td::stop_signal stop;
  const auto said = version_line(TD_BENCH_PROGRAM, stop);
  BOOST_TEST(said.starts_with("taylordash-bench "), said);
  BOOST_TEST(said.find(", libmosquitto 2.") != said.npos, said);
}

BOOST_AUTO_TEST_SUITE_END()
