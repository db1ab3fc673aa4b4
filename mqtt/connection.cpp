#include "mqtt/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mqtt_protocol.h>
#include <mutex>
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

#include "mqtt/reason.hpp"
#include "mqtt/resolve.hpp"

namespace td {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

milliseconds left(connection::clock::time_point until) {
  return std::max(milliseconds{0},
                  std::chrono::ceil<milliseconds>(until - connection::clock::now()));
}

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] { mosquitto_lib_init(); });
}

/// Ends our direction and swallows what still comes until the peer ends its own.
bool wait_for_close(int fd, milliseconds patience) {
  ::shutdown(fd, SHUT_WR);
  const auto until = connection::clock::now() + patience;
  char scrap[16384];
  pollfd p{fd, POLLIN, 0};
  while (poll(&p, 1, static_cast<int>(left(until).count())) > 0) {
    const ssize_t got = ::read(fd, scrap, sizeof scrap);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) return true;
    if (got < 0 && errno != EINTR && errno != EAGAIN) return false;
  }
  return false;
}

struct property_list {
  mosquitto_property* head{};
  ~property_list() { mosquitto_property_free_all(&head); }
};

}  // namespace

/// libmosquitto's callbacks. None may throw: C frames lie between.
struct library_hooks {
  static connection& of(void* self) { return *static_cast<connection*>(self); }

  template <class F>
  static void guarded(connection& c, F&& call) noexcept {
    try {
      call();
    } catch (...) {
      c.escaped_ = std::current_exception();
    }
  }

  static void connected(mosquitto*, void* self, int reason, int flags,
                        const mosquitto_property* properties) {
    connection& c = of(self);
    c.connack_ = reason;
    c.session_present_ = (flags & 1) != 0;
    mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &c.broker_window_, false);
    std::uint16_t keepalive = 0;
    if (mosquitto_property_read_int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &keepalive, false)) {
      c.keepalive_ = std::chrono::seconds{keepalive};
    }
    char* text = nullptr;
    if (mosquitto_property_read_string(properties, MQTT_PROP_REASON_STRING, &text, false)) {
      guarded(c, [&] { c.reason_text_ = text; });
      free(text);
    }
  }

  static void disconnected(mosquitto*, void* self, int code, const mosquitto_property*) {
    // The same callback carries the library's own error numbers, all far below 0x80.
    if (code >= 0x80) of(self).disconnect_reason_ = code;
  }

  static void message(mosquitto* client, void* self, const mosquitto_message* m,
                      const mosquitto_property*) {
    connection& c = of(self);
    ++c.received_;
    ++c.uncommitted_;
    const bool redelivered = std::exchange(c.redelivered_, false);
    if (c.watches_redelivery_ && !redelivered) {
      // Redeliveries come first and in order (MQTT 5.0, 4.6): from the first new message on the
      // log is not worth its price.
      c.watches_redelivery_ = false;
      mosquitto_log_callback_set(client, nullptr);
    }
    bool more = false;
    guarded(c, [&] {
      more = c.receiver_.on_message(
          m->topic, {static_cast<const char*>(m->payload), static_cast<std::size_t>(m->payloadlen)},
          m->retain, redelivered);
    });
    // Under TLS the library goes on while decrypted bytes are left, however many messages that
    // makes, unless it sees EAGAIN; and it would stop early on the EAGAIN that its full wake-up
    // pipe leaves behind. So say what we want. Correctness does not lean on it.
    errno = more ? 0 : EAGAIN;
  }

  static void subscribed(mosquitto*, void* self, int packet, int count, const int* codes,
                         const mosquitto_property*) {
    connection& c = of(self);
    guarded(c, [&] {
      c.receiver_.on_subscribed(packet, {codes, static_cast<std::size_t>(count)});
    });
  }

  static void unsubscribed(mosquitto*, void* self, int packet, const mosquitto_property*) {
    connection& c = of(self);
    guarded(c, [&] { c.receiver_.on_unsubscribed(packet); });
  }

  static void published(mosquitto*, void* self, int packet, int reason, const mosquitto_property*) {
    connection& c = of(self);
    guarded(c, [&] { c.receiver_.on_published(packet, static_cast<std::uint8_t>(reason)); });
  }

  /// While connecting: the library's error lines. In a resumed session: the only place where the
  /// library tells DUP ("... received PUBLISH (d1, q1, ...").
  static void log(mosquitto*, void* self, int level, const char* text) {
    connection& c = of(self);
    if (level == MOSQ_LOG_ERR) {
      guarded(c, [&] { c.library_error_ = text; });
    } else if (const char* publish = std::strstr(text, "received PUBLISH (d")) {
      c.redelivered_ = publish[sizeof("received PUBLISH (d") - 1] == '1';
    }
  }
};

