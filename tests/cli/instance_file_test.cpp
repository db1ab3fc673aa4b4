#include "cli/instance_file.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/config/temporary_files.hpp"

using namespace td;
using td::testing::temporary_files;

BOOST_AUTO_TEST_SUITE(instance_file)

BOOST_AUTO_TEST_CASE(shell_assignments_are_read_in_every_quoting) {
  BOOST_TEST(variable_in("A=1\nHTTP_URL=http://h:1\n", "HTTP_URL") == "http://h:1");
  BOOST_TEST(variable_in("HTTP_URL='http://h:1'", "HTTP_URL") == "http://h:1");
  BOOST_TEST(variable_in("HTTP_URL=\"http://h:1\"\nB=2", "HTTP_URL") == "http://h:1");
  BOOST_TEST(variable_in("A='it'\\''s'\n", "A") == "it's");
  BOOST_TEST(variable_in("A='\n", "A") == "'");
  BOOST_TEST(variable_in("MY_HTTP_URL=http://h:1\nHTTP_URLS=2\n", "HTTP_URL") == "");
  BOOST_TEST(variable_in("", "HTTP_URL") == "");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_said_with_what_to_do) {
  const temporary_files files;
  std::filesystem::create_directory(files.path("run"));
  files.write("run/env", "HTTP_URL='http://127.0.0.1:1'\n");
  const auto root = std::filesystem::path{files.path("run")}.parent_path().string();
  BOOST_TEST(*instance_variable(root, "HTTP_URL") == "http://127.0.0.1:1");
  BOOST_TEST(instance_variable(root, "DATABASE_URL").error().text ==
             root + "/run/env names no DATABASE_URL");
  BOOST_TEST(instance_variable("/nowhere", "DATABASE_URL").error().text ==
             "no standalone instance runs in /nowhere (/nowhere/run/env cannot be read: No such "
             "file or directory); start one with: taylordash standalone --data-dir /nowhere");
}

BOOST_AUTO_TEST_SUITE_END()
