#include "cli/capacity_command.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/capacity/rate_text.hpp"
#include "bench/capacity/report.hpp"
#include "cli/capacity_view.hpp"
#include "cli/cli.hpp"
#include "cli/config_options.hpp"
#include "config/units.hpp"
#include "pipeline/log.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;
using namespace terminal;
using steady = std::chrono::steady_clock;

constexpr auto between_plain_lines = 5s;

/// One line that is written over in place on a terminal; elsewhere a line now and then.
class screen final : public bench::capacity_watcher {
 public:
  explicit screen(const output& to) : to_{to} {}

  void begins(double, bench::trial_kind why) override { why_ = why; }

  void ends(const bench::trial& t) override { say(render_trial(to_, t)); }

  void say(const std::string& line) override {
    clear();
    write(to_, line + "\n");
  }

  void look(const bench::run_look& now) override {
    const auto line = render_look(now, why_);
    if (to_.terminal) {
      clear();
      write(to_, line.substr(0, size_of(to_).columns - 1));
      drawn_ = true;
      return;
    }
    if (steady::now() < next_) return;
    next_ = steady::now() + between_plain_lines;
    write(to_, line + "\n");
  }

  /// Before anything else is printed.
  void clear() {
    if (drawn_) write(to_, "\r\x1b[K");  // to the start, erase the line
    drawn_ = false;
  }

 private:
  const output& to_;
  bench::trial_kind why_{};
  bool drawn_{};
  steady::time_point next_{};
};

struct capacity_arguments {
  bench::capacity_options run{};
  std::string target{};
  std::string p99{"250ms"};
  std::string from{};
  std::string up_to{};
  std::string window{};   ///< empty: the default, of --quick another
  std::string confirm{};  ///< likewise
  std::string sizes{"350"};
  std::string directory{};
  std::string report{};
  config_options config{};
  bool allow_used{};
  bool quick{};
  bool json{};
};

int usage(std::string_view option, std::string_view why) {
  print_error(fmt::format("{}: {}", option, why));
  return exit_usage;
}

/// Reads a duration option within bounds; exit_ok when it is fine.
int read_duration(std::string_view option, const std::string& text, std::chrono::milliseconds least,
                  std::chrono::milliseconds most, std::chrono::milliseconds& into) {
  const auto d = parse_duration(text);
  if (!d || *d < least || *d > most) {
    return usage(option, fmt::format("\"{}\" is no time from {} to {}; write 250ms or 20s", text,
                                     format_duration(least), format_duration(most)));
  }
  into = *d;
  return exit_ok;
}

int read_rates(capacity_arguments& a) {
  double target = 0;
  const struct {
    std::string_view option;
    const std::string& text;
    double& into;
  } rates[]{{"--target", a.target, target},
            {"--from", a.from, a.run.search.first},
            {"--up-to", a.up_to, a.run.search.most}};
  for (const auto& r : rates) {
    if (r.text.empty()) continue;
    const auto rate = bench::parse_rate(r.text);
    if (!rate) return usage(r.option, rate.error().detail);
    r.into = *rate;
  }
  if (target > 0) a.run.search.target = target;
  if (target > 0 && !a.from.empty())
    return usage("--from", "goes without --target: the target is measured first");
  if (std::max(target, a.from.empty() ? 0 : a.run.search.first) > a.run.search.most)
    return usage("--up-to", "it lies below the rate to begin with");
  const auto sizes = bench::parse_sizes(a.sizes);
  if (!sizes) return usage("--sizes", sizes.error().detail);
  a.run.form.mix.sizes = *sizes;
  if (const auto fine = bench::check_mix(a.run.form.mix); !fine) {
    print_error(fine.error().detail);
    return exit_usage;
  }
  return exit_ok;
}

int read_times(capacity_arguments& a) {
  std::chrono::milliseconds p99{};
  if (const int s = read_duration("--p99", a.p99, 1ms, 10min, p99); s != exit_ok) return s;
  a.run.search.wanted.p99_ms = static_cast<double>(p99.count());
  if (a.quick) {
    a.run.form.warm_up = 1s;
    a.run.form.window = 2s;
    a.run.form.long_window = 4s;
    a.run.form.outage = 2000;
    a.run.search.precision = 0.3;
  }
  const struct {
    std::string_view option;
    const std::string& text;
    std::chrono::milliseconds most;
    std::chrono::milliseconds& into;
  } windows[]{{"--window", a.window, 10min, a.run.form.window},
              {"--confirm", a.confirm, 1h, a.run.form.long_window}};
  for (const auto& w : windows) {
    if (w.text.empty()) continue;
    if (const int s = read_duration(w.option, w.text, 1s, w.most, w.into); s != exit_ok) return s;
  }
  return exit_ok;
}

/// The service's settings: of an instance of its own only what --set says.
int read_settings(capacity_arguments& a) {
  auto& where = a.run.where;
  where.overrides = a.config.overrides;
  where.directory = a.directory;
  if (a.config.file.empty()) {
    if (a.allow_used) return usage("--allow-used", "goes with --config");
    for (const auto& o : where.overrides) {
      if (o.starts_with("mqtt.") || o.starts_with("database.url") || o.starts_with("http.")) {
        return usage("--set " + o,
                     "an instance of its own has its own servers; name others with "
                     "--config FILE");
      }
    }
    const auto config = load_config({.overrides = where.overrides}, database_need::optional);
    for (const auto& problem : config.problems)
      print_error(problem.text());
    where.set = config.values;
    return config.ok() ? exit_ok : exit_failed;
  }
  if (!a.directory.empty())
    return usage("--data-dir", "goes with an instance of its own, not --config");
  const auto config = load_or_explain(a.config, database_need::required);
  if (!config) return exit_failed;
  where.set = config->values;
  where.given = bench::given_servers{.config = a.config.file, .used = a.allow_used};
  return exit_ok;
}