connection::connection(broker_options broker, connect_terms terms, receiver& to)
    : broker_(std::move(broker)), terms_(std::move(terms)), receiver_(to) {
  initialise_library();
}

connection::~connection() {
  close();
}

// -- opening ---

result<bool> connection::open() {
  close();
  const auto until = clock::now() + broker_.connect_timeout;
  if (broker_.port == 0) return away("port 0 is no broker's port");
  if (broker_.tls) {
    auto made = tls_context::make(broker_);
    if (!made) return made.error();
    tls_ = std::move(*made);
  }
  auto addresses = resolve(broker_.host, until);
  if (!addresses) return addresses.error();

  failure last;
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    // Each address gets its share of what is left, so that a silent one does not starve the next.
    const auto share = left(until) / static_cast<long>(addresses->size() - i);
    auto opened = open_at((*addresses)[i], clock::now() + share);
    if (opened) return opened;
    close();
    last = std::move(opened.error());
    if (last.code == errc::broker_refused) break;
  }
  return last;
}

result<bool> connection::open_at(const std::string& address, clock::time_point until) {
  if (auto r = make_client(); !r) return r.error();
  if (auto r = start(address); !r) return r.error();
  if (auto r = finish_tcp(until); !r) return r.error();
  if (broker_.tls) {
    if (auto r = finish_tls(until); !r) return r.error();
  }
  if (auto r = flush(left(until)); !r) return r.error();
  return await_connack(until);
}

