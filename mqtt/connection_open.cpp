// From nothing to CONNACK; and the library's callbacks, which are set on the way.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mqtt_protocol.h>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

#include <fmt/format.h>
#include <mosquitto.h>
#include <openssl/ssl.h>

#include "mqtt/connection.hpp"
#include "mqtt/property_list.hpp"
#include "mqtt/resolve.hpp"

#ifdef __SANITIZE_THREAD__
// libmosquitto 2.0.11 unlocks a mutex that it does not hold when the broker sends DISCONNECT
// (handle__disconnect, do_client_disconnect). glibc does not mind, and the client is thrown away.
extern "C" const char* __tsan_default_suppressions() {
  return "mutex:libmosquitto.so";
}
#endif

namespace td {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

broker_terms terms_in(const mosquitto_property* all) {
  broker_terms terms;
  std::uint32_t number = 0;
  std::uint8_t byte = 0;
  const auto flag = [&](int name, bool& into) {
    if (mosquitto_property_read_byte(all, name, &byte, false)) into = byte != 0;
  };
  mosquitto_property_read_int16(all, MQTT_PROP_RECEIVE_MAXIMUM, &terms.receive_maximum, false);
  mosquitto_property_read_byte(all, MQTT_PROP_MAXIMUM_QOS, &terms.maximum_qos, false);
  flag(MQTT_PROP_RETAIN_AVAILABLE, terms.retain_available);
  flag(MQTT_PROP_WILDCARD_SUB_AVAILABLE, terms.wildcard_subscriptions);
  flag(MQTT_PROP_SHARED_SUB_AVAILABLE, terms.shared_subscriptions);
  if (mosquitto_property_read_int32(all, MQTT_PROP_MAXIMUM_PACKET_SIZE, &number, false))
    terms.maximum_packet_size = number;
  if (mosquitto_property_read_int32(all, MQTT_PROP_SESSION_EXPIRY_INTERVAL, &number, false))
    terms.session_expiry = number;
  return terms;
}

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
    c.broker_terms_ = terms_in(properties);
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
  static std::once_flag once;
  std::call_once(once, [] { mosquitto_lib_init(); });
}

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
    const auto share = left_until(until) / static_cast<long>(addresses->size() - i);
    auto opened = open_at((*addresses)[i], clock::now() + share);
    if (opened) return opened;
    close();
    last = opened.error();
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
  if (auto r = flush(left_until(until)); !r) return r.error();
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
  queued_ = 0;
  broker_terms_ = {};
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
  mosquitto_int_option(client_, MOSQ_OPT_TCP_NODELAY, 1);  // `cork` does what Nagle would do
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
  const std::uint32_t expiry = terms_.keep_session ? terms_.session_expiry : 0u;
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
  if (error != 0) return gone(MOSQ_ERR_ERRNO, error);
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

}  // namespace td
