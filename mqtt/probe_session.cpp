#include "mqtt/probe_session.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "mqtt/wire_connection.hpp"

namespace td {

namespace {

using clock = wire_connection::clock;
using std::chrono::milliseconds;

constexpr const char* fence_filter = "taylordash/doctor/fence";  // subscribed by nobody
constexpr std::size_t all_of_them = std::numeric_limits<std::size_t>::max();
constexpr milliseconds between_asks{100};

class wire_probe final : public probe_session, private wire_connection::receiver {
 public:
  explicit wire_probe(probe_options options)
      : options_{std::move(options)},
        connection_{options_.broker,
                    {.client_id = options_.client_id,
                     .keep_session = options_.keep_session,
                     .receive_maximum = options_.receive_maximum,
                     .session_expiry = options_.session_expiry,
                     .give_up = [this] { return over().has_value(); }},
                    *this} {}

  result<bool> connect() override {
    received_.clear();
    if (const auto why = over()) return *why;
    auto opened = connection_.open();
    if (opened || opened.error().code == errc::broker_refused) return opened;
    if (const auto why = over()) return *why;
    return opened;
  }

  const broker_terms& terms() const noexcept override { return connection_.terms_of_broker(); }

  result<std::uint8_t> subscribe(const std::string& filter, bool retained) override {
    if (auto open = check_open(); !open) return open.error();
    subscribed_.reset();
    const auto packet = connection_.queue_subscribe(filter, retained);
    if (!packet) return packet.error();
    if (auto done = exchange([this] { return subscribed_.has_value(); }); !done)
      return done.error();
    return *subscribed_;
  }

  result<published> publish(const std::string& topic, std::string_view body,
                            std::size_t count) override {
    if (auto open = check_open(); !open) return open.error();
    published_ = {};
    const auto window = std::min(options_.send_maximum, connection_.broker_window());
    std::size_t sent = 0;
    const auto answered = [this] { return published_.acknowledged + published_.refused; };
    while (answered() < count) {
      for (; sent < count && sent - answered() < window; ++sent) {
        if (auto packet = connection_.queue_publish(topic, body, false); !packet)
          return packet.error();
      }
      const auto before = answered();
      if (auto done = exchange([&] { return answered() > before; }); !done) return done.error();
    }
    return published_;
  }

  result<bool> may_publish(const std::string& topic) override {
    if (auto open = check_open(); !open) return open.error();
    published_ = {};
    if (auto packet = connection_.queue_publish(topic, "", false, 2); !packet)
      return packet.error();
    connection_.committed();
    if (auto sent = connection_.flush(patience()); !sent) return sent.error();
    taken_ = false;
    const auto done = read_until([this] { return published_.refused > 0 || taken_; });
    connection_.close();
    if (!done) return done.error();
    return taken_;
  }

  result<std::vector<message>> receive(std::size_t most, milliseconds quiet) override {
    if (auto open = check_open(); !open) return open.error();
    most_ = most;
    auto until = clock::now() + quiet;
    while (received_.size() < most) {
      if (const auto why = over()) return *why;
      const auto some = connection_.read_some();
      if (!some) return some.error();
      if (*some) {
        until = clock::now() + quiet;
        continue;
      }
      const auto left = left_until(until);
      if (left.count() == 0) break;
      connection_.wait(std::min(left, between_asks));
    }
    most_ = all_of_them;
    return std::exchange(received_, {});
  }

  result<void> settle() override {
    if (auto open = check_open(); !open) return open.error();
    connection_.committed();
    unsubscribed_ = false;
    connection_.queue_unsubscribe(fence_filter);
    return exchange([this] { return unsubscribed_; });
  }

  result<void> leave(bool end_session) override {
    if (auto open = check_open(); !open) return open.error();
    connection_.committed();
    return connection_.disconnect(end_session, patience());
  }

  void drop() noexcept override { connection_.close(); }

 private:
  // wire_connection::receiver
  bool on_message(const wire::publish& m, timestamp) override {
    received_.push_back({std::string{m.topic}, std::string{m.body}});
    return received_.size() < most_;
  }
  void on_subscribed(std::uint16_t, std::uint8_t code) override { subscribed_ = code; }
  void on_unsubscribed(std::uint16_t, std::uint8_t) override { unsubscribed_ = true; }
  void on_received(std::uint16_t) override { taken_ = true; }
  void on_published(std::uint16_t, std::uint8_t reason) override {
    if (reason < wire::reason::first_failure) {
      ++published_.acknowledged;
    } else {
      ++published_.refused;
      published_.reason = reason;
    }
  }

  /// Why there is to be no further wait.
  std::optional<failure> over() const {
    if (options_.give_up && options_.give_up())
      return failure{errc::stopping, "the look at the broker was given up"};
    if (clock::now() >= options_.deadline)
      return failure{errc::broker_away, "no time was left for this look at the broker"};
    return std::nullopt;
  }

  /// For one answer: what is left of the look is more than nobody waits.
  milliseconds patience() const {
    const milliseconds most = options_.broker.connect_timeout;
    if (options_.deadline - clock::now() > most) return most;
    return left_until(options_.deadline);
  }

  result<void> check_open() const {
    if (connection_.is_open()) return ok();
    return failure{errc::broker_away,
                   fmt::format("probe '{}' is not connected", options_.client_id)};
  }

  /// What the broker sends meanwhile is acknowledged with the next exchange.
  template <class F>
  result<void> exchange(F&& answered) {
    connection_.committed();
    if (const auto why = over()) return *why;
    if (auto sent = connection_.flush(patience()); !sent) return over() ? *over() : sent.error();
    return read_until(answered);
  }

  template <class F>
  result<void> read_until(F&& answered) {
    for (const auto begin = clock::now(); !answered();) {
      const auto why = over();
      // On a slow link the question itself takes time.
      const auto since = std::max(begin, connection_.taken_at());
      const auto left = left_until(since + options_.broker.connect_timeout);
      if (why || left.count() == 0) {
        connection_.close();
        if (why) return *why;
        return failure{errc::broker_away, fmt::format("no answer within {} ms",
                                                      options_.broker.connect_timeout.count())};
      }
      const auto some = connection_.read_some();
      if (!some) return some.error();
      if (!*some) connection_.wait(std::min(left, between_asks));
    }
    return ok();
  }

  probe_options options_;
  wire_connection connection_;
  std::vector<message> received_;
  std::size_t most_{all_of_them};  ///< messages to hand out before the next call
  std::optional<std::uint8_t> subscribed_;
  bool unsubscribed_{};
  bool taken_{};
  published published_;
};

}  // namespace

std::unique_ptr<probe_session> make_probe_session(probe_options options) {
  return std::make_unique<wire_probe>(std::move(options));
}

}  // namespace td
