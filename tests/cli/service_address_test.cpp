#include "cli/service_address.hpp"

#include <filesystem>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "tests/config/temporary_files.hpp"

using namespace td;
using td::testing::temporary_files;

namespace {

std::string told(const service_address_options& options) {
  const auto address = address_of(options);
  return address ? "http://" + host_and_port(*address) : address.error().text;
}

std::string told_by(std::vector<std::string> overrides) {
  service_address_options options;
  options.config.overrides = std::move(overrides);
  return told(options);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(service_address)

BOOST_AUTO_TEST_CASE(the_url_counts_first) {
  BOOST_TEST(told({.url = "http://[::1]:9", .data_dir = "/nowhere"}) == "http://[::1]:9");
  BOOST_TEST(told({.url = "localhost:9"}) ==
             "--url \"localhost:9\" is no URL for this: it does not start with http://; example: "
             "http://127.0.0.1:8080");
}

BOOST_AUTO_TEST_CASE(a_standalone_instance_is_found_by_its_directory) {
  const temporary_files files;
  std::filesystem::create_directory(files.path("run"));
  files.write("run/env", "MQTT_URL='mqtt://127.0.0.1:1'\nHTTP_URL='http://127.0.0.1:4242'\n");
  const auto root = std::filesystem::path{files.path("run")}.parent_path().string();
  BOOST_TEST(told({.data_dir = root}) == "http://127.0.0.1:4242");
  files.write("run/env", "MQTT_URL='mqtt://127.0.0.1:1'\n");
  BOOST_TEST(told({.data_dir = root}) == root + "/run/env names no HTTP_URL");
  BOOST_TEST(
      told({.data_dir = "/nowhere"}) ==
      "no standalone instance runs in /nowhere (/nowhere/run/env cannot be read: No such file "
      "or directory); start one with: taylordash standalone --data-dir /nowhere");
}

BOOST_AUTO_TEST_CASE(settings_lead_to_where_the_service_listens) {
  BOOST_TEST(told_by({}) == "http://127.0.0.1:8080");
  BOOST_TEST(told_by({"http.listen=0.0.0.0", "http.port=9"}) == "http://127.0.0.1:9");
  BOOST_TEST(told_by({"http.listen=::"}) == "http://[::1]:8080");
  BOOST_TEST(told_by({"http.listen=10.1.2.3"}) == "http://10.1.2.3:8080");
  BOOST_TEST(
      told_by({"http.port=0"}) ==
      "http.port is 0, so the service took any free port and logged it at its start; name it "
      "with --url http://HOST:PORT");
}

BOOST_AUTO_TEST_CASE(only_problems_of_the_address_stand_in_the_way) {
  BOOST_TEST(told_by({"mqtt.port=0"}) == "http://127.0.0.1:8080");
  BOOST_TEST(told_by({"http.port=-1"}) ==
             "--set: http.port: -1 is out of range; allowed: 0 to 65535");
  service_address_options options;
  options.config.file = "/nowhere/t.toml";
  BOOST_TEST(told(options) == "/nowhere/t.toml: cannot be read: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
