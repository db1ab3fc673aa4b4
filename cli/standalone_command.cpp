#include "cli/standalone_command.hpp"

#include <csignal>
#include <memory>
#include <optional>
#include <random>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "actors/service.hpp"
#include "cli/await_servers.hpp"
#include "cli/cli.hpp"
#include "cli/config_options.hpp"
#include "cli/serve.hpp"
#include "cli/standalone_view.hpp"
#include "cli/terminal.hpp"
#include "config/version.hpp"
#include "pipeline/log.hpp"
#include "standalone/demo.hpp"
#include "standalone/instance.hpp"
#include "storage/stores.hpp"

namespace td {
namespace {

using namespace terminal;
using namespace std::chrono_literals;

/// For the service's own stop, the broker's last save and PostgreSQL's last checkpoint together.
constexpr auto stop_limit = 180s;

struct standalone_command_options {
  config_options config{};
  std::string data_dir{};
  std::optional<std::uint16_t> http_port{};
  std::optional<std::uint16_t> mqtt_port{};
  std::string mqtt_listen{};
  server_programs programs{};
  std::optional<std::uint64_t> demo_seed{};
  bool demo{};
  bool stop{};
  bool purge{};
};

int give_up(const failure& why) {
  print_error(why.code == errc::configuration_invalid || why.code == errc::permission_denied
                  ? why.detail
                  : to_string(why));
  return exit_failed;
}

result<std::filesystem::path> data_dir_of(const standalone_command_options& options) {
  if (!options.data_dir.empty()) return std::filesystem::path{options.data_dir};
  return default_data_dir();
}

/// Readable once a stop was asked for; takes nothing away from `stop_signal`, which has blocked the
/// signals and reads them.
unique_fd stop_request_fd() {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGHUP);
  return unique_fd{::signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK)};
}

void say_what_has_no_effect(const loaded_config& config) {
  for (const auto key : decided_by_standalone) {
    const auto& source = config.source(key);
    if (source.what == setting_source::kind::built_in) continue;
    log_warning("setting has no effect in standalone",
                {kv("key", key), kv("where", source.text())});
  }
}

result<standalone_options> options_for(const standalone_command_options& options,
                                       const loaded_config& config) {
  auto data_dir = data_dir_of(options);
  if (!data_dir) return data_dir.error();
  standalone_options wanted;
  wanted.data_dir = std::move(*data_dir);
  wanted.http_listen = config.values.http.listen;
  wanted.programs = options.programs;
  wanted.ports = {options.http_port, options.mqtt_port};
  const bool in_settings = config.source("http.port").what != setting_source::kind::built_in;
  if (!wanted.ports.http && in_settings) wanted.ports.http = config.values.http.port;
  if (!options.mqtt_listen.empty()) {
    auto address = parse_listen_address(options.mqtt_listen);
    if (!address) {
      return failure{address.error().code, "--mqtt-listen: " + address.error().detail, {}};
    }
    wanted.mqtt_listen = std::move(*address);
  }
  return wanted;
}

/// The schema, then the lanes' sessions, then the producers: in this order no event that the broker
/// accepts can be without a lane.
result<void> make_ready(standalone_instance& instance, const settings& s) {
  const auto migrated =
      migrate(database_options_from(s, "taylordash standalone"), partition_window_from(s));
  if (!migrated) return migrated.error();
  if (auto made = provision_lanes(s); !made) return made;
  return instance.let_producers_in();
}

standalone_banner banner_of(const standalone_instance& instance, bool demo) {
  standalone_banner b;
  b.version = version();
  b.http_url = instance.http_url();
  b.mqtt_url = fmt::format("mqtt://127.0.0.1:{}", instance.ports().mqtt);
  if (const auto& open_to = instance.mqtt_listen()) {
    const bool v6 = open_to->address.find(':') != std::string::npos;
    const auto host = v6 ? "[" + open_to->address + "]" : open_to->address;
    b.devices_url = fmt::format("mqtts://{}:{}", host, open_to->port);
  }
  b.layout = instance.layout();
  b.producer_user = producer_user;
  b.demo = demo;
  return b;
}

