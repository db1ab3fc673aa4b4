// From nothing to CONNACK.

#include <algorithm>

#include <fmt/format.h>

#include "mqtt/reason.hpp"
#include "mqtt/wire_connection.hpp"
#include "pipeline/text.hpp"

namespace td {

namespace {

// A broker is silent for seconds while it saves; who asks more often takes it for dead.
constexpr std::chrono::seconds least_keepalive{5};
constexpr std::chrono::seconds most_keepalive{65535};
constexpr std::size_t longest_text = 65535;

}  // namespace

result<bool> wire_connection::open() {
  close();
  const auto until = clock::now() + broker_.connect_timeout;
  if (broker_.port == 0) return away("port 0 is no broker's port");
  if (!wire::is_text(terms_.client_id) || !wire::is_text(broker_.username) ||
      broker_.password.size() > longest_text) {
    return away("client id, user name or password cannot be sent: not UTF-8, or too long");
  }
  tls_.reset();
  if (broker_.tls) {
    auto made = tls_context::make(broker_);
    if (!made) return made.error();
    tls_ = std::move(*made);
  }
  auto addresses = terms_.addresses_of(broker_.host, until);
  if (!addresses) return addresses.error();

  failure last;
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    // Each address gets its share of what is left, so that a silent one does not starve the next.
    const auto share = left_until(until) / static_cast<long>(addresses->size() - i);
    auto opened = open_at((*addresses)[i], clock::now() + share);
    if (opened) return opened;
    close();
    last = opened.error();
    if (last.code == errc::broker_refused) break;
  }
  return last;
}

result<bool> wire_connection::open_at(const std::string& address, clock::time_point until) {
  has_connack_ = false;
  connack_ = {};
  std::fill(asked_.begin(), asked_.end(), question::none);
  packet_id_ = 0;
  pinged_at_.reset();
  sent_ = taken_ = ping_ends_ = 0;
  keepalive_ = std::clamp(broker_.keepalive, least_keepalive, most_keepalive);
  const auto opened =
      stream_.open({address, broker_.port, tls_.get(), keepalive_}, until, terms_.give_up);
  if (!opened) return away(opened.error().detail);
  written_at_ = heard_at_ = taken_at_ = clock::now();
  queue_connect();
  if (auto r = flush(left_until(until)); !r) return r.error();
  return await_connack(until);
}

void wire_connection::queue_connect() {
  wire::append_connect(out_, {.client_id = terms_.client_id,
                              .username = broker_.username,
                              .password = broker_.password,
                              .clean_start = !terms_.keep_session,
                              .session_expiry = terms_.keep_session ? terms_.session_expiry : 0,
                              .receive_maximum = terms_.receive_maximum,
                              .keep_alive = static_cast<std::uint16_t>(keepalive_.count())});
}

result<bool> wire_connection::await_connack(clock::time_point until) {
  while (!has_connack_) {
    const auto some = read_some();
    if (!some) return some.error();
    if (has_connack_) break;
    const bool over = left_until(until).count() == 0;
    if (over || (!*some && !stream_.wait_until(until, false, terms_.give_up))) {
      return away("connected, but no CONNACK within the connect time-out");
    }
  }
  return connack_.session_present;
}

result<void> wire_connection::take_connack(const wire::packet& p) {
  auto said = wire::read_connack(p);
  if (!said) return broke_the_standard(said.error());
  if (has_connack_) return broke_the_standard({wire::reason::protocol_error, "a second CONNACK"});
  connack_ = std::move(*said);
  if (connack_.reason != wire::reason::success) {
    failure f = refused();
    close();
    return f;
  }
  has_connack_ = true;
  // 0 turns the broker's own check off; we go on looking after the connection as configured.
  if (const auto own = connack_.terms.keep_alive.value_or(0); own != 0)
    keepalive_ = std::chrono::seconds{own};
  return ok();
}

failure wire_connection::refused() const {
  const int code = connack_.reason;
  std::string text = fmt::format("{} for client '{}'", mqtt_reason(code), terms_.client_id);
  if (!broker_.username.empty()) text += fmt::format(" as user '{}'", broker_.username);
  if (!connack_.reason_text.empty())
    text += fmt::format(", '{}'", printable(connack_.reason_text, 200));
  if (code == wire::reason::not_authorized || code == wire::reason::bad_username_or_password) {
    text += ": check [mqtt] username and password";
  } else if (code == wire::reason::unsupported_protocol_version) {
    text += ": the broker must speak MQTT 5";
  }
  failure f = away(text);
  f.code = mqtt_reason_may_pass(code) ? errc::broker_away : errc::broker_refused;
  return f;
}

}  // namespace td
