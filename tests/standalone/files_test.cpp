#include "standalone/files.hpp"

#include <unistd.h>

#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(files_test)

BOOST_AUTO_TEST_CASE(replaces_a_file_whole_and_leaves_nothing_beside_it) {
  const temp_dir folder;
  const auto file = folder.path() / "f";
  must(write_durably(file, "one", {0600}));
  must(write_durably(file, "two", {0644}));
  BOOST_TEST(read_text(file).value() == "two");
  BOOST_TEST(mode_of(file) == 0644u);
  BOOST_TEST(std::distance(fs::directory_iterator{folder.path()}, {}) == 1);
}

BOOST_AUTO_TEST_CASE(replaces_a_link_instead_of_writing_through_it) {
  const temp_dir folder;
  must(write_durably(folder.path() / "victim", "safe", {0600}));
  fs::create_symlink(folder.path() / "victim", folder.path() / "f");
  must(write_durably(folder.path() / "f", "new", {0600}));
  BOOST_TEST(read_text(folder.path() / "victim").value() == "safe");
  BOOST_TEST(!fs::is_symlink(folder.path() / "f"));
}

BOOST_AUTO_TEST_CASE(says_what_it_could_not_write_and_why) {
  const auto why = refusal(write_durably("/nowhere/f", "x", {}), errc::internal);
  BOOST_TEST(contains(why, "/nowhere/f"));
  BOOST_TEST(contains(why, "No such file or directory"));
}

BOOST_AUTO_TEST_CASE(gives_an_existing_folder_the_rights_asked_for_and_refuses_a_link) {
  const temp_dir folder;
  fs::create_directory(folder.path() / "d");
  fs::permissions(folder.path() / "d", fs::perms::all);
  must(ensure_folder(folder.path() / "d", {0700}));
  BOOST_TEST(mode_of(folder.path() / "d") == 0700u);
  fs::create_symlink("/tmp", folder.path() / "link");
  const auto why =
      refusal(ensure_folder(folder.path() / "link", {0700}), errc::configuration_invalid);
  BOOST_TEST(contains(why, "where a folder is needed"));
}

BOOST_AUTO_TEST_CASE(shows_the_end_of_a_long_file_from_the_start_of_a_line) {
  const temp_dir folder;
  const auto file = folder.path() / "log";
  must(write_durably(file, "first line\nsecond line\nthird line\n", {}));
  BOOST_TEST(tail_of(file, 1000) == "first line\nsecond line\nthird line");
  BOOST_TEST(tail_of(file, 25) == "second line\nthird line");
  BOOST_TEST(tail_of(file, 5) == "line");
  BOOST_TEST(tail_of(folder.path() / "none", 5).empty());
}

BOOST_AUTO_TEST_CASE(reads_keys_and_values_and_refuses_other_lines) {
  const auto values = parse_key_values("# note\n\na=1\nb=x=y\n");
  BOOST_REQUIRE(values);
  BOOST_TEST(values->size() == 2u);
  BOOST_TEST(values->at("b") == "x=y");
  BOOST_TEST(!parse_key_values("a=1\nrubbish\n"));
  BOOST_TEST(!parse_key_values("=1\n"));
}

BOOST_AUTO_TEST_SUITE_END()
