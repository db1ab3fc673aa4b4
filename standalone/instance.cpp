#include "standalone/instance.hpp"

#include <csignal>
#include <unistd.h>

#include <fmt/format.h>

#include "pipeline/log.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// Asks the holder of the lock to stop, and waits until it has. The lock says that it lives, and
/// only its holder may write its record, so pid and start time name it beyond doubt.
result<void> stop_holder(const data_layout& layout, std::chrono::seconds limit) {
  const auto holder = holder_of(layout);
  const auto process = holder ? open_process(*holder) : std::nullopt;
  if (!process) return ok();  // it has just begun or just ended: look again
  log_info("service asked to stop", {kv("pid", holder->pid)});
  if (auto sent = send_signal(process->get(), SIGTERM); !sent) return sent;
  if (readable_within(process->get(), limit)) return ok();
  return failure{errc::timed_out,
                 fmt::format("the service (process {}) does not stop; kill -9 {}, then stop again: "
                             "nothing that was acknowledged is lost",
                             holder->pid, holder->pid),
                 {}};
}

/// The data directory, once nobody else uses it.
result<data_directory> take_over(const std::filesystem::path& data_dir, const server_users& users,
                                 std::chrono::seconds limit, bool& service) {
  const auto deadline = clock::now() + limit;
  for (;;) {
    auto opened = data_directory::open_existing(data_dir, users);
    if (!opened) return opened.error();
    if (*opened) return std::move(**opened);
    service = true;
    const auto layout = layout_of(data_dir);
    if (!layout) return layout.error();
    if (auto stopped = stop_holder(*layout, limit); !stopped) return stopped.error();
    if (clock::now() > deadline) {
      return failure{
          errc::timed_out,
          fmt::format("{} is still in use by a process that can't be told", data_dir.string()),
          {}};
    }
    ::usleep(20000);
  }
}

}  // namespace

std::string shell_quoted(std::string_view value) {
  std::string quoted{"'"};
  for (const char c : value) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

result<std::unique_ptr<standalone_instance>> standalone_instance::open(
    const standalone_options& options) {
  if (auto fine = check_programs(options.programs); !fine) return fine.error();
  const auto users = choose_server_users();
  if (!users) return users.error();
  auto directory = data_directory::open(options.data_dir, *users);
  if (!directory) return directory.error();
  std::unique_ptr<standalone_instance> made{
      new standalone_instance{std::move(*directory), options}};
  const auto& layout = made->layout();
  std::error_code error;
  auto secrets =
      load_or_make_secrets(layout.secrets(), !std::filesystem::exists(layout.cluster(), error));
  if (!secrets) return secrets.error();
  made->secrets_ = std::move(*secrets);
  auto ports = choose_ports(layout.ports(), options.ports, made->reserved_);
  if (!ports) return ports.error();
  made->ports_ = *ports;
  auto free = check_listenable(options.http_listen, ports->http, "the HTTP server", "--http-port");
  if (!free) return free.error();
  const auto& d = made->directory_;
  made->postgres_ = std::make_unique<postgres_cluster>(d, made->secrets_, options.programs);
  made->broker_ = std::make_unique<private_broker>(d, made->secrets_, options.programs, ports->mqtt,
                                                   options.mqtt_listen);
  ::unlink(layout.env().c_str());
  return made;
}

result<void> standalone_instance::start(int cancel_fd) {
  if (auto started = postgres_->start(cancel_fd); !started) return started.error();
  if (auto started = broker_->start(cancel_fd); !started) return started.error();
  auto watching = supervisor::watch({postgres_.get(), broker_.get()});
  if (!watching) return watching.error();
  supervisor_ = std::move(*watching);
  return ok();
}

void standalone_instance::apply_to(settings& s) const {
  const auto broker = broker_->as_service();
  s.mqtt.host = broker.host;
  s.mqtt.port = broker.port;
  s.mqtt.username = broker.username;
  s.mqtt.password = broker.password;
  s.mqtt.password_file.clear();
  s.mqtt.tls = false;
  s.mqtt.ca_file.clear();
  s.mqtt.certificate_file.clear();
  s.mqtt.key_file.clear();
  s.mqtt.group = secrets_.mqtt_group;
  s.mqtt.filter = settings{}.mqtt.filter;  // the broker's topic rules are made for this one
  s.database.url = postgres_->url();
  s.database.url_file.clear();
  s.identity.secret_file = layout().identity_secret();
  s.http.listen = http_listen_;
  s.http.port = ports_.http;
}

result<void> standalone_instance::let_producers_in() {
  return broker_->open_gate();
}

void standalone_instance::let_producers_in_when(private_broker::lanes_back back) {
  broker_->open_gate_when(std::move(back));
}

std::string standalone_instance::http_url() const {
  const bool all = http_listen_ == "0.0.0.0" || http_listen_ == "::";
  const auto host = all                                           ? "127.0.0.1"
                    : http_listen_.find(':') != std::string::npos ? "[" + http_listen_ + "]"
                                                                  : http_listen_;
  return fmt::format("http://{}:{}", host, ports_.http);
}

result<void> standalone_instance::announce() const {
  const auto producer = broker_->as_producer();
  auto text =
      fmt::format("MQTT_URL={}\nMQTT_USER={}\nMQTT_PASSWORD={}\nDATABASE_URL={}\nHTTP_URL={}\n",
                  shell_quoted(fmt::format("mqtt://{}:{}", producer.host, producer.port)),
                  shell_quoted(producer.username), shell_quoted(producer.password),
                  shell_quoted(postgres_->url()), shell_quoted(http_url()));
  // Until somebody has changed it and removed the file.
  if (auto first = read_text(layout().admin_password())) {
    first->erase(first->find_last_not_of('\n') + 1);
    text += fmt::format("ADMIN_USER='admin'\nADMIN_PASSWORD={}\n", shell_quoted(*first));
  }
  return write_durably(layout().env(), text, {0600});
}

result<void> standalone_instance::stop() {
  supervisor_.reset();
  ::unlink(layout().env().c_str());
  // The broker first: what it still holds is on its disk before anything else goes.
  auto broker = broker_->stop();
  auto postgres = postgres_->stop();
  if (!broker) return broker.error();
  if (!postgres) return postgres.error();
  return ok();
}

result<stop_report> stop_instance(const std::filesystem::path& data_dir, after_stop then,
                                  std::chrono::seconds limit) {
  const auto users = choose_server_users();
  if (!users) return users.error();
  stop_report report;
  auto directory = take_over(data_dir, *users, limit, report.service);
  if (!directory) return directory.error();
  private_broker broker{*directory, {}, {}, 0, std::nullopt};
  postgres_cluster postgres{*directory, {}, {}};
  for (managed_server* server :
       {static_cast<managed_server*>(&broker), static_cast<managed_server*>(&postgres)}) {
    auto stopped = server->stop();
    if (!stopped) return stopped.error();
    report.servers = report.servers || *stopped;
  }
  ::unlink(directory->layout().env().c_str());
  if (then == after_stop::purge) {
    auto left = directory->purge();
    if (!left) return left.error();
    report.left = std::move(*left);
  }
  return report;
}

}  // namespace td
