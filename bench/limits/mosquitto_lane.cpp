#include "bench/limits/mosquitto_lane.hpp"

#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

#ifdef __SANITIZE_THREAD__
// libmosquitto 2.0.11 unlocks a mutex that it does not hold when the broker sends DISCONNECT
// (handle__disconnect, do_client_disconnect). glibc does not mind, and the client is thrown away.
extern "C" const char* __tsan_default_suppressions() {
  return "mutex:libmosquitto.so";
}
#endif

namespace td::bench {

namespace {

constexpr int wake_up_ms = 100;  // how soon an idle lane sees that it is to stop

}  // namespace

mosquitto_lane::mosquitto_lane(lane_options what, burst_handler on_message)
    : options_{std::move(what)}, handler_{std::move(on_message)} {}

mosquitto_lane::~mosquitto_lane() {
  if (client_ != nullptr) mosquitto_destroy(client_);
}

// -- what the library calls ---

void mosquitto_lane::on_message(mosquitto*, void* self, const mosquitto_message* m,
                                const mosquitto_property*) {
  auto& l = *static_cast<mosquitto_lane*>(self);
  ++l.messages_;
  const auto goes =
      l.handler_({static_cast<const char*>(m->payload), static_cast<std::size_t>(m->payloadlen)},
                 m->topic, l.burst_at_);
  if (goes == burst_goes::awry) l.fail("a limit takes only the bench's own events");
  l.full_ = goes != burst_goes::on;
}

void mosquitto_lane::on_subscribed(mosquitto*, void* self, int, int, const int* code,
                                   const mosquitto_property*) {
  static_cast<mosquitto_lane*>(self)->subscribed_ = *code;
}

void mosquitto_lane::on_connected(mosquitto*, void* self, int code, int,
                                  const mosquitto_property*) {
  static_cast<mosquitto_lane*>(self)->connected_ = code;
}

// -- connection ---

bool mosquitto_lane::open() {
  client_ = mosquitto_new(options_.client_id.c_str(), false, this);
  mosquitto_threaded_set(client_, true);
  mosquitto_int_option(client_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(client_, MOSQ_OPT_RECEIVE_MAXIMUM, options_.receive_maximum);
  mosquitto_int_option(client_, MOSQ_OPT_TCP_NODELAY, 1);
  if (!options_.broker.username.empty()) {
    mosquitto_username_pw_set(client_, options_.broker.username.c_str(),
                              options_.broker.password.c_str());
  }
  mosquitto_message_v5_callback_set(client_, &on_message);
  mosquitto_subscribe_v5_callback_set(client_, &on_subscribed);
  mosquitto_connect_v5_callback_set(client_, &on_connected);
  mosquitto_property* terms = nullptr;
  mosquitto_property_add_int32(&terms, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 0xFFFFFFFF);
  mosquitto_property_add_int16(&terms, MQTT_PROP_RECEIVE_MAXIMUM, options_.receive_maximum);
  const int code = mosquitto_connect_bind_v5(client_, options_.broker.host.c_str(),
                                             options_.broker.port, 60, nullptr, terms);
  mosquitto_property_free_all(&terms);
  if (code != MOSQ_ERR_SUCCESS) return fail(mosquitto_strerror(code));
  if (!write_all() || !await(connected_)) return false;
  // Only CONNACK has been read, so nothing is acknowledged by this.
  mosquitto_subscribe_v5(client_, nullptr, options_.subscription.c_str(), 1, 0, nullptr);
  return write_all() && await(subscribed_);
}

/// Reads until the code is there; a message that comes first belongs to the first batch.
bool mosquitto_lane::await(const int& code) {
  while (code < 0 && messages_ == 0) {
    if (!readable(5000)) return fail("the broker does not answer");
    burst_at_ = now();
    if (!read_one()) return false;
  }
  if (code >= 0x80) return fail(mosquitto_reason_string(code));
  return true;
}

void mosquitto_lane::leave() {
  mosquitto_disconnect_v5(client_, MQTT_RC_NORMAL_DISCONNECTION, nullptr);
  mosquitto_loop_write(client_, 1);
}

// -- bytes ---

bool mosquitto_lane::read_burst(bool idle) {
  if (full_ || (idle && !readable(wake_up_ms))) return true;
  burst_at_ = now();
  while (!full_) {
    const auto before = messages_;
    if (!read_one()) return false;
    if (messages_ == before && !readable(0)) break;
  }
  return true;
}

bool mosquitto_lane::readable(int within_ms) const {
  pollfd p{mosquitto_socket(client_), POLLIN, 0};
  return poll(&p, 1, within_ms) > 0;
}

bool mosquitto_lane::read_one() {
  const int code = mosquitto_loop_read(client_, 1);
  if (code != MOSQ_ERR_SUCCESS) return fail(mosquitto_strerror(code));
  return error_.empty();
}

bool mosquitto_lane::write_all() {
  while (mosquitto_want_write(client_)) {
    const int code = mosquitto_loop_write(client_, 1);
    if (code != MOSQ_ERR_SUCCESS) return fail(mosquitto_strerror(code));
    pollfd p{mosquitto_socket(client_), POLLOUT, 0};
    if (mosquitto_want_write(client_)) poll(&p, 1, wake_up_ms);
  }
  return true;
}

bool mosquitto_lane::acknowledge() {
  const auto cork = [this](int on) {
    setsockopt(mosquitto_socket(client_), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
  };
  cork(1);
  if (!write_all()) return false;
  cork(0);
  full_ = false;
  return true;
}

bool mosquitto_lane::keep_alive() {
  const int code = mosquitto_loop_misc(client_);
  if (code != MOSQ_ERR_SUCCESS) return fail(mosquitto_strerror(code));
  return write_all();
}

bool mosquitto_lane::fail(std::string_view why) {
  if (error_.empty()) error_ = why;
  return false;
}

}  // namespace td::bench
