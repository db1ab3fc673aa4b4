#include "mqtt/publisher.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mqtt/connection.hpp"

namespace td {

namespace {

using clock = connection::clock;
using std::chrono::milliseconds;

// Packet ids are 16 bits and dealt round; half of them in flight leaves no doubt whose PUBACK came.
constexpr std::size_t largest_window = 32767;

class mosquitto_publisher final : public publisher, private connection::receiver {
 public:
  explicit mosquitto_publisher(publisher_options options)
      : options_(std::move(options)),
        window_(std::clamp<std::size_t>(options_.window, 1, largest_window)),
        connection_(options_.broker,
                    {.client_id = options_.client_id,
                     .keep_session = false,
                     .receive_maximum = 1,
                     .send_maximum = static_cast<std::uint16_t>(window_),
                     .give_up = options_.give_up},
                    *this),
        tokens_(65536) {}

  result<void> connect() override {
    in_flight_ = 0;
    answers_.clear();
    auto present = connection_.open();
    if (!present) return present.error();
    allowed_ = std::min<std::size_t>(window_, connection_.broker_window());
    return ok();
  }

  result<bool> publish(std::string_view topic, std::string_view body, std::uint64_t token,
                       bool retain) override {
    if (!connected()) return not_connected();
    if (in_flight_ >= allowed_) return false;
    topic_.assign(topic);
    auto packet = connection_.queue_publish(topic_, body, retain);
    if (!packet) return packet.error();
    tokens_[static_cast<std::size_t>(*packet)] = token;
    ++in_flight_;
    return true;
  }

  result<void> poll(milliseconds wait) override {
    if (!connected()) return not_connected();
    const auto until = clock::now() + wait;
    for (;;) {
      if (auto r = connection_.flush(milliseconds{0}); !r) return r;
      if (auto r = read_all(); !r) return r;
      if (call_back() || !connected()) return connected() ? ok() : not_connected();
      if (auto r = connection_.keep_alive(milliseconds{0}); !r) return r;
      const auto left = left_until(until);
      if (left.count() == 0) return ok();
      connection_.wait(std::min(left, connection_.keep_alive_interval()), -1,
                       connection_.want_write());
    }
  }

  std::size_t in_flight() const noexcept override { return in_flight_; }
  bool flushed() const noexcept override { return !connected() || !connection_.want_write(); }
  bool connected() const noexcept override { return connection_.is_open(); }
  void close() noexcept override { connection_.close(); }

 private:
  struct answer {
    std::uint64_t token;
    std::uint8_t reason;
  };

  // connection::receiver
  bool on_message(std::string_view, std::string_view, bool, bool) override { return true; }
  void on_subscribed(int, std::span<const int>) override {}
  void on_unsubscribed(int) override {}
  void on_published(int packet, std::uint8_t reason) override {
    answers_.push_back({tokens_[static_cast<std::size_t>(packet)], reason});
    --in_flight_;
  }

  result<void> read_all() {
    for (std::size_t before = answers_.size();; before = answers_.size()) {
      if (auto r = connection_.read_some(); !r) return r;
      if (answers_.size() == before && !connection_.readable()) return ok();
    }
  }

  /// Outside of the library, so that the caller may publish, close or throw. True if any.
  bool call_back() {
    std::vector<answer> now = std::exchange(answers_, std::move(spare_));
    if (options_.acknowledged) {
      for (const answer& a : now)
        options_.acknowledged(a.token, a.reason);
    }
    const bool any = !now.empty();
    now.clear();
    spare_ = std::move(now);
    return any;
  }

  failure not_connected() const {
    return {errc::broker_away, fmt::format("publisher '{}' is not connected", options_.client_id)};
  }

  publisher_options options_;
  std::size_t window_;
  std::size_t allowed_{};
  connection connection_;
  std::vector<std::uint64_t> tokens_;  ///< by packet id
  std::vector<answer> answers_;
  std::vector<answer> spare_;
  std::size_t in_flight_{};
  std::string topic_;
};

}  // namespace

std::unique_ptr<publisher> make_publisher(publisher_options options) {
  return std::make_unique<mosquitto_publisher>(std::move(options));
}

}  // namespace td
