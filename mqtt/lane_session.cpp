#include "mqtt/lane_session.hpp"

#include <algorithm>
#include <stdexcept>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "mqtt/reason.hpp"
#include "mqtt/wire_connection.hpp"

namespace td {

namespace {

constexpr auto leave_patience = std::chrono::milliseconds{1000};
// Of reads that bring no message, before who reads looks at the clock and its waker again.
constexpr int most_idle_reads = 64;

using clock = wire_connection::clock;
using std::chrono::milliseconds;

class event_waker final : public waker {
 public:
  event_waker() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~event_waker() override { ::close(fd_); }
  event_waker(const event_waker&) = delete;
  event_waker& operator=(const event_waker&) = delete;

  void wake() noexcept override { eventfd_write(fd_, 1); }
  int fd() const noexcept { return fd_; }
  /// True when there was a call since the last one.
  bool take() noexcept {
    eventfd_t count = 0;
    return eventfd_read(fd_, &count) == 0;
  }

 private:
  int fd_;
};

/// The state machine is drawn in mqtt/README.md.
class wire_lane final : public lane_session, private wire_connection::receiver {
 public:
  explicit wire_lane(lane_options options)
      : options_(std::move(options)),
        connection_(options_.broker,
                    {.client_id = options_.client_id,
                     .keep_session = true,
                     .receive_maximum = options_.receive_maximum},
                    *this) {}

  result<bool> connect() override;
  result<std::size_t> read(batch& into, milliseconds wait) override;
  result<void> acknowledge() override;
  result<void> unsubscribe() override;
  result<bool> drained() override;
  result<void> end_session() override;
  result<void> leave() override;

  void drop() noexcept override { connection_.close(); }
  bool connected() const noexcept override { return connection_.is_open(); }
  std::shared_ptr<waker> get_waker() override { return waker_; }

 private:
  enum class subscription { wanted, asked, confirmed, refused, ended };

  /// UNSUBSCRIBE and its UNSUBACK as a round trip: the answer comes behind every message that the
  /// acknowledgements before it released.
  struct barrier {
    std::uint16_t packet{};
    std::uint8_t code{};
    bool answered{};
    bool clean{};  ///< no message came since it was sent
    bool told{};   ///< and `drained` said so
  };

  // wire_connection::receiver
  bool on_message(const wire::publish& m, timestamp at) override;
  void on_subscribed(std::uint16_t packet, std::uint8_t code) override;
  void on_unsubscribed(std::uint16_t packet, std::uint8_t code) override;

  bool full(const batch& b) const noexcept {
    return b.size() >= options_.limits.events || b.bytes() >= options_.limits.bytes;
  }
  bool owes() const noexcept { return connection_.uncommitted() != 0; }
  result<void> ask_for_subscription(milliseconds patience);
  result<void> ask_barrier(milliseconds patience);
  result<void> fill(batch& into);
  result<void> idle();
  result<void> check_subscription();
  clock::time_point deadline() const { return clock::now() + options_.broker.connect_timeout; }
  failure lost(std::string_view what);
  failure not_connected() const;

  /// Reads into `kept_` until `done`, a message or the begin of one, or the connect time-out.
  template <class Done>
  result<void> read_until(std::string_view what, clock::time_point until, Done done);

