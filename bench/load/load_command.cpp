#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "bench/commands.hpp"
#include "bench/load/event_form.hpp"
#include "bench/load/generator.hpp"
#include "bench/load/load_options.hpp"
#include "bench/load/mqtt_url.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

namespace {

int fail(const std::string& why) {
  fmt::print(stderr, "taylordash-bench: {}\n", why);
  return EXIT_FAILURE;
}

std::string row(const char* name, const histogram& h) {
  const auto ms = [&](double q) { return static_cast<double>(h.at(q).count()) / 1000; };
  return fmt::format("  {:<34} {:>10.3f} {:>10.3f} {:>10.3f} {:>10.3f}\n", name, ms(0.5), ms(0.99),
                     ms(0.999), ms(1));
}

/// For people: what the last line does not say.
std::string summary(const load_report& r, bool open_loop) {
  const double seconds = std::chrono::duration<double>(r.took).count();
  auto text =
      fmt::format("{} events in {:.1f} s, {:.0f}/s, {:.2f} us of the generator's CPU each\n",
                  r.sent(), seconds, static_cast<double>(r.sent()) / seconds,
                  static_cast<double>(r.used.total().count()) * 1000 /
                      static_cast<double>(std::max<std::uint64_t>(r.sent(), 1)));
  if (open_loop) {
    text += fmt::format("  {:<34} {:>10} {:>10} {:>10} {:>10}\n", "milliseconds", "p50", "p99",
                        "p99.9", "most");
    text += row("due to the socket (lateness)", r.lateness);
    text += row("due to PUBACK of the broker", r.acknowledged);
  }
  return text;
}

/// What the figures do not say by themselves; on standard error.
void warn(const load_report& r) {
  if (r.unheard > 0) {
    fmt::print(stderr,
               "taylordash-bench: {} events are lost: nobody subscribes to {} at this broker\n",
               r.unheard, event_form::topic);
  }
  if (const auto why = distrust(r))
    fmt::print(stderr, "taylordash-bench: do not trust latencies of this run: {}\n", *why);
}

result<void> write(const std::string& file, const load_report& report) {
  std::ofstream out{file};
  out << to_json(report) << std::flush;
  if (out) return ok();
  return failure{errc::configuration_invalid, fmt::format("--report: cannot write '{}'", file)};
}

int run(load what, const std::string& url, const std::string& report_file) {
  auto broker = parse_mqtt_url(url);
  if (!broker) return fail(to_string(broker.error()));
  broker->username = what.broker.username;
  if (const char* password = std::getenv("MQTT_PASSWORD")) broker->password = password;
  what.broker = *broker;
  if (!report_file.empty()) {
    // Known before the load runs, not after it.
    if (auto r = write(report_file, {}); !r) return fail(to_string(r.error()));
  }

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
  if (!report) return fail(to_string(report.error()));
  if (report->cut) return fail(to_string(failure{errc::stopping, stop.reason()}));
  if (!report_file.empty()) {
    if (auto r = write(report_file, *report); !r) return fail(to_string(r.error()));
  }
  warn(*report);
  fmt::print("{}{}\n", summary(*report, what.open_loop()), to_text(*report));
  std::fflush(stdout);
  return EXIT_SUCCESS;
}

}  // namespace

void add_load_command(CLI::App& app, int& status) {
  struct arguments {
    load what{.events = 100'000};
    std::string url{};
    std::string report{};
  };
  auto a = std::make_shared<arguments>();
  auto* c = app.add_subcommand("load", "Publish events to a broker: the load generator alone");
  c->add_option("--mqtt-url", a->url, "mqtt://HOST:PORT; its password: MQTT_PASSWORD")
      ->envname("MQTT_URL")
      ->required();
  c->add_option("--mqtt-user", a->what.broker.username, "user name")->envname("MQTT_USER");
  auto* events = c->add_option("--events", a->what.events, "how many")->capture_default_str();
  c->add_option("--producers", a->what.producers, "connections")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  c->add_option("--window", a->what.window, "unacknowledged messages of each")
      ->check(CLI::Range(1, 32767))
      ->capture_default_str();
  auto* rate = c->add_option("--rate", a->what.rate,
                             "events/s of all, open loop; without: as fast as it goes")
                   ->check(CLI::PositiveNumber);
  add_profile_option(*c, a->what.profile)->excludes(rate)->excludes(events);
  add_mix_options(*c, a->what.mix);
  c->add_option("--seed", a->what.seed, "of the event ids; the same seed publishes the same ids")
      ->capture_default_str();
  c->add_option("--report", a->report, "write all figures, histograms included, to this JSON file");
  c->footer(
      "Examples, against a running ./dev up:\n"
      "  eval \"$(./dev env)\"; export MQTT_URL MQTT_USER MQTT_PASSWORD\n"
      "  taylordash-bench load --events 100000 --seed 7\n"
      "  taylordash-bench load --profile 'steps 5k/s..30k/s by 5k/s each 20s' --duplicate 1\n"
      "  taylordash-bench load --profile '10k/s 60s + 2000 every 5s' --sizes 350:90,4096:10");
  c->callback([a, &status] { status = run(a->what, a->url, a->report); });
}

}  // namespace td::bench
