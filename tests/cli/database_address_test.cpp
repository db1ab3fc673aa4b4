#include "cli/database_address.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/config/temporary_files.hpp"

using namespace td;
using td::testing::temporary_files;

namespace {

constexpr const char* url = "postgresql://u:secret@h/d";

std::string told(const database_address_options& options) {
  const auto database = database_of(options, "taylordash test");
  return database ? database->url : database.error().text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(database_address)

BOOST_AUTO_TEST_CASE(a_standalone_instance_counts_before_the_settings) {
  const temporary_files files;
  std::filesystem::create_directory(files.path("run"));
  files.write("run/env", std::string{"HTTP_URL='http://h'\nDATABASE_URL='"} + url + "'\n");
  const auto root = std::filesystem::path{files.path("run")}.parent_path().string();
  database_address_options options{.data_dir = root};
  options.config.file = files.write("t.toml", "[database]\nurl = \"postgresql://other/x\"\n");
  BOOST_TEST(told(options) == url);
  options.data_dir.clear();
  BOOST_TEST(told(options) == "postgresql://other/x");
  BOOST_TEST(told({.data_dir = "/nowhere"}).starts_with("no standalone instance runs in /nowhere"));
}

BOOST_AUTO_TEST_CASE(settings_say_more_than_the_url) {
  const temporary_files files;
  database_address_options options;
  options.config.file =
      files.write("t.toml", "[database]\nurl = \"postgresql://h/d\"\nstatement_timeout = \"7s\"\n");
  const auto database = database_of(options, "taylordash test");
  BOOST_TEST_REQUIRE(database.has_value());
  BOOST_TEST((database->statement_timeout == std::chrono::seconds{7}));
  BOOST_TEST(database->application_name == "taylordash test");
}

BOOST_AUTO_TEST_CASE(only_problems_of_the_database_stand_in_the_way) {
  const temporary_files files;
  database_address_options options;
  options.config.file =
      files.write("t.toml", "[mqtt]\nport = 0\n[database]\nurl = \"postgresql://h/d\"\n");
  BOOST_TEST(told(options) == "postgresql://h/d");
  options.config.overrides = {"database.connections=0"};
  BOOST_TEST(told(options).starts_with("--set: database.connections: 0 is out of range"));
  options.config.file = "/nowhere/t.toml";
  BOOST_TEST(told(options) == "/nowhere/t.toml: cannot be read: No such file or directory");
}

BOOST_AUTO_TEST_CASE(nothing_named_is_answered_with_the_ways_to_name_it) {
  const auto text = told({});
  BOOST_TEST(text.starts_with("which database? Name it with --config FILE"));
  BOOST_TEST(text.find("--data-dir") != text.npos);
}

BOOST_AUTO_TEST_CASE(trouble_names_the_database_without_its_password) {
  const auto text = database_trouble({.url = url}, {errc::database_away, "connection refused"});
  BOOST_TEST(text == "the database postgresql://u:***@h/d cannot be reached: connection refused");
}

BOOST_AUTO_TEST_SUITE_END()
