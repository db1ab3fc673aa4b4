#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/standalone/owner.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string url_in(const data_layout& layout) {
  const auto env = read_text(layout.env()).value_or("");
  const std::string key = "DATABASE_URL='";
  const auto begin = env.find(key) + key.size();
  return env.substr(begin, env.find('\'', begin) - begin);
}

/// A process of the server's user, with no other tie to the instance.
class bystander {
 public:
  explicit bystander(const os_user& user) : pid_{::fork()} {
    if (pid_ != 0) return;
    if (!become(user)) ::_exit(1);
    ::execl("/usr/bin/sleep", "sleep", "300", nullptr);
    ::_exit(1);
  }
  ~bystander() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(leftovers_test)

BOOST_AUTO_TEST_CASE(adopts_the_servers_of_a_killed_owner_and_stops_them_in_the_end) {
  const instance_folder folder;
  const cleanup in_the_end{folder / "d"};
  owner first{prepared(folder).data_dir};
  first.await_ready();
  const data_layout layout{folder / "d"};
  BOOST_TEST(psql(url_in(layout), "create table t as select 7 x") == "");
  first.process().end(SIGKILL);
  BOOST_TEST(lives(first.postgres));
  BOOST_TEST(lives(first.mosquitto));
  BOOST_TEST(psql(url_in(layout), "select x from t") == "7");

  owner second{folder / "d"};
  second.await_ready();
  BOOST_TEST(second.postgres == first.postgres);
  BOOST_TEST(second.mosquitto == first.mosquitto);
  const int status = second.process().end(SIGTERM);
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 0);
  BOOST_TEST(contains(second.process().output(), "stopped"));
  BOOST_TEST(!lives(first.postgres));
  BOOST_TEST(!lives(first.mosquitto));
}

BOOST_AUTO_TEST_CASE(supervises_an_adopted_server_like_its_own) {
  const instance_folder folder;
  const cleanup in_the_end{folder / "d"};
  owner first{prepared(folder).data_dir};
  first.await_ready();
  first.process().end(SIGKILL);
  const running_instance second{{.data_dir = folder / "d"}};
  BOOST_REQUIRE(second->broker().pid() == first.mosquitto);
  BOOST_REQUIRE(::kill(first.mosquitto, SIGKILL) == 0);
  BOOST_REQUIRE(::kill(first.postgres, SIGKILL) == 0);
  BOOST_TEST(eventually([&] { return psql(second.url(), "select 1") == "1"; }, 60s));
  BOOST_TEST(eventually([&] {
    return make_publisher({.broker = second->broker().as_producer(), .client_id = "p"})
        ->connect()
        .has_value();
  }));
}

BOOST_AUTO_TEST_CASE(restarts_an_adopted_broker_whose_configuration_is_another) {
  const instance_folder folder;
  const cleanup in_the_end{folder / "d"};
  owner first{prepared(folder).data_dir};
  first.await_ready();
  first.process().end(SIGKILL);
  const auto port = free_port();
  const running_instance second{
      {.data_dir = folder / "d", .mqtt_listen = listen_address{"127.0.0.1", port}}};
  BOOST_TEST(second->broker().pid() != first.mosquitto);
  BOOST_TEST(!lives(first.mosquitto));
  BOOST_TEST(second->postgres().pid() == first.postgres);
  must(check_listenable("127.0.0.1", free_port(), "a", "b"));
  refusal(check_listenable("127.0.0.1", port, "a", "b"), errc::configuration_invalid);
}

BOOST_AUTO_TEST_CASE(starts_after_everything_was_killed_at_once) {
  const instance_folder folder;
  const cleanup in_the_end{folder / "d"};
  owner first{prepared(folder).data_dir};
  first.await_ready();
  const auto url = url_in({folder / "d"});
  BOOST_TEST(psql(url, "create table t as select 7 x") == "");
  first.process().end(SIGKILL);
  BOOST_REQUIRE(::kill(first.postgres, SIGKILL) == 0);
  BOOST_REQUIRE(::kill(first.mosquitto, SIGKILL) == 0);
  const running_instance second{{.data_dir = folder / "d"}};
  BOOST_TEST(psql(url, "select x from t") == "7");
}

BOOST_AUTO_TEST_CASE(stops_the_servers_that_a_killed_owner_left) {
  const instance_folder folder;
  const cleanup in_the_end{folder / "d"};
  owner first{prepared(folder).data_dir};
  first.await_ready();
  first.process().end(SIGKILL);
  const auto report = must(stop_instance(folder / "d", after_stop::keep_data, 60s));
  BOOST_TEST(!report.service);
  BOOST_TEST(report.servers);
  BOOST_TEST(!lives(first.postgres));
  BOOST_TEST(!lives(first.mosquitto));
  BOOST_TEST(!fs::exists(data_layout{folder / "d"}.env()));
  const auto again = must(stop_instance(folder / "d", after_stop::keep_data, 60s));
  BOOST_TEST(!again.servers);
}

