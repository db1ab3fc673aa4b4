#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "bench/bench_options.hpp"
#include "bench/commands.hpp"
#include "bench/load/load_options.hpp"
#include "bench/machine.hpp"
#include "bench/pipeline/setup_options.hpp"
#include "bench/soak/soak_report.hpp"

namespace td::bench {

namespace {

int run(const soak_options& options, std::filesystem::path output) {
  if (auto fine = check_mix(options.mix); !fine) return bench_failed(to_string(fine.error()));
  stop_signal stop;
  const auto done = run_soak_bench(options, stop);
  if (!done) return bench_failed(to_string(done.error()));
  fmt::print("{}", to_text(*done));
  const int written = save_results("soak", std::move(output), to_json(*done), to_page(*done));
  return holds(*done) ? written : EXIT_FAILURE;
}

}  // namespace

void add_soak_command(CLI::App& app, int& status) {
  struct arguments {
    soak_options options{};
    std::optional<load_profile> profile{};
    std::string during{"10m"};
    std::string rate{"5000"};
    bool quick{};
    std::filesystem::path output{};
  };
  auto a = std::make_shared<arguments>();
  auto& o = a->options;
  o.self = own_path();

  auto* c = app.add_subcommand(
      "soak", "A long open-loop load: does the service's memory stay flat, is every event stored");
  auto* during =
      c->add_option("--for", a->during, "how long: 30s, 10m, 24h")->capture_default_str();
  auto* rate = c->add_option("--rate", a->rate, "events/s: 5000, 5k")->capture_default_str();
  add_profile_option(*c, a->profile)->excludes(during)->excludes(rate);
  add_mix_options(*c, o.mix);
  add_load_connections(*c, o.producers, o.window);
  add_lanes_and_seed(*c, o.lanes.lanes, o.seed);
  c->add_flag("--quick", a->quick, "5 s at 2000/s: shows that it works");
  add_own_servers(*c, o.service, o.folder);
  add_output(*c, a->output, "soak");
  c->footer(
      "Ends with status 1 when memory or descriptors grow, or an event is missing.\n"
      "The rows stay until the end: about 1 KiB of disk per event.\n"
      "Examples:\n"
      "  taylordash-bench soak --for 10m --rate 20k\n"
      "  taylordash-bench soak --profile '2k/s..20k/s 5m, 20k/s 1h' --invalid 1 --duplicate 1");
  c->callback([a, during, rate, &status] {
    if (a->quick && during->count() == 0) a->during = "5s";
    if (a->quick && rate->count() == 0) a->rate = "2000";
    if (!a->profile) {
      // What a person may write is what a profile takes, so its words about mistakes fit.
      auto read = parse_profile(fmt::format("{}/s {}", a->rate, a->during));
      if (!read) throw CLI::ValidationError("--for, --rate", read.error().detail);
      a->profile = std::move(*read);
    }
    a->options.profile = *a->profile;
    a->options.command_line = own_command_line();
    status = run(a->options, a->output);
  });
}

}  // namespace td::bench
