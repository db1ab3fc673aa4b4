#include "mqtt/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <mosquitto.h>
#include <openssl/ssl.h>

#include "mqtt/property_list.hpp"
#include "mqtt/reason.hpp"

namespace td {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

/// Ends our direction and swallows what still comes until the peer ends its own.
bool wait_for_close(int fd, milliseconds patience) {
  ::shutdown(fd, SHUT_WR);
  const auto until = connection::clock::now() + patience;
  char scrap[16384];
  pollfd p{fd, POLLIN, 0};
  while (poll(&p, 1, static_cast<int>(left_until(until).count())) > 0) {
    const ssize_t got = ::read(fd, scrap, sizeof scrap);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) return true;
    if (got < 0 && errno != EINTR && errno != EAGAIN) return false;
  }
  return false;
}

/// On: small packets are collected into full segments. Off: what is left goes at once.
void cork(int fd, int on) {
  setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

}  // namespace

connection::~connection() {
  close();
}

// -- bytes ---

result<void> connection::read_some() {
  errno = 0;
  const int code = mosquitto_loop_read(client_, 1);
  const int error_number = errno;
  if (escaped_) {
    close();
    std::rethrow_exception(std::exchange(escaped_, nullptr));
  }
  if (code != MOSQ_ERR_SUCCESS || socket_gone()) return gone(code, error_number);
  return ok();
}

bool connection::readable() const noexcept {
  if (tls_) {
    auto* ssl = static_cast<SSL*>(mosquitto_ssl_get(client_));
    if (ssl != nullptr && SSL_pending(ssl) > 0) return true;
  }
  pollfd p{mosquitto_socket(client_), POLLIN, 0};
  return poll(&p, 1, 0) > 0;
}

bool connection::wait(milliseconds wait, int wake_fd, bool for_write) const noexcept {
  const short events = for_write ? POLLIN | POLLOUT : POLLIN;
  pollfd p[2] = {{mosquitto_socket(client_), events, 0}, {wake_fd, POLLIN, 0}};
  poll(p, 2, static_cast<int>(wait.count()));
  return p[0].revents != 0;
}

bool connection::want_write() const noexcept {
  return mosquitto_want_write(client_);
}

result<void> connection::flush(milliseconds patience) {
  if (uncommitted_ != 0) {
    throw std::logic_error("flush with uncommitted messages: it would acknowledge them");
  }
  if (!mosquitto_want_write(client_)) return ok();
  const bool corked = std::exchange(queued_, 0) > 1;
  if (corked) cork(mosquitto_socket(client_), 1);
  const auto until = clock::now() + patience;
  while (mosquitto_want_write(client_)) {
    errno = 0;
    const int code = mosquitto_loop_write(client_, 1);
    if (disconnecting_ && socket_gone()) {
      // The library closes behind DISCONNECT; after a failure the packet is still there.
      return mosquitto_want_write(client_) ? result<void>(gone(MOSQ_ERR_CONN_LOST, 0)) : ok();
    }
    if (code != MOSQ_ERR_SUCCESS || socket_gone()) return gone(code, errno);
    if (!mosquitto_want_write(client_) || patience == milliseconds{0}) break;
    if (!poll_until(until, POLLOUT)) {
      close();
      return away("the broker takes no bytes");
    }
  }
  if (corked) cork(mosquitto_socket(client_), 0);
  return ok();
}

result<void> connection::keep_alive(milliseconds patience) {
  const int code = mosquitto_loop_misc(client_);
  if (code != MOSQ_ERR_SUCCESS || socket_gone()) return gone(code, 0);
  return flush(patience);
}

milliseconds connection::keep_alive_interval() const noexcept {
  return std::max(milliseconds{1000}, duration_cast<milliseconds>(keepalive_) / 4);
}

// -- queueing ---

result<int> connection::queue_subscribe(const std::string& filter, bool retained) {
  int packet = 0;
  const int options =
      (retained ? MQTT_SUB_OPT_SEND_RETAIN_ALWAYS : MQTT_SUB_OPT_SEND_RETAIN_NEVER) |
      MQTT_SUB_OPT_RETAIN_AS_PUBLISHED;
  const int code = mosquitto_subscribe_v5(client_, &packet, filter.c_str(), 1, options, nullptr);
  if (code != MOSQ_ERR_SUCCESS) {
    return failure{errc::broker_refused,
                   fmt::format("'{}' is no topic filter: {}", filter, mosquitto_strerror(code))};
  }
  ++queued_;
  return packet;
}

result<int> connection::queue_unsubscribe(const std::string& filter) {
  int packet = 0;
  const int code = mosquitto_unsubscribe_v5(client_, &packet, filter.c_str(), nullptr);
  if (code != MOSQ_ERR_SUCCESS) return gone(code, 0);
  ++queued_;
  return packet;
}