int run(capacity_arguments a) {
  for (const auto read : {read_rates, read_times, read_settings}) {
    if (const int s = read(a); s != exit_ok) return s;
  }
  stop_signal stop;
  init_log(log_level::error, log_format::text);
  if (!a.report.empty()) {
    if (auto fine = bench::check_report_folder(a.report); !fine) {
      print_error(fine.error().detail);
      return exit_failed;
    }
  }
  screen shown{standard_error()};
  const auto done = bench::run_capacity(a.run, stop, shown);
  shown.clear();
  if (!done) {
    print_error(done.error().code == errc::stopping ? done.error().detail
                                                    : to_string(done.error()));
    return exit_failed;
  }
  print(a.json ? bench::to_json(*done) + "\n" : render_capacity(standard_output(), *done));
  if (!a.report.empty()) {
    const auto files = bench::write_report(*done, a.report);
    if (!files) {
      print_error(to_string(files.error()));
      return exit_failed;
    }
    write(standard_error(),
          fmt::format("\nreport: {}\n        {}\n", files->page.string(), files->data.string()));
  }
  if (!done->left_behind.empty()) print_error("not everything was removed: " + done->left_behind);
  if (done->fits()) return *done->fits() ? exit_ok : exit_does_not_fit;
  // Of a target nobody knows.
  return done->search.answer && !a.run.search.target ? exit_ok : exit_failed;
}

}  // namespace

void add_capacity_command(CLI::App& app, int& status) {
  auto* c = app.add_subcommand(
      "capacity", "Find out how much this machine takes, what stops more, and what a rate needs");
  auto a = std::make_shared<capacity_arguments>();
  auto& form = a->run.form;
  c->add_option("--target", a->target, "Does this rate fit? 20000/s, 20k/s; without: just find")
      ->type_name("RATE");
  c->add_option("--p99", a->p99, "Most that 99 of 100 events may take from due to commit")
      ->type_name("TIME")
      ->capture_default_str();
  c->add_option("--sizes", a->sizes, "Bytes of an event, 350 or a mix: 350:90,4096:9,65536:1")
      ->type_name("SIZES")
      ->capture_default_str();
  c->add_option("--invalid", form.mix.invalid, "Per cent of events that break their schema")
      ->check(CLI::Range(0u, 100u))
      ->capture_default_str();
  c->add_option("--duplicate", form.mix.duplicate, "Per cent that are published twice")
      ->check(CLI::Range(0u, 100u))
      ->capture_default_str();
  c->add_option("--out-of-order", form.mix.out_of_order, "Per cent that occurred up to 1 h ago")
      ->check(CLI::Range(0u, 100u))
      ->capture_default_str();
  c->add_option("--producers", form.producers, "Connections that publish")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_option("--in-flight", form.in_flight, "Unacknowledged events of each connection")
      ->check(CLI::Range(1u, 60'000u))
      ->capture_default_str();
  c->add_option("--from", a->from, "Without --target: rate to begin with; default: 2000/s")
      ->type_name("RATE");
  c->add_option("--up-to", a->up_to, "Rate beyond which nothing is looked for; default: 1M/s")
      ->type_name("RATE");
  c->add_option("--window", a->window, "How long each rate is measured; default: 8s")
      ->type_name("TIME");
  c->add_option("--confirm", a->confirm, "How long the answer is measured; default: 20s")
      ->type_name("TIME");
  c->add_flag("--quick", a->quick,
              "Short windows (2s, 4s unless they are given), a rough answer: shows that it works");
  c->add_option("--seed", form.seed, "Of the event ids")->capture_default_str();
  c->add_option("--set", a->config.overrides,
                "A setting of the service, for example ingest.lanes=4; repeatable")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  c->add_option(
       "--config", a->config.file,
       "Measure with the broker and the EMPTY database that these settings name, instead of "
       "an instance of its own")
      ->type_name("FILE");
  c->add_flag("--allow-used", a->allow_used,
              "With --config: also where the database holds events or others publish; events of "
              "others are then stored there too");
  c->add_option(
       "--data-dir", a->directory,
       "Where to make the instance: a folder that is empty or not there yet; the disk below "
       "it is what is measured (default: below /var/tmp)")
      ->type_name("DIR");
  c->add_option("--report", a->report, "Write capacity.html and capacity.json there")
      ->type_name("DIR");
  c->add_flag("--json", a->json, "Print the result as one line of JSON");
  c->footer(
      "Publishes made-up events, open loop, faster and faster, until they are no longer stored as\n"
      "fast as they come; takes 3 to 5 minutes. Exits with 0 when the target fits (or a rate was\n"
      "found), 3 when it does not, 1 when it could not be measured, or the load generator gave "
      "out\n"
      "first.\n"
      "Examples:\n"
      "  taylordash capacity --target 20000/s --p99 250ms --report capacity\n"
      "  taylordash capacity --sizes 350:90,4096:10 --set ingest.lanes=4");
  c->callback([a, &status] { status = run(*a); });
}

}  // namespace td