result<void> connection::make_client() {
  connack_.reset();
  session_present_ = false;
  reason_text_.clear();
  disconnect_reason_ = -1;
  library_error_.clear();
  escaped_ = nullptr;
  disconnecting_ = false;
  redelivered_ = false;
  uncommitted_ = 0;
  received_ = 0;
  broker_window_ = 65535;
  keepalive_ = std::max(broker_.keepalive, std::chrono::seconds{5});  // the library's minimum

  client_ = mosquitto_new(terms_.client_id.c_str(), !terms_.keep_session, this);
  if (client_ == nullptr) {
    return failure{errc::internal,
                   fmt::format("libmosquitto gave no client: {}", std::strerror(errno))};
  }
  mosquitto_threaded_set(client_, true);
  mosquitto_int_option(client_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(client_, MOSQ_OPT_RECEIVE_MAXIMUM, terms_.receive_maximum);
  mosquitto_int_option(client_, MOSQ_OPT_SEND_MAXIMUM, terms_.send_maximum);
  if (!broker_.username.empty() || !broker_.password.empty()) {
    mosquitto_username_pw_set(client_, broker_.username.c_str(),
                              broker_.password.empty() ? nullptr : broker_.password.c_str());
  }
  if (tls_) {
    mosquitto_int_option(client_, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    mosquitto_void_option(client_, MOSQ_OPT_SSL_CTX, tls_->native());
  }
  mosquitto_connect_v5_callback_set(client_, &library_hooks::connected);
  mosquitto_disconnect_v5_callback_set(client_, &library_hooks::disconnected);
  mosquitto_message_v5_callback_set(client_, &library_hooks::message);
  mosquitto_subscribe_v5_callback_set(client_, &library_hooks::subscribed);
  mosquitto_unsubscribe_v5_callback_set(client_, &library_hooks::unsubscribed);
  mosquitto_publish_v5_callback_set(client_, &library_hooks::published);
  mosquitto_log_callback_set(client_, &library_hooks::log);
  watches_redelivery_ = true;
  return ok();
}

result<void> connection::start(const std::string& address) {
  property_list terms;
  const std::uint32_t expiry = terms_.keep_session ? 0xFFFFFFFFu : 0u;
  mosquitto_property_add_int32(&terms.head, MQTT_PROP_SESSION_EXPIRY_INTERVAL, expiry);
  mosquitto_property_add_int16(&terms.head, MQTT_PROP_RECEIVE_MAXIMUM, terms_.receive_maximum);
  // Only `connect_bind_v5` stores CONNECT properties, and only `connect_bind_async` does not block
  // for minutes on a silent peer. So the first is given a host that fails at once, without a
  // socket (port 0 means a Unix socket, and its path is empty), the second the real one.
  const auto keepalive = static_cast<int>(keepalive_.count());
  mosquitto_connect_bind_v5(client_, "", 0, keepalive, nullptr, terms.head);
  errno = 0;
  const int code =
      mosquitto_connect_bind_async(client_, address.c_str(), broker_.port, keepalive, nullptr);
  if (code != MOSQ_ERR_SUCCESS || socket_gone()) return gone(code, errno);
  // Children of this process must not hold the connection open after it.
  const int fd = mosquitto_socket(client_);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  // A peer that is gone without a word is noticed by the first write it does not confirm.
  const auto silence = static_cast<unsigned>(duration_cast<milliseconds>(keepalive_).count());
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof silence);
  return ok();
}

result<void> connection::finish_tcp(clock::time_point until) {
  if (!poll_until(until, POLLOUT)) return away("no answer within the connect time-out");
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(mosquitto_socket(client_), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return away(std::strerror(error));
  return ok();
}

result<void> connection::finish_tls(clock::time_point until) {
  // Until the handshake is through, `loop_read` does it, writing included; no packet is sent.
  for (bool first = true;; first = false) {
    auto* ssl = static_cast<SSL*>(mosquitto_ssl_get(client_));
    if (ssl != nullptr && SSL_is_init_finished(ssl) != 0) return ok();
    if (!first) {
      const short events = ssl != nullptr && SSL_want_write(ssl) ? POLLOUT : POLLIN;
      if (!poll_until(until, events)) {
        return away("no answer to the TLS handshake within the connect time-out");
      }
    }
    if (auto r = read_some(); !r) return r.error();
    pollfd state{mosquitto_socket(client_), 0, 0};
    poll(&state, 1, 0);
    ssl = static_cast<SSL*>(mosquitto_ssl_get(client_));
    if ((state.revents & (POLLHUP | POLLERR)) != 0 && SSL_is_init_finished(ssl) == 0) {
      return away("the connection was closed during the TLS handshake");
    }
  }
}

result<bool> connection::await_connack(clock::time_point until) {
  while (!connack_) {
    if (!readable() && !poll_until(until, POLLIN)) {
      return away("connected, but no CONNACK within the connect time-out");
    }
    if (auto r = read_some(); !r) return r.error();
  }
  if (*connack_ != 0) return refused(*connack_);
  if (!session_present_ && watches_redelivery_) {
    watches_redelivery_ = false;
    mosquitto_log_callback_set(client_, nullptr);
  }
  return session_present_;
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

result<int> connection::queue_subscribe(const std::string& filter) {
  int packet = 0;
  const int options = MQTT_SUB_OPT_SEND_RETAIN_NEVER | MQTT_SUB_OPT_RETAIN_AS_PUBLISHED;
  const int code = mosquitto_subscribe_v5(client_, &packet, filter.c_str(), 1, options, nullptr);
  if (code != MOSQ_ERR_SUCCESS) {
    return failure{errc::broker_refused,
                   fmt::format("'{}' is no topic filter: {}", filter, mosquitto_strerror(code))};
  }
  return packet;
}

result<int> connection::queue_unsubscribe(const std::string& filter) {
  int packet = 0;
  const int code = mosquitto_unsubscribe_v5(client_, &packet, filter.c_str(), nullptr);
  if (code != MOSQ_ERR_SUCCESS) return gone(code, 0);
  return packet;
}

result<int> connection::queue_publish(const std::string& topic, std::string_view body,
                                      bool retain) {
  int packet = 0;
  const int code =
      mosquitto_publish_v5(client_, &packet, topic.c_str(), static_cast<int>(body.size()),
                           body.data(), 1, retain, nullptr);
  switch (code) {
    case MOSQ_ERR_SUCCESS:
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
  pollfd p{mosquitto_socket(client_), events, 0};
  int ready = 0;
  do {
    ready = poll(&p, 1, static_cast<int>(left(until).count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
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
