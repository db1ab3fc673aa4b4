#include <csignal>
#include <cstdlib>
#include <unistd.h>

#include "tests/standalone/owner.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

bool only_as_root() {
  if (::geteuid() == 0) return true;
  BOOST_TEST_MESSAGE("skipped: only root can become other users");
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(users_test)

BOOST_AUTO_TEST_CASE(knows_the_first_folder_that_a_user_cannot_enter) {
  if (!only_as_root()) return;
  const instance_folder folder;
  const auto user = find_user("postgres").value();
  fs::create_directories(folder / "open" / "shut" / "inner");
  fs::permissions(folder / "open", fs::perms{0711});
  fs::permissions(folder / "open" / "shut", fs::perms{0700});
  BOOST_TEST(!must(first_barrier(folder / "open", user)));
  BOOST_TEST(must(first_barrier(folder / "open" / "shut" / "inner", user)).value() ==
             folder / "open" / "shut");
  BOOST_TEST(!must(first_barrier(folder / "open" / "not yet" / "there", user)));
}

BOOST_AUTO_TEST_CASE(refuses_a_directory_that_a_server_cannot_reach_and_says_how_to_mend_it) {
  if (!only_as_root()) return;
  const instance_folder folder;
  fs::create_directory(folder / "home");
  fs::permissions(folder / "home", fs::perms{0700});
  const auto why = refusal(standalone_instance::open({.data_dir = folder / "home" / "d"}),
                           errc::configuration_invalid);
  BOOST_TEST(contains(why, "user postgres"), why);
  BOOST_TEST(contains(why, "may not enter " + (folder / "home").string()), why);
  BOOST_TEST(contains(why, "chmod o+x " + (folder / "home").string()), why);
  BOOST_TEST(contains(why, "/var/lib/taylordash"), why);
  BOOST_TEST(fs::is_empty(folder / "home"));
}

BOOST_AUTO_TEST_CASE(runs_the_servers_of_root_as_users_of_their_own) {
  if (!only_as_root()) return;
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto user_of = [](pid_t pid) {
    struct stat status {};
    ::stat(("/proc/" + std::to_string(pid)).c_str(), &status);
    return status.st_uid;
  };
  BOOST_TEST(user_of(running->postgres().pid()) == find_user("postgres")->uid);
  BOOST_TEST(user_of(running->broker().pid()) == find_user("mosquitto")->uid);
  for (const auto pid : {running->postgres().pid(), running->broker().pid()}) {
    const auto status = read_text("/proc/" + std::to_string(pid) + "/status").value();
    BOOST_TEST(contains(status, "CapEff:\t0000000000000000"), status);
  }
}

BOOST_AUTO_TEST_CASE(runs_for_an_ordinary_user_in_a_directory_of_theirs) {
  if (!only_as_root()) return;
  const instance_folder folder;
  const auto nobody = find_user("nobody").value();
  fs::create_directory(folder / "theirs");
  BOOST_REQUIRE(::chown((folder / "theirs").c_str(), nobody.uid, nobody.gid) == 0);
  fs::copy_file(TD_STANDALONE_OWNER, folder / "owner");  // the build may lie where they can't go
  fs::permissions(folder / "owner", fs::perms{0755});
  const auto data_dir = folder / "theirs" / "deep" / "d";
  child_process process({"/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                         (folder / "owner").string(), data_dir.string()});
  BOOST_REQUIRE_MESSAGE(process.await_output("ready", 1, 60s), process.output());
  BOOST_TEST(mode_of(data_dir) == 0700u);
  BOOST_TEST(mode_of(data_layout{data_dir}.env()) == 0600u);
  // Root may look at it, but not take it over: the files would get two owners.
  BOOST_TEST(
      contains(refusal(standalone_instance::open({.data_dir = data_dir}), errc::permission_denied),
               "run as its owner"));
  const int status = process.end(SIGTERM);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0), process.output());
  BOOST_TEST(process.await_output("stopped"));
}

BOOST_AUTO_TEST_CASE(defaults_to_where_the_system_keeps_such_data) {
  if (::geteuid() == 0) {
    BOOST_TEST(must(default_data_dir()) == "/var/lib/taylordash");
    return;
  }
  ::setenv("XDG_DATA_HOME", "/data", 1);
  BOOST_TEST(must(default_data_dir()) == "/data/taylordash");
  ::unsetenv("XDG_DATA_HOME");
  ::setenv("HOME", "/home/u", 1);
  BOOST_TEST(must(default_data_dir()) == "/home/u/.local/share/taylordash");
}

BOOST_AUTO_TEST_SUITE_END()
