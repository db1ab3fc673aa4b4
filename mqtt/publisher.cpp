#include "mqtt/publisher.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mqtt/wire_connection.hpp"

namespace td {

namespace {

using clock = wire_connection::clock;
using std::chrono::milliseconds;

// Packet ids are 16 bits and dealt round; half of them in flight leaves no doubt whose PUBACK came.
constexpr std::size_t largest_window = 32767;
// Between two looks at the clock, at the queue to write and at the caller.
constexpr int most_reads = 64;

class wire_publisher final : public publisher, private wire_connection::receiver {
 public:
  explicit wire_publisher(publisher_options options)
      : options_(std::move(options)),
        window_(std::clamp<std::size_t>(options_.window, 1, largest_window)),
        connection_(options_.broker,
                    {.client_id = options_.client_id,
                     .keep_session = false,
                     .receive_maximum = 1,
                     .give_up = options_.give_up},
                    *this),
        tokens_(65536) {}

  result<void> connect() override {
    in_flight_ = 0;
    answers_.clear();
    auto present = connection_.open();
    if (!present) return present.error();
    connection_.committed();
    allowed_ = std::min<std::size_t>(window_, connection_.broker_window());
    return ok();
  }

  result<bool> publish(std::string_view topic, std::string_view body, std::uint64_t token,
                       bool retain) override {
    if (!connected()) return not_connected();
    if (in_flight_ >= allowed_) return false;
    const auto packet = connection_.queue_publish(topic, body, retain);
    if (!packet) return packet.error();
    tokens_[*packet] = token;
    ++in_flight_;
    return true;
  }

  result<void> poll(milliseconds wait) override {
    if (!connected()) return not_connected();
    const auto until = clock::now() + wait;
    for (;;) {
      if (auto r = connection_.flush(milliseconds{0}); !r) return r;
      const auto all = read_all();
      const bool any = call_back();
      if (!all) return all;
      if (!connected()) return not_connected();  // the callback closed it
      if (any) return ok();
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

  // wire_connection::receiver
  bool on_message(const wire::publish&, timestamp) override { return true; }  // asked for by nobody
  void on_published(std::uint16_t packet, std::uint8_t reason) override {
    answers_.push_back({tokens_[packet], reason});
    --in_flight_;
  }

  result<void> read_all() {
    result<bool> some = true;
    for (int reads = 0; some && *some && reads < most_reads; ++reads)
      some = connection_.read_some();
    connection_.committed();
    if (!some) return some.error();
    return ok();
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
  wire_connection connection_;
  std::vector<std::uint64_t> tokens_;  ///< by packet id
  std::vector<answer> answers_;
  std::vector<answer> spare_;
  std::size_t in_flight_{};
};

}  // namespace

std::unique_ptr<publisher> make_publisher(publisher_options options) {
  return std::make_unique<wire_publisher>(std::move(options));
}

}  // namespace td
