#include "standalone/private_broker.hpp"

#include <array>
#include <csignal>
#include <poll.h>
#include <sys/stat.h>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "mqtt/publisher.hpp"
#include "pipeline/log.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;

constexpr auto no_limit = 365 * 24h;
constexpr auto reaction_limit = 20s;  // a save of a large backlog stops the broker for seconds
constexpr std::chrono::milliseconds gate_pause = 1s;  // between two attempts to open the gate

/// One state of a file: another after each write-and-rename.
using file_state = std::tuple<ino_t, std::int64_t, std::int64_t>;

file_state state_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

bool accepts(const broker_options& broker, const std::string& client_id) {
  const auto probe = make_publisher({.broker = broker, .client_id = client_id});
  return probe->connect().has_value();
}

}  // namespace

private_broker::private_broker(const data_directory& directory, const instance_secrets& secrets,
                               const server_programs& programs, std::uint16_t port,
                               std::optional<listen_address> open_to)
    : managed_server{"mosquitto", directory.layout().run() / "mosquitto.process",
                     directory.layout().log() / "mosquitto.log", directory.instance()},
      layout_{directory.layout()},
      user_{directory.users().mosquitto},
      secrets_{secrets},
      programs_{programs},
      port_{port},
      open_to_{std::move(open_to)} {}

broker_options private_broker::as_service() const {
  broker_options options;
  options.port = port_;
  options.username = service_user;
  options.password = secrets_.mqtt_service;
  return options;
}

broker_options private_broker::as_producer() const {
  auto options = as_service();
  options.username = producer_user;
  options.password = secrets_.mqtt_producer;
  return options;
}

bool private_broker::configuration_is_current() const {
  if (open_to_ && !tls_identity_is_current(tls_files::in(layout_.tls()),
                                           names_of_this_machine(open_to_->address),
                                           std::chrono::system_clock::now())) {
    return false;
  }
  const auto passwords = read_text(layout_.etc() / "mosquitto.passwd").value_or("");
  return read_text(layout_.etc() / "mosquitto.conf") == mosquitto_conf(layout_, port_, open_to_) &&
         read_text(layout_.etc() / "mosquitto.acl") == mosquitto_acl() &&
         password_file_admits(passwords, service_user, secrets_.mqtt_service);
}

result<void> private_broker::prepare() {
  if (auto free = check_listenable("127.0.0.1", port_, "the broker", "--mqtt-port"); !free) {
    return free;
  }
  if (open_to_) {
    auto free = check_listenable(open_to_->address, open_to_->port, "the broker", "--mqtt-listen");
    if (!free) return free;
    auto identity =
        ensure_tls_identity(tls_files::in(layout_.tls()), names_of_this_machine(open_to_->address),
                            user_, std::chrono::system_clock::now());
    if (!identity) return identity;
  }
  // The server's user reads its configuration and can't change it.
  const file_rights readable{0644};
  auto written = write_durably(layout_.etc() / "mosquitto.conf",
                               mosquitto_conf(layout_, port_, open_to_), readable);
  if (!written) return written;
  written = write_durably(layout_.etc() / "mosquitto.acl", mosquitto_acl(), readable);
  if (!written) return written;
  return write_passwords(false);
}

result<void> private_broker::write_passwords(bool with_producer) const {
  auto text = password_file_line(service_user, secrets_.mqtt_service);
  if (!text) return text.error();
  if (with_producer) {
    auto producer = password_file_line(producer_user, secrets_.mqtt_producer);
    if (!producer) return producer.error();
    *text += *producer;
  }
  return write_durably(layout_.etc() / "mosquitto.passwd", *text, {0600, user_.uid, user_.gid});
}

program private_broker::command() const {
  return {programs_.mosquitto,
          {"-c", (layout_.etc() / "mosquitto.conf").string()},
          server_environment(),
          user_,
          log(),
          {}};
}

bool private_broker::answers() {
  return accepts(as_service(), "probe-" + instance());
}

std::span<const managed_server::stop_step> private_broker::stop_steps() const noexcept {
  // It saves its backlog on SIGTERM (2.3 s for 700 MB). Killed, it would lose what it has
  // acknowledged since the last save; so only when it does not react at all.
  static constexpr std::array<stop_step, 2> steps{
      {{SIGTERM, 60s, "save and stop"}, {SIGKILL, 10s, "kill"}}};
  return steps;
}

bool private_broker::passes_by_itself(const std::string&) const {
  return false;
}

result<void> private_broker::open_gate() {
  const auto kept = keep();
  const auto passwords = read_text(layout_.etc() / "mosquitto.passwd").value_or("");
  if (auto saved = save_backlog(); !saved) return saved;
  if (!password_file_admits(passwords, producer_user, secrets_.mqtt_producer)) {
    if (auto written = write_passwords(true); !written) return written;
  }
  if (auto sent = signal(SIGHUP); !sent) return sent;
  const auto client_id = "probe-" + instance();
  if (wait_for(reaction_limit, [&] { return accepts(as_producer(), client_id); })) return ok();
  return failure{errc::timed_out, "mosquitto does not let producers in; see " + log().string(), {}};
}

void private_broker::open_gate_when(lanes_back back) {
  const std::lock_guard guard{asking_};
  lanes_back_ = std::move(back);
}

void private_broker::brought_back(int cancel_fd) {
  const auto lanes_are_back = [this] {
    const std::lock_guard guard{asking_};
    return lanes_back_ && lanes_back_(launched_at());
  };
  log_info("producers wait for the lanes", {kv("pid", pid())});
  while (wait_for(no_limit, lanes_are_back, cancel_fd)) {
    const auto opened = open_gate();
    if (opened) {
      const auto after = std::chrono::steady_clock::now() - launched_at();
      return log_info("producers are let in again", {kv("after", after)});
    }
    log_error("producers are still kept out", {kv("reason", to_string(opened.error()))});
    // A broker that has ended is for whoever looks after it.
    pollfd fds[2] = {{ended_fd(), POLLIN, 0}, {cancel_fd, POLLIN, 0}};
    if (::poll(fds, 2, static_cast<int>(gate_pause.count())) > 0) return;
  }
}

/// So that the sessions that exist now survive a SIGKILL of the broker right after it has accepted
/// the first event.
result<void> private_broker::save_backlog() {
  const auto file = layout_.broker() / "mosquitto.db";
  const auto before = state_of(file);
  if (auto sent = signal(SIGUSR1); !sent) return sent;
  if (wait_for(reaction_limit, [&] { return state_of(file) != before; })) return ok();
  return failure{errc::timed_out, "mosquitto does not save; see " + log().string(), {}};
}

}  // namespace td