  lane_options options_;
  std::shared_ptr<event_waker> waker_ = std::make_shared<event_waker>();
  wire_connection connection_;
  batch kept_;            ///< came outside of `read`; the next `read` hands it out
  batch* target_{};       ///< where `read` wants messages; null: `kept_`
  std::size_t handed_{};  ///< messages given to the caller since the last acknowledgement
  bool lost_{};           ///< the broker had no session, and nobody was told yet
  subscription subscription_{subscription::wanted};
  std::uint16_t subscribe_packet_{};
  std::uint8_t subscribe_code_{};
  clock::time_point asked_at_{};
  barrier barrier_{};
};

// -- connecting ---

result<bool> wire_lane::connect() {
  const auto until = deadline();
  kept_.clear();
  target_ = nullptr;
  handed_ = 0;
  subscription_ = subscription::wanted;
  barrier_ = {};
  auto present = connection_.open();
  if (!present) return present;
  // Should what follows fail, the next attempt finds the session that this one has begun.
  lost_ = lost_ || !*present;
  if (!owes()) {
    if (auto asked = ask_for_subscription(left_until(until)); !asked) return asked.error();
  }
  // A resumed session sends its backlog ahead of SUBACK; then SUBACK is checked while reading.
  auto confirmed =
      read_until("SUBACK", until, [this] { return subscription_ != subscription::asked; });
  if (!confirmed) return confirmed.error();
  if (auto checked = check_subscription(); !checked) return checked.error();
  return !std::exchange(lost_, false);
}

result<void> wire_lane::ask_for_subscription(milliseconds patience) {
  auto packet = connection_.queue_subscribe(options_.subscription);
  if (!packet) {
    connection_.close();
    return packet.error();
  }
  subscribe_packet_ = *packet;
  subscription_ = subscription::asked;
  asked_at_ = clock::now();
  return connection_.flush(patience);
}

result<void> wire_lane::check_subscription() {
  if (subscription_ != subscription::refused) return ok();
  const std::string why =
      subscribe_code_ < wire::reason::first_failure
          ? fmt::format(
                "QoS {} was granted where 1 was asked for, and only QoS 1 is acknowledged "
                "after it was stored: check the broker's max_qos",
                subscribe_code_)
      : subscribe_code_ == wire::reason::not_authorized
          ? mqtt_reason(subscribe_code_) + ": check the broker's ACL"
          : mqtt_reason(subscribe_code_);
  failure f = lost(fmt::format("subscription '{}' of client '{}' refused: {}",
                               options_.subscription, options_.client_id, why));
  f.code = errc::broker_refused;
  return f;
}

template <class Done>
result<void> wire_lane::read_until(std::string_view what, clock::time_point until, Done done) {
  // A large message may take longer than the connect time-out: then `read` is who waits for it.
  const auto over = [&] { return done() || !kept_.empty() || connection_.message_coming(); };
  while (!over()) {
    const auto some = connection_.read_some();
    if (!some) return some.error();
    if (over()) break;
    const auto left = left_until(until);
    if (left.count() == 0) {
      return lost(fmt::format("no {} within the connect time-out", what));
    }
    if (!*some) connection_.wait(left);
  }
  return ok();
}

// -- reading and acknowledging ---

bool wire_lane::on_message(const wire::publish& m, timestamp at) {
  barrier_.clean = barrier_.told = false;
  batch& b = target_ != nullptr ? *target_ : kept_;
  b.add(m.topic, m.body, at, m.retain, m.duplicate);
  return !full(b);
}

void wire_lane::on_subscribed(std::uint16_t packet, std::uint8_t code) {
  // Behind a backlog it may come when the lane has already unsubscribed.
  if (packet != subscribe_packet_ || subscription_ != subscription::asked) return;
  subscribe_code_ = code;
  subscription_ = code == 1 ? subscription::confirmed : subscription::refused;
}

void wire_lane::on_unsubscribed(std::uint16_t packet, std::uint8_t code) {
  if (packet != barrier_.packet) return;
  barrier_.answered = true;
  barrier_.code = code;
}

result<std::size_t> wire_lane::read(batch& into, milliseconds wait) {
  if (!connected()) return not_connected();
  if (into.size() != handed_) {
    throw std::logic_error("read into another batch while one is unacknowledged");
  }
  const std::size_t before = into.size();
  const auto until = clock::now() + wait;
  bool woken = false;
  for (;;) {
    if (auto r = fill(into); !r) return r.error();
    if (into.size() != before || full(into) || woken) break;
    if (auto r = idle(); !r) return r.error();
    const auto left = left_until(until);
    if (left.count() == 0) break;
    connection_.wait(std::min(left, connection_.keep_alive_interval()), waker_->fd());
    woken = waker_->take();
  }
  handed_ = into.size();
  return into.size() - before;
}

result<void> wire_lane::fill(batch& into) {
  for (const message& m : kept_.messages()) {
    into.add(kept_.topic(m), kept_.body(m), m.received_at, m.retained, m.redelivered);
  }
  kept_.clear();
  target_ = &into;
  // Until nothing is there, not until a read was short: what waits at the broker's end of the
  // socket follows at once into the room that a read makes.
  result<bool> some = true;
  for (int idle_reads = 0; some && *some && !full(into) && idle_reads < most_idle_reads;) {
    const auto before = into.size();
    some = connection_.read_some();
    idle_reads = into.size() == before ? idle_reads + 1 : 0;
  }
  target_ = nullptr;
  if (!some) return some.error();
  return check_subscription();
}

/// No message is there: the time to speak, but only with nothing unacknowledged.
result<void> wire_lane::idle() {
  if (owes()) return ok();
  // SUBACK comes behind what was on its way, however long that takes.
  const auto since = std::max(asked_at_, connection_.heard_at());
  if (subscription_ == subscription::asked &&
      clock::now() > since + options_.broker.connect_timeout) {
    return lost("no SUBACK within the connect time-out");
  }
  return connection_.keep_alive(options_.broker.connect_timeout);
}

result<void> wire_lane::acknowledge() {
  if (!connected()) return not_connected();
  if (!kept_.empty()) {
    throw std::logic_error("acknowledge with messages that nobody has read");
  }
  connection_.committed();
  handed_ = 0;
  const auto patience = options_.broker.connect_timeout;
  if (subscription_ == subscription::wanted) return ask_for_subscription(patience);
  if (auto sent = connection_.flush(patience); !sent) return sent;
  // Messages of QoS 0 have no acknowledgement, and where they never pause there is no idle moment.
  return connection_.stay_alive(patience);
}

// -- leaving ---

result<void> wire_lane::unsubscribe() {
  if (!connected()) return not_connected();
  if (owes()) throw std::logic_error("unsubscribe: only with everything acknowledged");
  subscription_ = subscription::ended;
  return ask_barrier(options_.broker.connect_timeout);
}

result<void> wire_lane::ask_barrier(milliseconds patience) {
  const auto packet = connection_.queue_unsubscribe(options_.subscription);
  barrier_ = {.packet = packet, .clean = true};
  return connection_.flush(patience);
}

result<bool> wire_lane::drained() {
  if (!connected()) return not_connected();
  if (subscription_ != subscription::ended || owes()) {
    throw std::logic_error("drained: only unsubscribed and with everything acknowledged");
  }
  const auto until = deadline();
  for (;;) {
    auto r = read_until("UNSUBACK", until, [this] { return barrier_.answered; });
    if (!r) return r.error();
    if (barrier_.answered && barrier_.code >= wire::reason::first_failure) {
      failure f =
          lost(fmt::format("unsubscribing client '{}' from '{}' was refused: {}",
                           options_.client_id, options_.subscription, mqtt_reason(barrier_.code)));
      f.code = errc::broker_refused;
      return f;
    }
    // Nothing may stand behind UNSUBACK either, as far as can be told without waiting.
    result<bool> some = kept_.empty();
    while (some && *some) {
      some = connection_.read_some();
      if (!kept_.empty() || left_until(until).count() == 0) break;
    }
    if (!some) return some.error();
    if (!kept_.empty() || connection_.message_coming()) return false;
    if (barrier_.clean) return barrier_.told = true;
    if (r = ask_barrier(left_until(until)); !r) return r.error();
  }
}

result<void> wire_lane::end_session() {
  if (!connected()) return not_connected();
  if (subscription_ != subscription::ended || !barrier_.told) {
    throw std::logic_error("end_session: the broker would delete what is not drained");
  }
  return connection_.disconnect(true, options_.broker.connect_timeout);
}

result<void> wire_lane::leave() {
  if (!connected()) return ok();
  if (owes()) {
    // DISCONNECT would travel behind the acknowledgements; the session is kept either way.
    drop();
    return ok();
  }
  // A broker that is busy saving is not waited for: nothing hangs on a polite end.
  return connection_.disconnect(false, std::min(options_.broker.connect_timeout, leave_patience));
}

// -- failures ---

failure wire_lane::lost(std::string_view what) {
  connection_.close();
  return {errc::broker_away, fmt::format("mqtt{}://{}:{}: {}", options_.broker.tls ? "s" : "",
                                         options_.broker.host, options_.broker.port, what)};
}

failure wire_lane::not_connected() const {
  return {errc::broker_away, fmt::format("client '{}' is not connected", options_.client_id)};
}

}  // namespace

std::unique_ptr<lane_session> make_lane_session(lane_options options) {
  return std::make_unique<wire_lane>(std::move(options));
}

}  // namespace td