BOOST_AUTO_TEST_CASE(stops_a_running_instance_and_removes_its_data) {
  const instance_folder folder;
  owner first{prepared(folder).data_dir};
  first.await_ready();
  const auto report = must(stop_instance(folder / "d", after_stop::purge, 60s));
  BOOST_TEST(report.service);
  BOOST_TEST(report.left.empty());
  BOOST_TEST(!lives(first.postgres));
  BOOST_TEST(!lives(first.mosquitto));
  BOOST_TEST(!fs::exists(folder / "d"));
  BOOST_TEST(first.process().await_output("stopped"));
}

BOOST_AUTO_TEST_CASE(stops_and_removes_nothing_that_is_not_provably_its_own) {
  const instance_folder folder;
  fs::create_directories(folder / "home");
  must(write_durably(folder / "home" / "diary", "dear", {}));
  const auto why =
      refusal(stop_instance(folder / "home", after_stop::purge, 5s), errc::configuration_invalid);
  BOOST_TEST(contains(why, "is not a data directory"), why);
  BOOST_TEST(fs::exists(folder / "home" / "diary"));
}

BOOST_AUTO_TEST_CASE(kills_no_process_that_has_got_the_pid_of_a_dead_server) {
  const instance_folder folder;
  const cleanup in_the_end{folder / "d"};
  const auto users = must(choose_server_users());
  const bystander innocent{users.postgres};
  std::string instance;
  {
    running_instance first{prepared(folder)};
    instance = read_text(first->layout().marker()).value();
    instance = instance.substr(instance.find("instance=") + 9, 36);
  }
  // What a crash and a reboot may leave: the pid is the bystander's now.
  const data_layout layout{folder / "d"};
  auto stale = *identify(innocent.pid());
  stale.start_ticks -= 100;
  for (const auto* name : {"postgresql.process", "mosquitto.process"}) {
    must(write_durably(layout.run() / name, to_text(process_record{stale, instance}), {}));
  }
  must(stop_instance(folder / "d", after_stop::keep_data, 60s));
  BOOST_TEST(lives(innocent.pid()));

  // Even the right start time does not make it ours: it was not started for the instance.
  const process_record exact{*identify(innocent.pid()), instance};
  must(write_durably(layout.run() / "mosquitto.process", to_text(exact), {}));
  must(stop_instance(folder / "d", after_stop::keep_data, 60s));
  BOOST_TEST(lives(innocent.pid()));
}

BOOST_AUTO_TEST_CASE(starts_postgresql_though_a_stranger_has_the_pid_in_its_pid_file) {
  const instance_folder folder;
  const cleanup in_the_end{folder / "d"};
  const auto users = must(choose_server_users());
  const bystander innocent{users.postgres};
  const data_layout layout{folder / "d"};
  pid_t killed = 0;
  {
    owner first{prepared(folder).data_dir};
    first.await_ready();
    first.process().end(SIGKILL);
    killed = first.postgres;
    BOOST_REQUIRE(::kill(first.postgres, SIGKILL) == 0);
    BOOST_REQUIRE(eventually([&] { return !lives(first.postgres); }));
  }
  const auto file = layout.cluster() / "postmaster.pid";
  auto text = read_text(file).value();
  BOOST_REQUIRE(text.starts_with(std::to_string(killed) + "\n"));
  text.replace(0, text.find('\n'), std::to_string(innocent.pid()));
  must(write_durably(file, text, {0600, users.postgres.uid, users.postgres.gid}));
  const running_instance second{{.data_dir = folder / "d"}};
  BOOST_TEST(psql(second.url(), "select 1") == "1");
  BOOST_TEST(lives(innocent.pid()));
}

BOOST_AUTO_TEST_CASE(leaves_a_postgresql_alone_that_somebody_else_started_in_its_cluster) {
  const instance_folder folder;
  const cleanup in_the_end{folder / "d"};
  const auto users = must(choose_server_users());
  { running_instance first{prepared(folder)}; }
  const data_layout layout{folder / "d"};
  const pid_t foreign = ::fork();
  if (foreign == 0) {
    if (!become(users.postgres)) ::_exit(1);
    ::execl("/usr/lib/postgresql/15/bin/postgres", "postgres", "-D", layout.cluster().c_str(),
            nullptr);
    ::_exit(1);
  }
  BOOST_REQUIRE(
      eventually([&] { return postgres_answers(layout.socket_folder() / ".s.PGSQL.5432"); }));
  auto instance = must(standalone_instance::open(prepared(folder)));
  const auto why = refusal(instance->start(-1), errc::configuration_invalid);
  BOOST_TEST(contains(why, "process " + std::to_string(foreign)), why);
  must(instance->stop());
  BOOST_TEST(lives(foreign));
  ::kill(foreign, SIGINT);
  ::waitpid(foreign, nullptr, 0);
}

BOOST_AUTO_TEST_SUITE_END()
