#include <memory>

#include <fmt/format.h>

#include "bench/commands.hpp"
#include "bench/limits/limits_bench.hpp"
#include "bench/pipeline/setup_options.hpp"

namespace td::bench {

void add_limits_command(CLI::App& app, int& status) {
  auto a = std::make_shared<setup_arguments>();
  a->methods = "both";
  auto* c = app.add_subcommand(
      "limits", "The parts alone: bare loops, broker without database, COPY without broker");
  add_setup_options(*c, *a, "limits");
  c->footer("Example:\n  taylordash-bench limits --method live");
  c->callback([a, c, &status] {
    complete(*c, *a);
    stop_signal stop;
    const auto done = run_limits_bench(a->setup, stop);
    if (!done) {
      status = bench_failed(to_string(done.error()));
      return;
    }
    fmt::print("{}", to_text(*done));
    status = save_results("limits", a->output, to_json(*done), to_page(*done));
  });
}

}  // namespace td::bench
