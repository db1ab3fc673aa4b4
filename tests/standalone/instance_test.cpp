#include "standalone/instance.hpp"

#include <set>
#include <unistd.h>

#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(instance_test)

BOOST_AUTO_TEST_CASE(keeps_data_and_identity_over_a_stop_and_a_start) {
  const instance_folder folder;
  std::string url;
  instance_ports ports;
  pid_t postgres = 0;
  pid_t mosquitto = 0;
  {
    const running_instance first{{.data_dir = folder / "d"}};
    url = first.url();
    ports = first->ports();
    postgres = first->postgres().pid();
    mosquitto = first->broker().pid();
    BOOST_TEST(psql(url, "create table t (x int); insert into t values (42)") == "");
    BOOST_TEST(lives(postgres));
    BOOST_TEST(lives(mosquitto));
  }
  BOOST_TEST(!lives(postgres));
  BOOST_TEST(!lives(mosquitto));
  BOOST_TEST(contains(psql(url, "select 1"), "failed"));
  const running_instance second{{.data_dir = folder / "d"}};
  BOOST_TEST(second.url() == url);
  BOOST_TEST((second->ports() == ports));
  BOOST_TEST(second->postgres().pid() != postgres);
  BOOST_TEST(psql(url, "select x from t") == "42");
}

BOOST_AUTO_TEST_CASE(runs_a_cluster_that_keeps_what_is_committed) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto show = [&](const std::string& name) { return psql(running.url(), "show " + name); };
  BOOST_TEST(show("fsync") == "on");
  BOOST_TEST(show("synchronous_commit") == "on");
  BOOST_TEST(show("full_page_writes") == "on");
  BOOST_TEST(show("data_checksums") == "on");
  BOOST_TEST(show("listen_addresses") == "");
  BOOST_TEST(show("server_encoding") == "UTF8");
  BOOST_TEST(show("lc_collate") == "C");
  BOOST_TEST(psql(running.url(), "select upper('ä')") == "Ä");
  BOOST_TEST(show("timezone") == "UTC");
  BOOST_TEST(show("is_superuser") == "off");
  BOOST_TEST(psql(running.url(), "select current_user || '@' || current_database()") ==
             "taylordash@taylordash");
}

BOOST_AUTO_TEST_CASE(lets_nobody_into_the_database_without_the_password) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto password = read_text(running->layout().secrets() / "database").value();
  auto url = running.url();
  const auto at = url.find(password.substr(0, 32));
  BOOST_REQUIRE(at != std::string::npos);
  url.replace(at, 32, std::string(32, 'x'));
  BOOST_TEST(contains(psql(url, "select 1"), "password authentication failed"));
}

BOOST_AUTO_TEST_CASE(reads_the_users_own_database_settings_last) {
  const instance_folder folder;
  {
    const auto made = must(standalone_instance::open(prepared(folder)));
    must(
        write_durably(made->layout().etc() / "postgresql.local.conf", "work_mem = 77MB\n", {0644}));
  }
  const running_instance running{prepared(folder)};
  BOOST_TEST(psql(running.url(), "show work_mem") == "77MB");
}

BOOST_AUTO_TEST_CASE(keeps_credentials_for_its_owner_alone) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto& layout = running->layout();
  for (const auto& file : fs::directory_iterator{layout.secrets()}) {
    BOOST_TEST(mode_of(file.path()) == 0600u, file.path());
  }
  BOOST_TEST(mode_of(layout.env()) == 0600u);
  BOOST_TEST(mode_of(layout.etc() / "mosquitto.passwd") == 0600u);
  BOOST_TEST(mode_of(layout.log() / "postgresql.log") == 0600u);
  // No secret in any log, configuration file or command line.
  const auto secret = read_text(layout.secrets() / "database").value().substr(0, 32);
  const auto producer = read_text(layout.secrets() / "mqtt-producer").value().substr(0, 32);
  for (const auto& file : {layout.log() / "postgresql.log", layout.log() / "mosquitto.log",
                           layout.etc() / "mosquitto.conf", layout.etc() / "mosquitto.passwd",
                           layout.cluster() / "postgresql.conf"}) {
    const auto text = read_text(file).value_or("");
    BOOST_TEST(!contains(text, secret), file);
    BOOST_TEST(!contains(text, producer), file);
  }
}

BOOST_AUTO_TEST_CASE(writes_an_environment_that_a_shell_can_use) {
  const instance_folder folder;
  const running_instance running{prepared(folder, "with blank")};
  child_process shell({"/bin/sh", "-c",
                       ". '" + running->layout().env().string() +
                           "'; echo $HTTP_URL; echo $MQTT_URL; echo $MQTT_USER; echo "
                           "${#MQTT_PASSWORD}; /usr/lib/postgresql/15/bin/psql \"$DATABASE_URL\" "
                           "-XAtc 'select 40 + 2'"});
  shell.await_output("42");
  shell.await_output("no such line");
  const auto port = [](std::uint16_t p) { return std::to_string(p); };
  BOOST_TEST(shell.output() == "http://127.0.0.1:" + port(running->ports().http) +
                                   "\nmqtt://127.0.0.1:" + port(running->ports().mqtt) +
                                   "\nproducer\n32\n42\n");
}