/// From started servers to a stop that was asked for.
int run_pipeline(const standalone_command_options& options, standalone_instance& instance,
                 const settings& s, stop_signal& stop) {
  const auto made =
      await_servers(stop, s.database.start_timeout, [&] { return make_ready(instance, s); });
  if (!made) return made.error().code == errc::stopping ? exit_ok : give_up(made.error());
  std::unique_ptr<demo_producer> demo;
  const auto ready = [&](const service& pipeline, std::uint16_t) {
    instance.let_producers_in_when(
        [&pipeline](auto since) { return pipeline.snapshot().lanes_connected_since(since); });
    if (auto told = instance.announce(); !told) {
      log_error("run/env not written", {kv("reason", to_string(told.error()))});
    }
    print(render_banner(standard_output(), banner_of(instance, options.demo)));
    if (!options.demo) return;
    demo = std::make_unique<demo_producer>(instance.broker().as_producer(),
                                           options.demo_seed.value_or(std::random_device{}()));
  };
  return run_service(s, stop,
                     {.ready = ready, .stops = [&] { instance.let_producers_in_when({}); }});
}

int run_instance(const standalone_command_options& options) {
  stop_signal stop;
  const auto config = load_or_explain(options.config, database_need::optional);
  if (!config) return exit_failed;
  init_log(config->values);
  say_what_has_no_effect(*config);
  const auto wanted = options_for(options, *config);
  if (!wanted) return give_up(wanted.error());
  auto instance = standalone_instance::open(*wanted);
  if (!instance) return give_up(instance.error());
  int status = exit_ok;
  const auto cancel = stop_request_fd();
  const auto started = (*instance)->start(cancel.get());
  if (started) {
    auto s = config->values;
    (*instance)->apply_to(s);
    status = run_pipeline(options, **instance, s, stop);
  } else if (started.error().code != errc::stopping) {
    status = give_up(started.error());
  }
  if (auto stopped = (*instance)->stop(); !stopped) return give_up(stopped.error());
  log_info("instance stopped", {kv("data", (*instance)->layout().root.string())});
  return status;
}

int run_stop(const standalone_command_options& options) {
  const auto data_dir = data_dir_of(options);
  if (!data_dir) return give_up(data_dir.error());
  std::error_code error;
  const auto then = options.purge ? after_stop::purge : after_stop::keep_data;
  if (!std::filesystem::exists(*data_dir, error) && !error) {
    print(visible(fmt::format("nothing runs in {}: it does not exist", data_dir->string())) + "\n");
    return exit_ok;
  }
  init_log(log_level::warning, log_format::text);
  const auto report = stop_instance(*data_dir, then, stop_limit);
  if (!report) return give_up(report.error());
  print(render_stop(*report, data_dir->string(), then));
  return exit_ok;
}

}  // namespace

void add_standalone_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "standalone", "Run the pipeline with a private PostgreSQL and a private Mosquitto");
  auto options = std::make_shared<standalone_command_options>();
  auto& o = *options;
  command
      ->add_option("--data-dir", o.data_dir,
                   "Where everything lies; default /var/lib/taylordash for root, else "
                   "~/.local/share/taylordash")
      ->type_name("DIR")
      ->envname("TAYLORDASH_DATA_DIR");
  command
      ->add_option(
          "--http-port", o.http_port,
          "Port of health and metrics; kept from then on; 0: the kept one, or any free one")
      ->type_name("PORT");
  command
      ->add_option("--mqtt-port", o.mqtt_port,
                   "Port of the broker on 127.0.0.1; kept from then on; 0: as above")
      ->type_name("PORT");
  command
      ->add_option("--mqtt-listen", o.mqtt_listen,
                   "Open the broker to devices, with TLS: 0.0.0.0, 10.0.0.5:8883, [::]:8883")
      ->type_name("ADDRESS[:PORT]");
  command->add_flag("--demo", o.demo, "Add a small producer, so that there is something to see");
  command->add_option("--demo-seed", o.demo_seed, "Let the demo tell the same story again")
      ->type_name("N");
  auto* stop = command->add_flag("--stop", o.stop,
                                 "Stop the instance of the data directory and its servers, also "
                                 "servers left over by a kill -9");
  command->add_flag("--purge", o.purge, "With --stop: remove its data as well")->needs(stop);
  command->add_option("--postgres-bin", o.programs.postgres_bin, "Where initdb and postgres are")
      ->type_name("DIR");
  command->add_option("--mosquitto", o.programs.mosquitto, "The broker's program")
      ->type_name("FILE");
  add_config_options(*command, o.config);
  command->footer(
      "Data stay in the data directory; one instance uses it at a time, several run side by side\n"
      "with different ones. Stops in order on Ctrl-C or SIGTERM. After a kill -9 the servers go "
      "on,\n"
      "and the next start takes them over.\n"
      "Examples:\n"
      "  taylordash standalone --demo\n"
      "  taylordash standalone --data-dir /srv/taylordash --mqtt-listen 0.0.0.0\n"
      "  taylordash standalone --stop --data-dir /srv/taylordash");
  command->callback(
      [options, &status] { status = options->stop ? run_stop(*options) : run_instance(*options); });
}

}  // namespace td
