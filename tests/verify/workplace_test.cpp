#include "verify/workplace.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "tests/support/process.hpp"

namespace td::verify {

namespace {

namespace fs = std::filesystem;
using test::temp_dir;

constexpr std::string_view environment =
    "MQTT_URL='mqtt://127.0.0.1:41883'\n"
    "MQTT_USER='producer'\n"
    "MQTT_PASSWORD='it'\\''s'\n"
    "DATABASE_URL='postgresql://taylordash:x@/taylordash?host=%2Fvar%2Ftmp'\n"
    "HTTP_URL='http://127.0.0.1:48080'\n";

std::string without(std::string_view name) {
  std::string text{environment};
  const auto from = text.find(name);
  return text.erase(from, text.find('\n', from) + 1 - from);
}

BOOST_AUTO_TEST_CASE(reads_what_the_shell_would_read) {
  const auto read = read_addresses(environment);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->broker.host == "127.0.0.1");
  BOOST_TEST(read->broker.port == 41883);
  BOOST_TEST(read->broker.username == "producer");
  BOOST_TEST(read->broker.password == "it's");
  BOOST_TEST(read->database_url == "postgresql://taylordash:x@/taylordash?host=%2Fvar%2Ftmp");
  BOOST_TEST(read->http.host == "127.0.0.1");
  BOOST_TEST(read->http.port == 48080);
}

BOOST_AUTO_TEST_CASE(names_what_is_missing) {
  for (const auto* name : {"MQTT_URL", "MQTT_USER", "MQTT_PASSWORD", "DATABASE_URL", "HTTP_URL"}) {
    const auto read = read_addresses(without(name));
    BOOST_REQUIRE(!read);
    BOOST_TEST((read.error().code == errc::configuration_invalid));
    BOOST_TEST(read.error().detail.find(name) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(refuses_addresses_that_make_no_sense) {
  for (const auto* line :
       {"MQTT_URL='127.0.0.1:1883'", "MQTT_URL='mqtt://127.0.0.1'", "MQTT_URL='mqtt://:1883'",
        "MQTT_URL='mqtt://a:0'", "MQTT_URL='mqtt://a:18x'", "HTTP_URL='https://a'",
        "HTTP_URL='unfinished"}) {
    const std::string text{line};
    const auto name = text.substr(0, text.find('='));
    BOOST_TEST_CONTEXT(line) {
      BOOST_TEST(!read_addresses(without(name) + text + "\n"));
    }
  }
}

BOOST_AUTO_TEST_CASE(makes_a_folder_that_the_servers_accounts_may_pass_through) {
  const auto place = workplace::make({});
  BOOST_REQUIRE(place.has_value());
  struct stat s {};
  BOOST_REQUIRE(::stat(place->folder().c_str(), &s) == 0);
  BOOST_TEST((s.st_mode & 0777) == 0711U);
  BOOST_TEST(place->data().string().size() < 60U);  // a socket's path has to fit below it
  BOOST_TEST(place->remove().has_value());
  BOOST_TEST(!fs::exists(place->folder()));
}

BOOST_AUTO_TEST_CASE(takes_a_folder_that_is_not_there_yet_and_removes_it) {
  const temp_dir parent;
  const auto place = workplace::make(parent.path() / "a" / "b");
  BOOST_REQUIRE(place.has_value());
  fs::create_directories(place->data() / "postgresql");
  std::ofstream{place->service_log()} << "words\n";
  BOOST_TEST(place->remove().has_value());
  BOOST_TEST(!fs::exists(parent.path() / "a" / "b"));
}

BOOST_AUTO_TEST_CASE(leaves_an_empty_folder_of_the_users_where_it_was) {
  const temp_dir mine;
  const auto place = workplace::make(mine.path());
  BOOST_REQUIRE(place.has_value());
  fs::create_directories(place->data());
  BOOST_TEST(place->remove().has_value());
  BOOST_TEST(fs::is_empty(mine.path()));
}

BOOST_AUTO_TEST_CASE(never_takes_a_folder_that_holds_something) {
  const temp_dir mine;
  mine.write("precious", "data");
  const auto place = workplace::make(mine.path());
  BOOST_REQUIRE(!place);
  BOOST_TEST((place.error().code == errc::configuration_invalid));
  BOOST_TEST(place.error().detail.find("not empty") != std::string::npos);
  BOOST_TEST(fs::exists(mine.path() / "precious"));
}

BOOST_AUTO_TEST_CASE(quotes_the_end_of_a_log) {
  const temp_dir dir;
  dir.write("log", "one\ntwo\nthree\n");
  BOOST_TEST(last_lines(dir.path() / "log", 2) == "two\nthree\n");
  BOOST_TEST(last_lines(dir.path() / "log", 9) == "one\ntwo\nthree\n");
  BOOST_TEST(last_lines(dir.path() / "none", 9).empty());
}

}  // namespace

}  // namespace td::verify
