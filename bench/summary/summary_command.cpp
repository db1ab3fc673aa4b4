#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/bench_options.hpp"
#include "bench/commands.hpp"
#include "bench/pipeline/setup_options.hpp"
#include "bench/summary/summary.hpp"

namespace td::bench {

namespace {

struct arguments {
  std::vector<std::string> files{};
  std::vector<std::string> failed{};
  std::filesystem::path output{};
};

int run(const arguments& a) {
  bench_summary all;
  for (const auto& file : a.files) {
    if (auto r = add_result(all, file); !r) return bench_failed(to_string(r.error()));
  }
  for (const auto& name : a.failed)
    all.benches.push_back({.bench = name, .failure = "it ended with an error"});
  if (all.benches.empty()) return bench_failed("nothing to sum up: name result files");
  fmt::print("{}", to_text(all));
  const int status = save_results("summary", a.output, to_json(all), to_page(all));
  return all.complete() ? status : EXIT_FAILURE;
}

}  // namespace

void add_summary_command(CLI::App& app, int& status) {
  auto a = std::make_shared<arguments>();
  auto* c =
      app.add_subcommand("summary", "One table of targets from the results of several benches");
  c->add_option("files", a->files, "result files (JSON)")->check(CLI::ExistingFile);
  c->add_option("--failed", a->failed, "a bench that has no result");
  add_output(*c, a->output, "summary");
  c->footer("Example:\n  taylordash-bench summary build/bench-results/p*.json");
  c->callback([a, &status] { status = run(*a); });
}

}  // namespace td::bench