BOOST_AUTO_TEST_CASE(says_where_it_is_only_while_it_runs) {
  const instance_folder folder;
  fs::path env;
  {
    const running_instance running{prepared(folder)};
    env = running->layout().env();
    BOOST_TEST(fs::exists(env));
  }
  BOOST_TEST(!fs::exists(env));
}

BOOST_AUTO_TEST_CASE(quotes_for_the_shell) {
  BOOST_TEST(shell_quoted("a b") == "'a b'");
  BOOST_TEST(shell_quoted("it's") == "'it'\\''s'");
}

BOOST_AUTO_TEST_CASE(runs_two_directories_side_by_side) {
  const instance_folder folder;
  const running_instance one{prepared(folder, "one")};
  const running_instance two{prepared(folder, "two")};
  const std::set<std::uint16_t> ports{one->ports().http, one->ports().mqtt, two->ports().http,
                                      two->ports().mqtt};
  BOOST_TEST(ports.size() == 4u);
  BOOST_TEST(psql(one.url(), "create table only_one ()") == "");
  BOOST_TEST(psql(two.url(), "select to_regclass('only_one') is null") == "t");
  auto stranger = one->broker().as_producer();
  stranger.port = two->ports().mqtt;
  auto p = make_publisher({.broker = stranger, .client_id = "stranger"});
  BOOST_TEST((p->connect().error().code == errc::broker_refused));
}

BOOST_AUTO_TEST_CASE(says_that_a_stranger_has_its_port) {
  const instance_folder folder;
  instance_ports ports;
  {
    const running_instance first{prepared(folder, "one")};
    ports = first->ports();
  }
  auto options = prepared(folder, "two");
  options.ports.mqtt = ports.mqtt;
  const running_instance other{options};
  auto again = must(standalone_instance::open({.data_dir = folder / "one"}));
  const auto why = refusal(again->start(-1), errc::configuration_invalid);
  BOOST_TEST(contains(why, "another program listens there"), why);
  BOOST_TEST(contains(why, "--mqtt-port"), why);
  must(again->stop());
}

BOOST_AUTO_TEST_CASE(points_the_pipeline_at_its_own_servers) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  settings s;
  s.mqtt.host = "elsewhere";
  s.mqtt.password_file = "/elsewhere";
  s.database.url_file = "/elsewhere";
  running->apply_to(s);
  BOOST_TEST(s.mqtt.host == "127.0.0.1");
  BOOST_TEST(s.mqtt.port == running->ports().mqtt);
  BOOST_TEST(s.mqtt.username == "taylordash");
  BOOST_TEST(s.mqtt.password_file.empty());
  BOOST_TEST(s.mqtt.group.size() == 32u);
  BOOST_TEST(s.database.url == running.url());
  BOOST_TEST(s.database.url_file.empty());
  BOOST_TEST(s.http.port == running->ports().http);
}

BOOST_AUTO_TEST_CASE(says_which_program_is_missing) {
  const instance_folder folder;
  standalone_options options{.data_dir = folder / "d"};
  options.programs.mosquitto = "/nowhere/mosquitto";
  const auto why = refusal(standalone_instance::open(options), errc::configuration_invalid);
  BOOST_TEST(contains(why, "/nowhere/mosquitto is missing: apt-get install mosquitto"), why);
  BOOST_TEST(!fs::exists(folder / "d"));
}

BOOST_AUTO_TEST_CASE(shows_the_end_of_the_log_of_a_server_that_does_not_start) {
  const instance_folder folder;
  auto instance = must(standalone_instance::open(prepared(folder)));
  must(write_durably(instance->layout().etc() / "postgresql.local.conf", "no_such_setting = 1\n",
                     {0644}));
  const auto why = refusal(instance->start(-1), errc::internal);
  BOOST_TEST(contains(why, "exited with status 1"), why);
  BOOST_TEST(contains(why, "unrecognized configuration parameter \"no_such_setting\""), why);
  must(instance->stop());
}

BOOST_AUTO_TEST_CASE(begins_the_cluster_anew_when_the_first_start_was_cut_short) {
  const instance_folder folder;
  {
    auto instance = must(standalone_instance::open({.data_dir = folder / "d"}));
    fs::create_directory(instance->layout().root / "postgresql.new");
    must(write_durably(instance->layout().root / "postgresql.new" / "PG_VERSION", "15\n", {}));
  }
  const running_instance running{{.data_dir = folder / "d"}};
  BOOST_TEST(psql(running.url(), "select 1") == "1");
  BOOST_TEST(!fs::exists(running->layout().root / "postgresql.new"));
}

BOOST_AUTO_TEST_CASE(refuses_a_cluster_of_another_version) {
  const instance_folder folder;
  auto instance = must(standalone_instance::open(prepared(folder)));
  fs::create_directory(instance->layout().cluster());
  must(write_durably(instance->layout().cluster() / "PG_VERSION", "14\n", {}));
  const auto why = refusal(instance->start(-1), errc::configuration_invalid);
  BOOST_TEST(contains(why, "PostgreSQL \"14\""), why);
  BOOST_TEST(contains(why, "pg_upgrade"), why);
}

BOOST_AUTO_TEST_SUITE_END()
