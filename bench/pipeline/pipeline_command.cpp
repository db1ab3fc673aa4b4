#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "bench/commands.hpp"
#include "bench/pipeline/pipeline_bench.hpp"
#include "bench/pipeline/report.hpp"

namespace td::bench {

namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::vector<method>> method_names{
    {"backlog", {method::backlog}},
    {"live", {method::live}},
    {"both", {method::backlog, method::live}}};

/// One bench at a time and user; a killed one's servers are found again.
fs::path default_folder() {
  return fs::path{"/var/tmp"} / fmt::format("taylordash-bench-{}", ::getuid());
}

fs::path default_output() {
  const auto day = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fs::path{"build/bench-results"} / fmt::format("pipeline-{:%Y-%m-%dT%H%M%SZ}.json", day);
}

int fail(const std::string& why) {
  fmt::print(stderr, "taylordash-bench: {}\n", why);
  return EXIT_FAILURE;
}

int run(const pipeline_options& options, fs::path output) {
  stop_signal stop;
  const auto done = run_pipeline_bench(options, stop);
  if (!done) return fail(to_string(done.error()));
  fmt::print("{}", to_text(*done));
  if (output.empty()) output = default_output();
  std::error_code error;
  if (output.has_parent_path()) fs::create_directories(output.parent_path(), error);
  std::ofstream file{output};
  file << to_json(*done) << std::flush;
  if (!file) return fail(fmt::format("cannot write {}", output.string()));
  fmt::print("\nall figures: {}\n", output.string());
  return EXIT_SUCCESS;
}

}  // namespace

void add_pipeline_command(CLI::App& app, int& status) {
  struct arguments {
    pipeline_options options{};
    std::string methods{"both"};
    bool quick{};
    fs::path output{};
  };
  auto a = std::make_shared<arguments>();
  auto& o = a->options;
  std::error_code error;
  o.self = fs::read_symlink("/proc/self/exe", error).string();
  o.service = (fs::path{o.self}.parent_path().parent_path() / "taylordash").string();
  o.folder = default_folder();

  auto* c = app.add_subcommand(
      "pipeline", "MQTT to committed row: the service against a bare loop, interleaved");
  c->add_option("--method", a->methods,
                "backlog (events wait in the broker), live (producers at work), both")
      ->check(CLI::IsMember(method_names))
      ->capture_default_str();
  c->add_option("--pairs", o.pairs, "pairs of runs per method")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  c->add_option("--events", o.events, "events of each run")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  c->add_option("--lanes", o.lanes.lanes, "lanes and database connections of both contenders")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  c->add_option("--producers", o.producers, "connections that publish")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  c->add_option("--window", o.window, "unacknowledged messages of each producer")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  c->add_option("--rate", o.rate, "also one run at this many events/s, open loop, with latency")
      ->check(CLI::PositiveNumber);
  c->add_option("--seed", o.seed, "of the event ids")->capture_default_str();
  c->add_flag("--quick", a->quick, "2 pairs of 20,000 events: shows that it works, not how fast");
  c->add_option("--service", o.service, "the taylordash binary to measure")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  c->add_option("--data-dir", o.folder, "where the servers keep their data meanwhile")
      ->capture_default_str();
  c->add_option("--output", a->output, "the JSON file [build/bench-results/pipeline-DATE.json]");
  c->footer("Example:\n  taylordash-bench pipeline --pairs 7 --events 400000");
  c->callback([a, c, &status] {
    a->options.methods = method_names.at(a->methods);
    if (a->quick) {
      if (c->count("--pairs") == 0) a->options.pairs = 2;
      if (c->count("--events") == 0) a->options.events = 20'000;
      a->options.idle_for = std::chrono::milliseconds{1000};
    }
    status = run(a->options, a->output);
  });
}

}  // namespace td::bench
