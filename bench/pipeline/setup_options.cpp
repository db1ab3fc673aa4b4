#include "bench/pipeline/setup_options.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "bench/bench_options.hpp"
#include "bench/report/save.hpp"

namespace td::bench {

namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::vector<method>> method_names{
    {"backlog", {method::backlog}},
    {"live", {method::live}},
    {"both", {method::backlog, method::live}}};

}  // namespace

void add_setup_options(CLI::App& command, setup_arguments& a, const std::string& name) {
  auto& s = a.setup;
  s.self = own_path();
  command
      .add_option("--method", a.methods,
                  "backlog (events wait in the broker), live (producers at work), both")
      ->check(CLI::IsMember(method_names))
      ->capture_default_str();
  command.add_option("--pairs", s.rounds, "runs of each contender and method, interleaved")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--events", s.events, "events of each run")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  command.add_option("--lanes", s.lanes.lanes, "lanes and database connections of every contender")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_option("--producers", s.producers, "connections that publish")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--window", s.window, "unacknowledged messages of each producer")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command.add_option("--seed", s.seed, "of the event ids")->capture_default_str();
  command.add_flag("--quick", a.quick, "2 pairs of few events: shows that it works, not how fast");
  add_own_servers(command, s.service, s.folder);
  add_output(command, a.output, name);
}

void complete(const CLI::App& command, setup_arguments& a) {
  a.setup.methods = method_names.at(a.methods);
  if (!a.quick) return;
  if (command.count("--pairs") == 0) a.setup.rounds = 2;
  if (command.count("--events") == 0) a.setup.events = 20'000;
}

int save_results(const std::string& name, fs::path file, const std::string& json,
                 const report_page& page) {
  if (file.empty()) file = default_result_file(name);
  const auto saved = save_report(file, json, page);
  if (!saved) return bench_failed(to_string(saved.error()));
  fmt::print("\nall figures: {}\npage:        {}\n", file.string(), saved->string());
  return EXIT_SUCCESS;
}

int bench_failed(const std::string& why) {
  fmt::print(stderr, "taylordash-bench: {}\n", why);
  return EXIT_FAILURE;
}

}  // namespace td::bench
