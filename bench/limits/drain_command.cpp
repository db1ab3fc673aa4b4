#include <cstdlib>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "bench/commands.hpp"
#include "bench/limits/limit_drain.hpp"
#include "bench/load/mqtt_url.hpp"
#include "bench/pipeline/contender.hpp"
#include "config/settings.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

namespace {

void say_ready() {
  fmt::print("{}\n", drain_ready_line);
  std::fflush(stdout);
}

int run(drain_options options, const std::string& url) {
  auto broker = parse_mqtt_url(url);
  if (!broker) {
    fmt::print(stderr, "taylordash-bench: {}\n", to_string(broker.error()));
    return EXIT_FAILURE;
  }
  broker->username = options.broker.username;
  if (const char* password = std::getenv("MQTT_PASSWORD")) broker->password = password;
  options.broker = *broker;

  stop_signal stop;
  std::stop_source stopping;
  result<void> ended = ok();
  {
    const std::jthread worker{[&] {
      ended = drain(options, stopping.get_token(), &say_ready);
      stop.request();
    }};
    stop.wait(std::chrono::milliseconds{-1});
    stopping.request_stop();
  }
  if (ended) return EXIT_SUCCESS;
  fmt::print(stderr, "taylordash-bench: {}\n", to_string(ended.error()));
  return EXIT_FAILURE;
}

}  // namespace

void add_drain_command(CLI::App& app, int& status) {
  struct arguments {
    drain_options options{};
    std::string url{};
    std::string group{"taylordash"};
  };
  auto a = std::make_shared<arguments>();
  auto& o = a->options;
  const lane_settings defaults;
  o.limits = {.events = defaults.batch_events, .bytes = defaults.batch_bytes};
  o.receive_maximum = defaults.receive_maximum;
  o.lanes = static_cast<std::int32_t>(defaults.lanes);

  auto* c = app.add_subcommand(
      "drain", "Broker to table with nothing checked: the limit alone. Takes only `load`'s events");
  c->add_option("--mqtt-url", a->url, "mqtt://HOST:PORT; its password: MQTT_PASSWORD")
      ->envname("MQTT_URL")
      ->required();
  c->add_option("--mqtt-user", o.broker.username, "user name")->envname("MQTT_USER");
  c->add_option("--group", a->group, "of the shared subscription")->capture_default_str();
  c->add_option("--lanes", o.lanes, "connections to broker and database")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  c->add_option("--batch-events", o.limits.events, "a batch is full at this many events")
      ->capture_default_str();
  c->add_option("--batch-bytes", o.limits.bytes, "a batch is full at this many bytes of bodies")
      ->capture_default_str();
  c->add_option("--receive-maximum", o.receive_maximum, "unacknowledged messages of each lane")
      ->capture_default_str();
  c->footer("The database's URL comes from DATABASE_URL. Runs until Ctrl-C or SIGTERM.");
  c->callback([a, &status] {
    if (const char* url = std::getenv("DATABASE_URL")) a->options.database_url = url;
    a->options.subscription = fmt::format("$share/{}/tracker/events/#", a->group);
    status = run(a->options, a->url);
  });
}

}  // namespace td::bench
