#include "standalone/data_directory.hpp"

#include <unistd.h>

#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;
namespace fs = std::filesystem;

namespace {

server_users users() {
  return must(choose_server_users());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(data_directory_test)

BOOST_AUTO_TEST_CASE(makes_a_directory_that_others_cannot_list_and_keeps_its_identity) {
  const instance_folder folder;
  std::string instance;
  {
    const auto made = must(data_directory::open(folder / "a" / "b", users()));
    instance = made.instance();
    BOOST_TEST(instance.size() == 36u);
    BOOST_TEST((mode_of(made.layout().root) & 0044) == 0u);
    for (const auto& path : {made.layout().secrets(), made.layout().log(),
                             made.layout().socket_folder(), made.layout().broker()}) {
      BOOST_TEST(mode_of(path) == 0700u, path);
    }
    BOOST_TEST(mode_of(made.layout().marker()) == 0600u);
  }
  BOOST_TEST(must(data_directory::open(folder / "a" / "b", users())).instance() == instance);
}

BOOST_AUTO_TEST_CASE(names_the_process_that_uses_it) {
  const instance_folder folder;
  const auto first = must(data_directory::open(folder / "d", users()));
  const auto why =
      refusal(data_directory::open(folder / "d", users()), errc::configuration_invalid);
  BOOST_TEST(contains(why, "in use by process " + std::to_string(::getpid())), why);
  BOOST_TEST(contains(why, "taylordash standalone --stop --data-dir"));
  BOOST_TEST(!must(data_directory::open_existing(folder / "d", users())).has_value());
}

BOOST_AUTO_TEST_CASE(is_one_directory_by_whatever_name) {
  const instance_folder folder;
  const auto first = must(data_directory::open(folder / "d", users()));
  fs::create_symlink(folder / "d", folder / "link");
  for (const auto& name : {folder / "link", folder / "x" / ".." / "d", folder / "d" / ""}) {
    BOOST_TEST(contains(refusal(data_directory::open(name, users()), errc::configuration_invalid),
                        "in use"),
               name);
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_path_that_is_too_long_for_a_socket_before_it_makes_anything) {
  const instance_folder folder;
  const auto base = (folder / "").native().size();
  const auto fits = longest_socket_path - base - std::string{"/run/pg/.s.PGSQL.5432"}.size();
  must(data_directory::open(folder / std::string(fits, 'x'), users()));
  const auto too_long = folder / std::string(fits + 3, 'y');
  const auto why = refusal(data_directory::open(too_long, users()), errc::configuration_invalid);
  BOOST_TEST(contains(why, "is 3 bytes too long"), why);
  BOOST_TEST(contains(why, "107 bytes"));
  BOOST_TEST(contains(why, "--data-dir"));
  BOOST_TEST(!fs::exists(too_long));
}

BOOST_AUTO_TEST_CASE(refuses_characters_that_configuration_files_cannot_hold) {
  const instance_folder folder;
  for (const auto* name : {"a'b", "a\"b", "a,b", "a\\b", "a\nb", "a "}) {
    BOOST_TEST(
        contains(refusal(data_directory::open(folder / name, users()), errc::configuration_invalid),
                 "can't hold"));
    BOOST_TEST(!fs::exists(folder / name));
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_directory_that_holds_something_else) {
  const instance_folder folder;
  fs::create_directories(folder / "home" / "photos");
  const auto why =
      refusal(data_directory::open(folder / "home", users()), errc::configuration_invalid);
  BOOST_TEST(contains(why, "is not a data directory of TaylorDash (it holds photos)"), why);
  BOOST_TEST(contains(
      refusal(data_directory::open_existing(folder / "home", users()), errc::configuration_invalid),
      "taylordash.instance"));
  BOOST_TEST(std::distance(fs::directory_iterator{folder / "home"}, {}) == 1);
}

BOOST_AUTO_TEST_CASE(takes_an_empty_directory_and_one_with_only_a_lock_or_logs) {
  const instance_folder folder;
  fs::create_directories(folder / "d" / "log");
  must(write_durably(folder / "d" / "lock", "", {0600}));
  must(data_directory::open(folder / "d", users()));
}

BOOST_AUTO_TEST_CASE(refuses_a_layout_from_the_future_and_a_damaged_marker) {
  const instance_folder folder;
  const auto layout = must(data_directory::open(folder / "d", users())).layout();
  must(write_durably(layout.marker(), "layout=2\ninstance=x\n", {}));
  BOOST_TEST(
      contains(refusal(data_directory::open(folder / "d", users()), errc::configuration_invalid),
               "has layout 2"));
  must(write_durably(layout.marker(), "rubbish", {}));
  BOOST_TEST(
      contains(refusal(data_directory::open(folder / "d", users()), errc::configuration_invalid),
               "damaged"));
}

BOOST_AUTO_TEST_CASE(refuses_a_file_and_the_root_of_everything) {
  const instance_folder folder;
  must(write_durably(folder / "f", "", {}));
  BOOST_TEST(
      contains(refusal(data_directory::open(folder / "f", users()), errc::configuration_invalid),
               "is not a folder"));
  refusal(data_directory::open("/", users()), errc::configuration_invalid);
}

BOOST_AUTO_TEST_CASE(removes_what_is_ours_and_leaves_what_is_not) {
  const instance_folder folder;
  {
    auto directory = must(data_directory::open(folder / "d", users()));
    must(write_durably(folder / "d" / "diary", "dear", {}));
    const auto left = must(directory.purge());
    BOOST_TEST(left == std::vector<std::string>{"diary"}, boost::test_tools::per_element());
  }
  BOOST_TEST(std::distance(fs::directory_iterator{folder / "d"}, {}) == 1);
  fs::remove(folder / "d" / "diary");
  auto directory = must(data_directory::open(folder / "d", users()));
  BOOST_TEST(must(directory.purge()).empty());
  BOOST_TEST(!fs::exists(folder / "d"));
}

BOOST_AUTO_TEST_CASE(removes_a_link_and_not_what_it_points_to) {
  const instance_folder folder;
  fs::create_directory(folder / "elsewhere");
  must(write_durably(folder / "elsewhere" / "treasure", "x", {}));
  auto directory = must(data_directory::open(folder / "d", users()));
  fs::create_directory_symlink(folder / "elsewhere", folder / "d" / "postgresql");
  must(directory.purge());
  BOOST_TEST(fs::exists(folder / "elsewhere" / "treasure"));
}

BOOST_AUTO_TEST_SUITE_END()
