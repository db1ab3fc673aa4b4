#include <CLI/CLI.hpp>

#include "bench/commands.hpp"
#include "pipeline/log.hpp"

int main(int argc, char** argv) {
  td::init_log(td::log_level::warning, td::log_format::text);
  CLI::App app{"Measures TaylorDash. bench/README.md says what and how to read it.",
               "taylordash-bench"};
  app.require_subcommand(1);
  int status = 0;
  td::bench::add_pipeline_command(app, status);
  td::bench::add_latency_command(app, status);
  td::bench::add_soak_command(app, status);
  td::bench::add_limits_command(app, status);
  td::bench::add_peers_command(app, status);
  td::bench::add_stages_command(app, status);
  td::bench::add_summary_command(app, status);
  td::bench::add_load_command(app, status);
  td::bench::add_drain_command(app, status);
  td::bench::add_subscribe_command(app, status);
  td::bench::add_copy_command(app, status);
  CLI11_PARSE(app, argc, argv);
  return status;
}
