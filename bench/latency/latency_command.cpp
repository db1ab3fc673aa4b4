#include <cstdlib>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "bench/bench_options.hpp"
#include "bench/commands.hpp"
#include "bench/latency/latency_report.hpp"
#include "bench/load/load_options.hpp"
#include "bench/machine.hpp"
#include "bench/pipeline/setup_options.hpp"

namespace td::bench {

namespace {

int run(const latency_options& options, std::filesystem::path output) {
  if (auto fine = check_mix(options.mix); !fine) return bench_failed(to_string(fine.error()));
  stop_signal stop;
  const auto done = run_latency_bench(options, stop);
  if (!done) return bench_failed(to_string(done.error()));
  fmt::print("{}", to_text(*done));
  return save_results("latency", std::move(output), to_json(*done), to_page(*done));
}

}  // namespace

void add_latency_command(CLI::App& app, int& status) {
  struct arguments {
    latency_options options{};
    unsigned seconds{20};
    bool quick{};
    std::filesystem::path output{};
  };
  auto a = std::make_shared<arguments>();
  auto& o = a->options;
  o.self = own_path();

  auto* c = app.add_subcommand(
      "latency", "Due to committed row at half of capacity, open loop; broker saves told apart");
  c->add_option("--runs", o.runs, "how many")->check(CLI::Range(1, 1000))->capture_default_str();
  auto* seconds = c->add_option("--seconds", a->seconds, "of each run")
                      ->check(CLI::Range(1, 86'400))
                      ->capture_default_str();
  auto* rate = c->add_option("--rate", o.rate, "events/s [half of what a saturated run shows]")
                   ->check(CLI::PositiveNumber);
  add_profile_option(*c, o.profile)->excludes(rate)->excludes(seconds);
  add_mix_options(*c, o.mix);
  add_load_connections(*c, o.producers, o.window);
  add_lanes_and_seed(*c, o.lanes.lanes, o.seed);
  c->add_flag("--quick", a->quick, "2 runs of 2 s: shows that it works, not how fast");
  add_own_servers(*c, o.service, o.folder);
  add_output(*c, a->output, "latency");
  c->footer(
      "Examples:\n"
      "  taylordash-bench latency\n"
      "  taylordash-bench latency --rate 20000 --seconds 60 --runs 5\n"
      "  taylordash-bench latency --profile '10k/s 30s + 5000 every 5s' --duplicate 1");
  c->callback([a, c, seconds, &status] {
    auto& chosen = a->options;
    chosen.command_line = own_command_line();
    if (a->quick) {
      if (c->count("--runs") == 0) chosen.runs = 2;
      if (seconds->count() == 0) a->seconds = 2;
      chosen.saturated_events = 20'000;
    }
    chosen.each = std::chrono::seconds{a->seconds};
    status = run(chosen, a->output);
  });
}

}  // namespace td::bench
