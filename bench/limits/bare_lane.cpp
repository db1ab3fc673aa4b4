#include "bench/limits/bare_lane.hpp"

#include <utility>

#include <fmt/format.h>

#include "mqtt/reason.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto wake_up = 100ms;  // how soon an idle lane sees that it is to stop
constexpr auto goodbye = 1000ms;
constexpr std::uint8_t granted_qos_1 = 1;

}  // namespace

bare_lane::bare_lane(const lane_options& what, burst_handler on_message)
    : options_{what},
      handler_{std::move(on_message)},
      connection_{options_.broker,
                  {.client_id = options_.client_id,
                   .keep_session = true,
                   .receive_maximum = options_.receive_maximum},
                  *this} {}

// -- what the connection calls ---

bool bare_lane::on_message(const wire::publish& m, timestamp at) {
  const auto goes = handler_(m.body, m.topic, at);
  if (goes == burst_goes::awry) fail("a limit takes only the bench's own events");
  full_ = goes != burst_goes::on;
  return !full_;
}

void bare_lane::on_subscribed(std::uint16_t, std::uint8_t code) {
  subscribed_ = true;
  if (code != granted_qos_1) fail(fmt::format("subscription: {}", mqtt_reason(code)));
}

// -- connection ---

bool bare_lane::open() {
  if (const auto present = connection_.open(); !present) return fail(present.error().detail);
  if (connection_.uncommitted() == 0 && !subscribe()) return false;
  const auto until = wire_connection::clock::now() + options_.broker.connect_timeout;
  while (!subscribed_ && connection_.uncommitted() == 0) {
    const auto some = connection_.read_some();
    if (!some) return fail(some.error().detail);
    if (wire_connection::clock::now() > until) return fail("the broker does not answer");
    if (!*some) connection_.wait(wake_up);
  }
  return error_.empty();
}

bool bare_lane::subscribe() {
  asked_ = true;
  const auto queued = connection_.queue_subscribe(options_.subscription);
  return queued ? flush() : fail(queued.error().detail);
}

void bare_lane::leave() {
  (void)connection_.disconnect(false, goodbye);
}

// -- bursts ---

bool bare_lane::read_burst(bool idle) {
  while (!full_) {
    const auto some = connection_.read_some();
    if (!some) return fail(some.error().detail);
    if (*some) {
      idle = false;
    } else if (!std::exchange(idle, false) || !connection_.wait(wake_up)) {
      break;
    }
  }
  return error_.empty();
}

bool bare_lane::acknowledge() {
  connection_.committed();
  full_ = false;
  return asked_ ? flush() : subscribe();
}

bool bare_lane::keep_alive() {
  const auto alive = connection_.keep_alive(options_.broker.connect_timeout);
  return alive ? true : fail(alive.error().detail);
}

bool bare_lane::flush() {
  const auto sent = connection_.flush(options_.broker.connect_timeout);
  return sent ? true : fail(sent.error().detail);
}

bool bare_lane::fail(std::string_view why) {
  if (error_.empty()) error_ = why;
  return false;
}

}  // namespace td::bench
