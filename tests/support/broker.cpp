#include "tests/support/broker.hpp"

#include <csignal>
#include <stdexcept>
#include <unistd.h>

#include "mqtt/publisher.hpp"

namespace td::test {

namespace {

using namespace std::chrono_literals;

// Debian has it outside the PATH of ordinary users.
constexpr auto mosquitto = "/usr/sbin/mosquitto";

}  // namespace

broker::broker(broker_setup setup) : setup_(std::move(setup)) {
  if (setup_.tls != nullptr) tls_port_ = free_port();
  if (!setup_.acl.empty()) dir_.write("acl", setup_.acl);
  if (!setup_.users.empty()) {
    std::string content;
    for (const auto& [name, password] : setup_.users)
      content += name + ":" + password + "\n";
    const std::string file = dir_.write("passwords", content);
    child_process hashing({"mosquitto_passwd", "-U", file});
    hashing.await_output("no such line");  // until the end of its output
    if (hashing.end(0) != 0) throw std::runtime_error("mosquitto_passwd: " + hashing.output());
  }
  start();
}

std::string broker::configuration() const {
  std::string c =
      "per_listener_settings false\n"
      "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
      // Not 0, "no limit": Debian's 2.0.11 then disconnects a publisher after each refused message.
      "max_queued_messages 2000000000\nmax_inflight_messages 0\n"
      "persistence true\nautosave_interval 10\n";
  c += "persistence_location " + dir_.path().string() + "/\n";
  if (::geteuid() == 0) c += "user root\n";  // else it could not read our directory
  c += setup_.users.empty()
           ? "allow_anonymous true\n"
           : "allow_anonymous false\npassword_file " + dir_.file("passwords") + "\n";
  if (!setup_.acl.empty()) c += "acl_file " + dir_.file("acl") + "\n";
  for (const std::string& line : setup_.further)
    c += line + "\n";
  c += "listener " + std::to_string(port_) + " 127.0.0.1\n";
  if (setup_.tls != nullptr) {
    c += "listener " + std::to_string(tls_port_) + " 127.0.0.1\n";
    c += "cafile " + setup_.tls->ca() + "\ncertfile " + setup_.tls->server() + "\nkeyfile " +
         setup_.tls->server_key() + "\n";
    if (setup_.client_certificates) c += "require_certificate true\n";
  }
  return c;
}

void broker::start() {
  const std::string file = dir_.write("mosquitto.conf", configuration());
  process_ = std::make_unique<child_process>(std::vector<std::string>{mosquitto, "-c", file});
  if (!process_->await_output("running")) {
    throw std::runtime_error("mosquitto did not start:\n" + process_->output());
  }
}

void broker::stop() {
  process_->end(SIGTERM);
}
void broker::kill() {
  process_->end(SIGKILL);
}

void broker::save() {
  const std::size_t before = process_->lines_with("Saving in-memory database");
  process_->signal(SIGUSR1);
  if (!process_->await_output("Saving in-memory database", before + 1)) {
    throw std::runtime_error("mosquitto did not save:\n" + process_->output());
  }
  // It has one thread: who gets an answer now knows that the save is over.
  auto visitor = make_publisher({.broker = options(), .client_id = "save-visitor"});
  if (auto r = visitor->connect(); !r) throw std::runtime_error(to_string(r.error()));
}

broker_options broker::options() const {
  broker_options o;
  o.port = port_;
  o.connect_timeout = 3s;
  if (!setup_.users.empty()) {
    o.username = setup_.users.front().first;
    o.password = setup_.users.front().second;
  }
  return o;
}

broker_options broker::tls_options() const {
  broker_options o = options();
  o.port = tls_port_;
  o.tls = true;
  o.ca_file = setup_.tls->ca();
  if (setup_.client_certificates) {
    o.certificate_file = setup_.tls->client();
    o.key_file = setup_.tls->client_key();
  }
  return o;
}

}  // namespace td::test
