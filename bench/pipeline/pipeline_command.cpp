#include <memory>

#include <fmt/format.h>

#include "bench/commands.hpp"
#include "bench/pipeline/pipeline_bench.hpp"
#include "bench/pipeline/report.hpp"
#include "bench/pipeline/setup_options.hpp"

namespace td::bench {

void add_pipeline_command(CLI::App& app, int& status) {
  struct arguments {
    setup_arguments common{.methods = "both"};
    pipeline_options options{};
  };
  auto a = std::make_shared<arguments>();
  auto* c = app.add_subcommand(
      "pipeline", "MQTT to committed row: the service against bare loops, interleaved");
  add_setup_options(*c, a->common, "pipeline");
  c->add_option("--rate", a->options.rate,
                "also one run at this many events/s, open loop, with latency")
      ->check(CLI::PositiveNumber);
  c->footer("Example:\n  taylordash-bench pipeline --pairs 7 --events 400000");
  c->callback([a, c, &status] {
    complete(*c, a->common);
    if (a->common.quick) a->options.idle_for = std::chrono::milliseconds{1000};
    a->options.setup = a->common.setup;
    stop_signal stop;
    const auto done = run_pipeline_bench(a->options, stop);
    if (!done) {
      status = bench_failed(to_string(done.error()));
      return;
    }
    fmt::print("{}", to_text(*done));
    status = save_results("pipeline", a->common.output, to_json(*done), to_page(*done));
  });
}

}  // namespace td::bench
