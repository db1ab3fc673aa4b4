#include "cli/doctor_command.hpp"

#include "doctor/service_judge.hpp"

#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "actors/doctor.hpp"
#include "cli/cli.hpp"
#include "cli/config_options.hpp"
#include "cli/doctor_instance.hpp"
#include "cli/doctor_view.hpp"
#include "cli/service_address.hpp"
#include "config/files.hpp"
#include "config/redact.hpp"
#include "http/client.hpp"
#include "http/snapshot_json.hpp"
#include "pipeline/log.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;
using namespace terminal;

constexpr auto answer_time = 3s;
constexpr auto statement_time = 10s;
constexpr std::size_t longest_password = 4096;

struct command_options {
  service_address_options address{};
  std::string broker_config{};
  std::string producer_user{};
  std::string producer_password_file{};
  bool quick{};
  bool verbose{};
  bool json{};
};

using prepared = boost::system::result<doctor_options, complaint>;

/// Absent: end with exit_failed, the reason has been printed.
std::optional<doctor_options> where_to_look(command_options& options) {
  auto& data_dir = options.address.data_dir;
  const auto config = load_with(options.address.config, database_need::optional);
  // `standalone` heeds it, too. Settings that name a database win over it.
  const char* usual = std::getenv("TAYLORDASH_DATA_DIR");
  if (data_dir.empty() && usual != nullptr && config.values.database.url.empty()) data_dir = usual;
  if (data_dir.empty()) {
    const auto whole = load_or_explain(options.address.config, database_need::required);
    if (!whole) return std::nullopt;
    return doctor_options_from(whole->values, "doctor-command");
  }
  auto instance = doctor_options_of_instance(data_dir, config.values);
  if (instance) return *std::move(instance);
  print_error(visible(instance.error().text));
  return std::nullopt;
}

bool take_producer(const command_options& options, doctor_options& into) {
  if (options.producer_user.empty()) return true;
  broker_account account{options.producer_user, {}};
  if (!options.producer_password_file.empty()) {
    auto file = config::read_file(options.producer_password_file, longest_password);
    if (!file.problem.empty()) {
      print_error(visible(fmt::format("{} {}", options.producer_password_file, file.problem)));
      return false;
    }
    account.password = file.text.substr(0, file.text.find_last_not_of("\r\n") + 1);
  }
  into.broker.producer = std::move(account);
  return true;
}

boost::system::result<service_snapshot, complaint> ask_service(const command_options& options,
                                                               std::string& place) {
  auto url = address_of(options.address);
  if (!url) return url.error();
  url->target = "/api/v1/status";
  place = "http://" + host_and_port(*url);
  const auto reply = http_get(*url, answer_time);
  if (!reply) return complaint{fmt::format("none answers at {} ({})", place, reply.error().detail)};
  auto snapshot = snapshot_from_json(reply->body);
  if (reply->status != 200 || !snapshot)
    return complaint{fmt::format("what answers at {} is no TaylorDash", place)};
  return *std::move(snapshot);
}

int status_of(const examination& seen) {
  if (!seen.broker && !seen.database) return exit_failed;
  switch (worst_of(seen.findings)) {
    case severity::danger:
      return exit_dangers;
    case severity::warning:
      return exit_warnings;
    default:
      return exit_ok;
  }
}

int run(command_options options) {
  init_log(log_level::error, log_format::text);
  auto look = where_to_look(options);
  if (!look || !take_producer(options, *look)) return exit_failed;
  look->broker.quick = options.quick;
  look->database.statement_timeout = statement_time;
  if (!options.broker_config.empty()) look->broker_config = options.broker_config;

  doctor_places places{fmt::format("{}:{}", look->broker.broker.host, look->broker.broker.port),
                       redact_url(look->database.url),
                       {}};
  const auto service = ask_service(options, places.service);
  look->of_database.running = static_cast<bool>(service);
  auto seen = examine(*look);
  if (service) {
    for (auto& f : judge_service(*service))
      seen.findings.push_back(std::move(f));
  } else {
    seen.findings.push_back(service_unreachable(service.error().text));
  }
  print(options.json ? doctor_json(seen)
                     : render_doctor(standard_output(), seen, places, options.verbose,
                                     size_of(standard_output()).columns));
  return status_of(seen);
}

}  // namespace

void add_doctor_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "doctor", "Look for what endangers events: broker, database, machine; say what to change");
  auto options = std::make_shared<command_options>();
  auto& o = *options;
  command->add_option("--data-dir", o.address.data_dir, "The standalone instance in there")
      ->type_name("DIR");
  add_config_options(*command, o.address.config);
  command->add_option("--url", o.address.url, "Where the service listens, if not as set")
      ->type_name("http://HOST:PORT");
  command
      ->add_option("--broker-config", o.broker_config,
                   "Mosquitto's configuration, to judge what it does not tell")
      ->type_name("FILE");
  auto* user =
      command
          ->add_option("--producer-user", o.producer_user,
                       "An account of producers: what may it write? (nothing is delivered)")
          ->type_name("USER");
  command->add_option("--producer-password-file", o.producer_password_file, "Its password")
      ->type_name("FILE")
      ->needs(user);
  command->add_flag("--quick", o.quick, "Publish nothing, as a running service looks by itself");
  command->add_flag("--verbose", o.verbose, "Also list what is as it should be");
  command->add_flag("--json", o.json, "One JSON object");
  command->footer(
      "Changes nothing. Publishes some 1,500 small messages and a large one below "
      "taylordash/doctor/,\n"
      "reads them back and leaves nothing behind; it joins no subscription of the service.\n"
      "Exit status: 0 nothing worse than a note, 3 warnings, 4 dangers (events can be lost), 1 it "
      "could\n"
      "not look, 2 usage.\n"
      "Examples:\n"
      "  taylordash doctor --config /etc/taylordash/taylordash.toml --broker-config "
      "/etc/mosquitto/mosquitto.conf\n"
      "  taylordash doctor --data-dir /var/lib/taylordash --verbose\n"
      "  taylordash doctor --quick --json");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace td
