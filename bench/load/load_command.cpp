#include <cstdlib>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "bench/commands.hpp"
#include "bench/load/generator.hpp"
#include "bench/load/mqtt_url.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

namespace {

int run(load what, const std::string& url) {
  auto broker = parse_mqtt_url(url);
  if (!broker) {
    fmt::print(stderr, "taylordash-bench: {}\n", to_string(broker.error()));
    return EXIT_FAILURE;
  }
  broker->username = what.broker.username;
  if (const char* password = std::getenv("MQTT_PASSWORD")) broker->password = password;
  what.broker = *broker;

  stop_signal stop;
  std::stop_source stopping;
  result<load_report> report = failure{};
  {
    const std::jthread worker{[&] {
      report = generate(what, stopping.get_token());
      stop.request();
    }};
    stop.wait(std::chrono::milliseconds{-1});
    stopping.request_stop();
  }
  if (!report) {
    fmt::print(stderr, "taylordash-bench: {}\n", to_string(report.error()));
    return EXIT_FAILURE;
  }
  fmt::print("{}\n", to_text(*report));
  std::fflush(stdout);
  return EXIT_SUCCESS;
}

}  // namespace

void add_load_command(CLI::App& app, int& status) {
  struct arguments {
    load what{.events = 100'000};
    std::string url{};
  };
  auto a = std::make_shared<arguments>();
  auto* c = app.add_subcommand("load", "Publish events to a broker: the load generator alone");
  c->add_option("--mqtt-url", a->url, "mqtt://HOST:PORT; its password: MQTT_PASSWORD")
      ->envname("MQTT_URL")
      ->required();
  c->add_option("--mqtt-user", a->what.broker.username, "user name")->envname("MQTT_USER");
  c->add_option("--events", a->what.events, "how many")->capture_default_str();
  c->add_option("--producers", a->what.producers, "connections")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  c->add_option("--window", a->what.window, "unacknowledged messages of each")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  c->add_option("--rate", a->what.rate, "events/s of all, open loop; without: as fast as it goes")
      ->check(CLI::PositiveNumber);
  c->add_option("--invalid", a->what.mix.invalid, "per cent that break their schema: dead letters")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  c->add_option("--seed", a->what.seed, "of the event ids; the same seed publishes the same ids")
      ->capture_default_str();
  c->footer(
      "Example, against a running ./dev up:\n"
      "  eval \"$(./dev env)\"; export MQTT_URL MQTT_USER MQTT_PASSWORD\n"
      "  taylordash-bench load --events 100000 --seed 7");
  c->callback([a, &status] { status = run(a->what, a->url); });
}

}  // namespace td::bench
