#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "mqtt/lane_session.hpp"
#include "mqtt/tls_context.hpp"
#include "pipeline/result.hpp"

struct ssl_st;

namespace td {

/// What is left until a deadline, rounded up; never negative.
inline std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point until) {
  const auto left = until - std::chrono::steady_clock::now();
  return std::max(std::chrono::milliseconds{0}, std::chrono::ceil<std::chrono::milliseconds>(left));
}

/// A TCP connection that never blocks but in `open` and `wait`, with TLS over it where the broker's
/// options say so. Failures are broker_away, and the detail says only what went wrong: the caller
/// knows with whom. A stream that failed is closed by its owner. One thread.
class wire_stream {
 public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  wire_stream() = default;
  ~wire_stream() { close(); }
  wire_stream(const wire_stream&) = delete;
  wire_stream& operator=(const wire_stream&) = delete;

  struct target {
    std::string address{};  ///< numeric
    std::uint16_t port{};
    tls_context* tls{};              ///< null: plain; outlives the stream
    std::chrono::seconds silence{};  ///< what was sent and not confirmed for so long ends it
  };
  /// Connects and, with TLS, shakes hands. `give_up` (may be empty) is asked while waiting: true
  /// ends the wait as the deadline would.
  result<void> open(const target& to, clock::time_point until,
                    const std::function<bool()>& give_up);

  /// What is there, at most `room` bytes; 0: nothing for now. The peer's end is a failure.
  result<std::size_t> read(char* to, std::size_t room);

  /// As much as the system takes at once; 0: nothing for now.
  result<std::size_t> write(const char* from, std::size_t bytes);

  /// Bytes that the system has taken and the peer's has not confirmed yet, TLS's own included.
  std::size_t unconfirmed() const noexcept;

  /// Waits until there may be something to read, or room to write where `for_write`, or `wake_fd`
  /// (-1: none) is readable. True when it was for the stream. What `read` was not yet asked for
  /// since it last gave 0 counts as something to read: TLS may hold it decrypted.
  bool wait(milliseconds wait, int wake_fd = -1, bool for_write = false) const noexcept;
  /// The same until a deadline, with `give_up`.
  bool wait_until(clock::time_point until, bool for_write,
                  const std::function<bool()>& give_up) const;

  /// Ends our direction and swallows what still comes until the peer ends its own, which tells that
  /// it read everything. False: it did not within `patience`.
  bool finish(milliseconds patience) noexcept;

  /// The peer learns at once, even where a child of this process has a copy of the descriptor.
  void close() noexcept;

  bool is_open() const noexcept { return fd_ >= 0; }

 private:
  result<void> connect(const target& to, clock::time_point until,
                       const std::function<bool()>& give_up);
  result<void> shake_hands(tls_context& tls, clock::time_point until,
                           const std::function<bool()>& give_up);
  result<std::size_t> tls_outcome(int code, std::size_t moved);

  int fd_{-1};
  ssl_st* ssl_{};
  tls_context* tls_{};
  bool may_have_more_{};     ///< `read` has not said 0 since it last gave something
  bool read_wants_write_{};  ///< TLS: a read must send first
  bool write_wants_read_{};  ///< TLS: a write must hear first
};

}  // namespace td