result<int> connection::queue_publish(const std::string& topic, std::string_view body, bool retain,
                                      int qos) {
  int packet = 0;
  const int code =
      mosquitto_publish_v5(client_, &packet, topic.c_str(), static_cast<int>(body.size()),
                           body.data(), qos, retain, nullptr);
  switch (code) {
    case MOSQ_ERR_SUCCESS:
      ++queued_;
      return packet;
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
      return failure{errc::topic_not_allowed, fmt::format("'{}' is no topic to publish to", topic)};
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_PAYLOAD_SIZE:
      return failure{errc::body_too_large,
                     fmt::format("{} bytes are more than the broker takes", body.size())};
    default:
      return gone(code, 0);
  }
}

// -- the end ---

result<void> connection::disconnect(bool end_session, milliseconds patience) {
  property_list terms;
  if (end_session) {
    mosquitto_property_add_int32(&terms.head, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 0);
  }
  // The library closes its descriptor with the DISCONNECT written; a copy keeps the connection,
  // so that unread bytes do not turn the close into a reset that overtakes what was written.
  const int copy = fcntl(mosquitto_socket(client_), F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return gone(MOSQ_ERR_ERRNO, errno);
  disconnecting_ = true;
  mosquitto_disconnect_v5(client_, MQTT_RC_NORMAL_DISCONNECTION, terms.head);
  auto sent = flush(patience);
  const bool closed = sent && wait_for_close(copy, patience);
  ::close(copy);
  close();
  if (!sent) return sent;
  if (!closed) return away("the broker did not answer DISCONNECT by closing");
  return ok();
}

void connection::close() noexcept {
  if (client_ == nullptr) return;
  // The peer learns at once, even where a child of this process has a copy of the descriptor.
  if (const int fd = mosquitto_socket(client_); fd >= 0) ::shutdown(fd, SHUT_RDWR);
  mosquitto_destroy(client_);
  client_ = nullptr;
}

// -- helpers ---

bool connection::poll_until(clock::time_point until, short events) const noexcept {
  constexpr milliseconds between_asks{100};
  for (;;) {
    pollfd p{mosquitto_socket(client_), events, 0};
    const auto left = left_until(until);
    const bool slice = terms_.give_up && left > between_asks;
    const int ready = poll(&p, 1, static_cast<int>((slice ? between_asks : left).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0 && !slice) return false;
    if (terms_.give_up && terms_.give_up()) return false;
  }
}

bool connection::socket_gone() const noexcept {
  return mosquitto_socket(client_) < 0;
}

failure connection::away(std::string_view what) const {
  return {errc::broker_away, fmt::format("mqtt{}://{}:{}: {}", broker_.tls ? "s" : "", broker_.host,
                                         broker_.port, what)};
}

failure connection::refused(int reason) const {
  std::string text = fmt::format("{} for client '{}'", mqtt_reason(reason), terms_.client_id);
  if (!broker_.username.empty()) text += fmt::format(" as user '{}'", broker_.username);
  if (!reason_text_.empty()) text += fmt::format(", '{}'", reason_text_);
  if (reason == MQTT_RC_NOT_AUTHORIZED || reason == MQTT_RC_BAD_USERNAME_OR_PASSWORD) {
    text += ": check [mqtt] username and password";
  } else if (reason == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION) {
    text += ": the broker must speak MQTT 5";
  }
  failure f = away(text);
  f.code = mqtt_reason_may_pass(reason) ? errc::broker_away : errc::broker_refused;
  return f;
}

failure connection::gone(int code, int error_number) {
  failure f;
  if (connack_ && *connack_ != 0) {
    f = refused(*connack_);
  } else if (disconnect_reason_ >= 0) {
    f = away(fmt::format("the broker disconnected client '{}': {}", terms_.client_id,
                         mqtt_reason(disconnect_reason_)));
  } else if (tls_ && !tls_->trouble().empty()) {
    f = away(tls_->trouble());
  } else if (tls_ && !library_error_.empty()) {
    f = away(library_error_);
  } else if (code == MOSQ_ERR_CONN_LOST || (code == MOSQ_ERR_SUCCESS && error_number == 0)) {
    f = away("the connection was closed by the broker");
  } else if (code == MOSQ_ERR_ERRNO && error_number != 0) {
    f = away(std::strerror(error_number));
  } else if (code == MOSQ_ERR_KEEPALIVE) {
    f = away("no PINGRESP within the keepalive");
  } else {
    f = away(mosquitto_strerror(code));
  }
  if (tls_ && !connack_ && tls_->trouble().empty()) {
    // With TLS 1.3 a broker that wants a certificate says so after the handshake, and the reset
    // that follows may overtake the alert.
    f.detail += fmt::format(" (before CONNACK; {})", tls_->own());
  }
  close();
  return f;
}

}  // namespace td
