#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/commands.hpp"
#include "bench/limits/mosquitto_drain.hpp"
#include "config/version.hpp"
#include "pipeline/log.hpp"

int main(int argc, char** argv) {
  td::init_log(td::log_level::warning, td::log_format::text);
  CLI::App app{"Measures TaylorDash. bench/README.md says what and how to read it.",
               "taylordash-bench"};
  app.require_subcommand(1);
  app.set_version_flag("--version",
                       fmt::format("taylordash-bench {}, libmosquitto {}", td::version(),
                                   td::bench::mosquitto_library_version()));
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
  td::bench::add_mosquitto_command(app, status);
  td::bench::add_subscribe_command(app, status);
  td::bench::add_copy_command(app, status);
  CLI11_PARSE(app, argc, argv);
  return status;
}
