#include "cli/editor.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "tests/config/temporary_files.hpp"

using namespace td;
using td::testing::temporary_files;

namespace {

struct editor_fixture {
  temporary_files files{};

  editor_fixture() {
    root = std::filesystem::path{files.path("x")}.parent_path();
    ::setenv("TMPDIR", root.c_str(), 1);
    ::unsetenv("VISUAL");
    ::unsetenv("EDITOR");
  }
  ~editor_fixture() {
    for (const auto* name : {"TMPDIR", "VISUAL", "EDITOR"})
      ::unsetenv(name);
  }
  std::string edited_with(const std::string& editor, std::string_view text) {
    ::setenv("EDITOR", editor.c_str(), 1);
    auto file = edited_file::make("abc", text);
    if (!file) return file.error().detail;
    auto after = file->let_edit();
    return after ? *after : after.error().detail;
  }
  std::size_t left() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{root}, {}));
  }

  std::filesystem::path root{};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(editor, editor_fixture)

BOOST_AUTO_TEST_CASE(gives_back_what_the_editor_has_made_of_it) {
  BOOST_TEST(edited_with("sed -i s/a/b/", "{a}") == "{b}");
  BOOST_TEST(edited_with("true", "{a}") == "{a}");
  BOOST_TEST(left() == 0u);
}

BOOST_AUTO_TEST_CASE(visual_comes_before_editor_and_both_may_have_arguments) {
  ::setenv("VISUAL", "sed -i -e s/a/c/", 1);
  BOOST_TEST(edited_with("false", "a") == "c");
}

BOOST_AUTO_TEST_CASE(the_line_break_that_editors_add_does_not_count) {
  const auto append = files.write("append", "#!/bin/sh\necho >> \"$1\"\n", 0700);
  BOOST_TEST(edited_with(append, "{a}") == "{a}");
  BOOST_TEST(edited_with(append, "{a}\n") == "{a}\n\n");
  BOOST_TEST(edited_with("true", std::string_view{"\0\xff\n", 3}) == (std::string{"\0\xff\n", 3}));
}

BOOST_AUTO_TEST_CASE(only_its_owner_may_read_the_file) {
  const auto file = edited_file::make("abc", "secret");
  BOOST_TEST_REQUIRE(file.has_value());
  BOOST_REQUIRE_EQUAL(left(), 1u);
  const auto path = std::filesystem::directory_iterator {
    root
    } -> path();
  struct stat s {};
  BOOST_REQUIRE_EQUAL(::stat(path.c_str(), &s), 0);
  BOOST_TEST((s.st_mode & 0777) == 0600u);
  BOOST_TEST(path.extension() == ".json");
}

BOOST_AUTO_TEST_CASE(what_is_to_be_kept_stays) {
  std::string path;
  {
    auto file = edited_file::make("abc", "hours of work");
    BOOST_TEST_REQUIRE(file.has_value());
    path = file->keep();
  }
  BOOST_TEST(*read_whole(path, 100) == "hours of work");
}

BOOST_AUTO_TEST_CASE(an_editor_that_fails_or_is_not_there_is_named) {
  BOOST_TEST(edited_with("false", "a") == "the editor \"false\" ended with status 1");
  BOOST_TEST(edited_with("no-such-editor 2>/dev/null", "a") ==
             "the editor \"no-such-editor 2>/dev/null\" ended with status 127");
  BOOST_TEST(edited_with("", "a") ==
             "no editor is named: set VISUAL or EDITOR, or give the new text with --file");
  BOOST_TEST(left() == 0u);
}

BOOST_AUTO_TEST_CASE(files_are_read_up_to_a_size) {
  const auto file = files.write("f", "12345");
  BOOST_TEST(*read_whole(file, 5) == "12345");
  BOOST_TEST(read_whole(file, 4).error().detail == file + " has more than 4 bytes");
  BOOST_TEST(read_whole("/nowhere/f", 4).error().detail ==
             "/nowhere/f cannot be read: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
