#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// `taylordash standalone` as a user has it.
class standalone {
 public:
  explicit standalone(fs::path data_dir, std::vector<std::string> more = {})
      : data_dir_{std::move(data_dir)}, process_{command(data_dir_, std::move(more))} {}

  void await_ready() {
    BOOST_REQUIRE_MESSAGE(process_.await_output(" is ready", 1, 120s), process_.output());
  }

  /// Its exit status after a signal; 128 + number when a signal killed it.
  int end(int number) {
    const int status = process_.end(number);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string sql(const std::string& statement) const {
    return psql(value("DATABASE_URL"), statement);
  }

  std::string value(const std::string& name) const {
    const auto text = read_text(data_layout{data_dir_}.env()).value_or("");
    const auto key = name + "='";
    const auto begin = text.find(key) + key.size();
    return text.substr(begin, text.find('\'', begin) - begin);
  }

  child_process& process() { return process_; }

  static std::vector<std::string> command(const fs::path& data_dir, std::vector<std::string> more) {
    std::vector<std::string> words{TD_TAYLORDASH, "standalone", "--data-dir", data_dir.string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

 private:
  fs::path data_dir_;
  child_process process_;
};

/// What a command prints, and its exit status.
std::pair<std::string, int> run(std::vector<std::string> command) {
  child_process process(std::move(command));
  process.await_output("no such line", 1, 120s);
  const int status = process.end(0);
  return {process.output(), WIFEXITED(status) ? WEXITSTATUS(status) : 128};
}

pid_t pid_of(const data_layout& layout, const char* server) {
  const auto record = read_process_record(layout.run() / (std::string{server} + ".process"));
  return record ? record->process.pid : 0;
}

broker_options producer_of(const data_layout& layout) {
  broker_options producer;
  producer.port = static_cast<std::uint16_t>(
      std::stoi(parse_key_values(*read_text(layout.ports()))->at("mqtt")));
  producer.username = producer_user;
  producer.password = read_text(layout.secrets() / "mqtt-producer")->substr(0, 32);
  return producer;
}

bool is_let_in(const broker_options& producer) {
  return make_publisher({.broker = producer, .client_id = "eager"})->connect().has_value();
}

/// Stops whatever a test has left running.
struct stopped_in_the_end {
  fs::path data_dir;
  ~stopped_in_the_end() { run(standalone::command(data_dir, {"--stop", "--purge"})); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(command_test)

BOOST_AUTO_TEST_CASE(carries_the_demo_from_the_producer_to_rows_and_dead_letters) {
  const instance_folder folder;
  const stopped_in_the_end cleanup{folder / "d"};
  const data_layout layout{folder / "d"};
  standalone first{folder / "d", {"--demo", "--demo-seed", "7"}};
  first.await_ready();
  BOOST_TEST(eventually(
      [&] { return first.sql("select count(*) >= 100 from events_mirror") == "t"; }, 90s));
  BOOST_TEST(
      eventually([&] { return first.sql("select count(*) >= 1 from dlq_events") == "t"; }, 90s));
  const auto output = first.process().output();
  BOOST_TEST(contains(output, first.value("HTTP_URL") + "/health/ready"), output);
  BOOST_TEST(!contains(output, first.value("MQTT_PASSWORD")), output);
  BOOST_TEST(first.value("ADMIN_USER") == "admin");
  BOOST_TEST(first.value("ADMIN_PASSWORD").size() == 27u);
  BOOST_TEST(!contains(output, first.value("ADMIN_PASSWORD")), output);
  const auto [status, code] = run({TD_TAYLORDASH, "status", "--data-dir", (folder / "d").string()});
  BOOST_TEST(code == 0, status);

  BOOST_TEST(first.end(SIGTERM) == 0, first.process().output());
  BOOST_TEST(contains(first.process().output(), "instance stopped"));
  BOOST_TEST(pid_of(layout, "postgresql") == 0);
  BOOST_TEST(pid_of(layout, "mosquitto") == 0);
  BOOST_TEST(!fs::exists(layout.env()));
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_kill_with_the_same_servers_and_everything_stored_once) {
  const instance_folder folder;
  const stopped_in_the_end cleanup{folder / "d"};
  const data_layout layout{folder / "d"};
  standalone first{prepared(folder).data_dir, {"--demo"}};
  first.await_ready();
  BOOST_TEST(eventually(
      [&] { return first.sql("select count(*) >= 50 from events_mirror") == "t"; }, 90s));
  const auto postgres = pid_of(layout, "postgresql");
  const auto mosquitto = pid_of(layout, "mosquitto");
  first.end(SIGKILL);
  const auto before = std::stoi(first.sql("select count(*) from events_mirror"));

  standalone second{folder / "d", {"--demo"}};
  second.await_ready();
  BOOST_TEST(pid_of(layout, "postgresql") == postgres);
  BOOST_TEST(pid_of(layout, "mosquitto") == mosquitto);
  BOOST_TEST(eventually(
      [&] { return std::stoi(second.sql("select count(*) from events_mirror")) > before + 20; },
      90s));
  BOOST_TEST(second.sql("select count(*) = count(distinct (event_id, occurred_at)) from "
                        "events_mirror") == "t");
  BOOST_TEST(second.end(SIGINT) == 0, second.process().output());
}

BOOST_AUTO_TEST_CASE(has_lanes_before_it_lets_the_first_producer_in) {
  const instance_folder folder;
  const stopped_in_the_end cleanup{folder / "d"};
  standalone first{prepared(folder).data_dir};
  // From the moment the broker takes a producer's connection, an event it accepts has a subscriber.
  const data_layout layout{folder / "d"};
  BOOST_REQUIRE(eventually([&] { return fs::exists(layout.ports()); }, 60s));
  const auto producer = producer_of(layout);
  BOOST_REQUIRE(eventually([&] { return is_let_in(producer); }, 60s));
  BOOST_TEST(publish_one(producer, "tracker/events/tasks/created") == 0);
  first.await_ready();
  BOOST_TEST(eventually([&] { return first.sql("select count(*) from dlq_events") == "1"; }));
  BOOST_TEST(first.end(SIGTERM) == 0);
}

BOOST_AUTO_TEST_CASE(lets_producers_in_again_when_the_lanes_are_back_on_a_new_broker) {
  const instance_folder folder;
  const stopped_in_the_end cleanup{folder / "d"};
  const data_layout layout{folder / "d"};
  standalone first{prepared(folder).data_dir, {"--set", "ingest.lanes=3"}};
  first.await_ready();
  const auto producer = producer_of(layout);
  constexpr int rounds = 4;
  for (int round = 0; round < rounds; ++round) {
    const auto killed = pid_of(layout, "mosquitto");
    BOOST_REQUIRE(::kill(killed, round % 2 == 0 ? SIGTERM : SIGKILL) == 0);
    BOOST_REQUIRE(eventually([&] {
      const auto pid = pid_of(layout, "mosquitto");
      return pid != 0 && pid != killed && is_let_in(producer);
    }));
    BOOST_TEST(publish_one(producer, "tracker/events/tasks/" + std::to_string(round)) == 0);
    // Before the next kill, which may cost the broker what it has not passed on yet.
    const auto stored = std::to_string(round + 1);
    BOOST_REQUIRE(
        eventually([&] { return first.sql("select count(*) from dlq_events") == stored; }));
  }
  BOOST_TEST(first.end(SIGTERM) == 0, first.process().output());
}

BOOST_AUTO_TEST_CASE(stops_in_order_in_the_middle_of_a_first_start) {
  const instance_folder folder;
  const stopped_in_the_end cleanup{folder / "d"};
  const data_layout layout{folder / "d"};
  standalone first{folder / "d"};
  BOOST_REQUIRE(eventually([&] { return pid_of(layout, "postgresql") != 0; }, 120s));
  BOOST_TEST(first.end(SIGTERM) == 0, first.process().output());
  BOOST_TEST(pid_of(layout, "postgresql") == 0);
  BOOST_TEST(pid_of(layout, "mosquitto") == 0);
  standalone second{folder / "d"};
  second.await_ready();
  BOOST_TEST(second.end(SIGTERM) == 0);
}

BOOST_AUTO_TEST_CASE(stops_and_removes_a_background_instance) {
  const instance_folder folder;
  standalone first{prepared(folder).data_dir};
  first.await_ready();
  const auto [text, code] = run(standalone::command(folder / "d", {"--stop", "--purge"}));
  BOOST_TEST(code == 0, text);
  BOOST_TEST(contains(text, "stopped the instance in"), text);
  BOOST_TEST(contains(text, "removed"), text);
  BOOST_TEST(!fs::exists(folder / "d"));
  BOOST_TEST(first.end(0) == 0);
  const auto [again, code_again] = run(standalone::command(folder / "d", {"--stop"}));
  BOOST_TEST(code_again == 0, again);
  BOOST_TEST(contains(again, "nothing runs in"), again);
}

BOOST_AUTO_TEST_CASE(explains_what_it_cannot_do_in_one_line) {
  const instance_folder folder;
  fs::create_directories(folder / "home" / "photos");
  const auto expect = [&](std::vector<std::string> command, int wanted, const std::string& part) {
    const auto [text, code] = run(std::move(command));
    BOOST_TEST(code == wanted, text);
    BOOST_TEST(contains(text, part), text);
    BOOST_TEST(std::count(text.begin(), text.end(), '\n') <= 2, text);
  };
  expect(standalone::command(folder / "home", {}), 1, "is not a data directory of TaylorDash");
  expect(standalone::command(folder / "home", {"--stop"}), 1, "is not a data directory");
  expect(standalone::command(folder / std::string(100, 'x'), {}), 1, "bytes too long");
  expect(standalone::command(folder / "d", {"--mqtt-listen", "here"}), 1,
         "--mqtt-listen: \"here\"");
  expect(standalone::command(folder / "d", {"--mosquitto", "/no"}), 1, "apt-get install mosquitto");
  expect(standalone::command(folder / "d", {"--purge"}), 2, "--stop");
  BOOST_TEST(!fs::exists(folder / "d"));
}

BOOST_AUTO_TEST_SUITE_END()
