#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "bench/commands.hpp"
#include "bench/limits/drain_command.hpp"
#include "bench/limits/limit_broker.hpp"
#include "bench/limits/limit_copy.hpp"
#include "bench/limits/limit_drain.hpp"
#include "bench/load/mqtt_url.hpp"
#include "bench/pipeline/contender.hpp"
#include "config/settings.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

namespace {

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

int fail(const failure& why) {
  fmt::print(stderr, "taylordash-bench: {}\n", to_string(why));
  return EXIT_FAILURE;
}

/// Until `work` has failed, or Ctrl-C or SIGTERM comes. Work that ends well is waited upon: what
/// is measured must still be there to be asked what it has used.
int run_until_stopped(const std::function<result<void>(std::stop_token)>& work) {
  stop_signal stop;
  std::stop_source stopping;
  result<void> ended = ok();
  {
    const std::jthread worker{[&] {
      ended = work(stopping.get_token());
      if (!ended) stop.request();
    }};
    stop.wait(std::chrono::milliseconds{-1});
    stopping.request_stop();
  }
  return ended ? EXIT_SUCCESS : fail(ended.error());
}

struct arguments {
  drain_options options{};
  std::string url{};
  std::string group{"taylordash"};
  std::uint64_t events{};
  std::uint64_t seed{1};
};

std::shared_ptr<arguments> default_arguments() {
  auto a = std::make_shared<arguments>();
  const lane_settings defaults;
  a->options.limits = {.events = defaults.batch_events, .bytes = defaults.batch_bytes};
  a->options.receive_maximum = defaults.receive_maximum;
  a->options.lanes = static_cast<std::int32_t>(defaults.lanes);
  return a;
}

void add_batch_options(CLI::App& c, arguments& a) {
  auto& o = a.options;
  c.add_option("--lanes", o.lanes, "connections")->check(CLI::Range(1, 64))->capture_default_str();
  c.add_option("--batch-events", o.limits.events, "a batch is full at this many events")
      ->capture_default_str();
  c.add_option("--batch-bytes", o.limits.bytes, "a batch is full at this many bytes of bodies")
      ->capture_default_str();
}

void add_broker_options(CLI::App& c, arguments& a) {
  c.add_option("--mqtt-url", a.url, "mqtt://HOST:PORT; its password: MQTT_PASSWORD")
      ->envname("MQTT_URL")
      ->required();
  c.add_option("--mqtt-user", a.options.broker.username, "user name")->envname("MQTT_USER");
  c.add_option("--group", a.group, "of the shared subscription")->capture_default_str();
  c.add_option("--receive-maximum", a.options.receive_maximum, "unacknowledged messages of each")
      ->capture_default_str();
}

/// What the environment and the options say, put together.
result<drain_options> completed(const arguments& a) {
  auto o = a.options;
  if (!a.url.empty()) {
    auto broker = parse_mqtt_url(a.url);
    if (!broker) return broker.error();
    broker->username = o.broker.username;
    if (const char* password = std::getenv("MQTT_PASSWORD")) broker->password = password;
    o.broker = *broker;
  }
  if (const char* url = std::getenv("DATABASE_URL")) o.database_url = url;
  o.subscription = fmt::format("$share/{}/tracker/events/#", a.group);
  return o;
}

int run_drain(const arguments& a, drain_function drains) {
  const auto o = completed(a);
  if (!o) return fail(o.error());
  return run_until_stopped(
      [&](std::stop_token stop) { return drains(*o, stop, [] { say(drain_ready_line); }); });
}

int run_subscribe(const arguments& a) {
  const auto o = completed(a);
  if (!o) return fail(o.error());
  return run_until_stopped([&](std::stop_token stop) {
    return subscribe(
        *o, a.events, stop, [] { say(subscribe_ready_line); },
        [](const subscribe_report& r) { say(r.to_text()); });
  });
}

int run_copy(const arguments& a) {
  const auto o = completed(a);
  if (!o) return fail(o.error());
  return run_until_stopped([&](std::stop_token stop) -> result<void> {
    const auto report = copy_rows({.database_url = o->database_url,
                                   .events = a.events,
                                   .lanes = o->lanes,
                                   .seed = a.seed,
                                   .limits = o->limits},
                                  stop, [] { say(copy_ready_line); });
    if (!report) return report.error();
    say(to_text(*report));
    return ok();
  });
}

constexpr const char* database_note =
    "The database's URL comes from DATABASE_URL. Runs until Ctrl-C or SIGTERM.";

}  // namespace

void add_drain_command(CLI::App& app, int& status, const char* name, const char* what,
                       drain_function drains) {
  auto a = default_arguments();
  auto* c = app.add_subcommand(name, what);
  add_broker_options(*c, *a);
  add_batch_options(*c, *a);
  c->footer(database_note);
  c->callback([a, drains, &status] { status = run_drain(*a, drains); });
}

void add_drain_command(CLI::App& app, int& status) {
  add_drain_command(
      app, status, "drain",
      "Broker to table with nothing checked: the limit alone. Takes only `load`'s events", drain);
}

void add_subscribe_command(CLI::App& app, int& status) {
  auto a = default_arguments();
  auto* c = app.add_subcommand("subscribe",
                               "Read and acknowledge at once, store nothing: the broker alone");
  add_broker_options(*c, *a);
  add_batch_options(*c, *a);
  c->add_option("--events", a->events, "writes what it has received after so many")->required();
  c->footer("Runs until Ctrl-C or SIGTERM.");
  c->callback([a, &status] { status = run_subscribe(*a); });
}

void add_copy_command(CLI::App& app, int& status) {
  auto a = default_arguments();
  auto* c = app.add_subcommand(
      "copy", "Rows into the table as the service writes them, no broker: the database alone");
  add_batch_options(*c, *a);
  c->add_option("--events", a->events, "how many")->required()->check(CLI::PositiveNumber);
  c->add_option("--seed", a->seed, "of the event ids")->capture_default_str();
  c->footer(database_note);
  c->callback([a, &status] { status = run_copy(*a); });
}

}  // namespace td::bench
