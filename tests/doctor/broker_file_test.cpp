#include "doctor/broker_file.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/support/process.hpp"

using namespace td;
using namespace td::test;

BOOST_AUTO_TEST_SUITE(broker_file_test)

BOOST_AUTO_TEST_CASE(the_last_line_of_an_option_counts_and_is_named) {
  const temp_dir dir;
  const auto path =
      dir.write("mosquitto.conf", "# a comment\n\n  persistence\ttrue \r\npersistence false\n");
  const auto file = read_broker_file(path);
  BOOST_REQUIRE(file.has_value());
  BOOST_TEST((file->truth("persistence") == false));
  BOOST_TEST(file->place_of("persistence") == path + ":4");
  BOOST_TEST(file->place_of("max_queued_messages") == path);
  BOOST_TEST(!file->number("max_queued_messages").has_value());
}

BOOST_AUTO_TEST_CASE(included_files_are_read_by_name) {
  const temp_dir dir;
  std::filesystem::create_directory(dir.path() / "conf.d");
  dir.write("conf.d/b.conf", "max_queued_messages 7\n");
  dir.write("conf.d/a.conf", "max_queued_messages 5\nautosave_interval 15\n");
  dir.write("conf.d/readme.txt", "max_queued_messages 9\n");
  const auto path =
      dir.write("mosquitto.conf", "include_dir " + dir.file("conf.d") + "\npersistence true\n");
  const auto file = read_broker_file(path);
  BOOST_REQUIRE(file.has_value());
  BOOST_TEST(file->number("max_queued_messages").value_or(0) == 7);
  BOOST_TEST(file->number("autosave_interval").value_or(0) == 15);
  BOOST_TEST(file->place_of("max_queued_messages") == dir.file("conf.d/b.conf") + ":1");
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_listed_is_not_an_empty_one) {
  const temp_dir dir;
  const auto path = dir.write("mosquitto.conf", "include_dir " + dir.file("gone") + "\n");
  const auto file = read_broker_file(path);
  BOOST_REQUIRE(!file.has_value());
  BOOST_TEST(file.error().detail.find(dir.file("gone")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_said_so) {
  const auto file = read_broker_file("/nonexistent/mosquitto.conf");
  BOOST_REQUIRE(!file.has_value());
  BOOST_TEST(file.error().detail.find("/nonexistent/mosquitto.conf") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
