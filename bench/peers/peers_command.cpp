#include <memory>

#include <fmt/format.h>

#include "bench/commands.hpp"
#include "bench/peers/peers_bench.hpp"
#include "bench/pipeline/setup_options.hpp"

namespace td::bench {

void add_peers_command(CLI::App& app, int& status) {
  struct arguments {
    setup_arguments common{.methods = "backlog"};
    peers_options options{};
  };
  auto a = std::make_shared<arguments>();
  auto& o = a->options;
  o.script = TD_PEERS_FOLDER "/usual_mirror.py";
  auto* c = app.add_subcommand(
      "peers", "The same job in the usual stack: Python, paho and asyncpg, INSERT and COPY");
  add_setup_options(*c, a->common, "peers");
  c->add_option("--insert-events", o.insert_events, "events of each run of the INSERT form")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  c->add_option("--copy-events", o.copy_events, "events of each run of the COPY form")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  c->add_option("--insert-processes", o.insert.processes, "processes of the INSERT form")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  c->add_option("--insert-connections", o.insert.connections, "its connections, of each process")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  c->add_option("--copy-processes", o.copy.processes, "processes of the COPY form")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  c->add_option("--copy-connections", o.copy.connections, "its connections, of each process")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  c->add_option("--peer-script", o.script, "the peer's program")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  c->footer("Example:\n  taylordash-bench peers --copy-processes 1");
  c->callback([a, c, &status] {
    complete(*c, a->common);
    auto& options = a->options;
    if (a->common.quick) {
      if (c->count("--insert-events") == 0) options.insert_events = 3'000;
      if (c->count("--copy-events") == 0) options.copy_events = 10'000;
    }
    options.setup = a->common.setup;
    stop_signal stop;
    const auto done = run_peers_bench(options, stop);
    if (!done) {
      status = bench_failed(to_string(done.error()));
      return;
    }
    fmt::print("{}", to_text(*done));
    status = save_results("peers", a->common.output, to_json(*done), to_page(*done));
  });
}

}  // namespace td::bench
