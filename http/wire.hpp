#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/connection_book.hpp"
#include "http/input_buffer.hpp"
#include "http/transport.hpp"

namespace td {

/// One client's connection as bytes with time limits: both directions at once, and looking out for
/// the client's end meanwhile. Everything on its executor, but for `cut_soon` and `stop_soon`.
class wire : public std::enable_shared_from_this<wire> {
 public:
  wire(std::unique_ptr<transport> bytes, asio::any_io_executor executor, std::size_t most_unread,
       connection_book& book);

  void enter();
  void leave();  ///< the last word: cuts it as well

  const asio::any_io_executor& executor() const noexcept { return executor_; }
  bool secure() const noexcept { return bytes_->secure(); }
  asio::awaitable<bool> handshake();

  // -- reading ---
  input_buffer input;

  /// Waits for more bytes in `input`; false: there will be none.
  asio::awaitable<bool> fill();
  /// Reads ahead on its own from now on, as far as `input` has room, to see the client's end;
  /// `change` is called then.
  void look_out();
  bool ended() const noexcept { return ended_; }

  // -- writing ---
  asio::awaitable<bool> write(asio::const_buffer first, asio::const_buffer second = {});
  asio::awaitable<void> end_writing();
  /// For how long the peer may leave unacknowledged, or unread, what the kernel holds for it; 0: as
  /// long as it likes.
  void allow_stall(std::chrono::milliseconds d) noexcept { bytes_->allow_stall(d); }

  // -- limits ---
  enum side : std::uint8_t { reading, writing, handling };
  /// When this passes, the connection is cut.
  void limit(side s, std::chrono::milliseconds from_now);
  void unlimit(side s) noexcept;

  void waits() { book_.waits(place_); }  ///< for the client
  bool goes_on() { return book_.goes_on(place_); }

  /// Set by whoever wants to know that the client has ended, or that the server stops.
  std::function<void()> change{};
  bool idle{};  ///< nothing of a request is here: the end of the server is its end

  void cut() noexcept;
  void cut_soon();   ///< any thread
  void stop_soon();  ///< any thread: an idle one is cut, others are told by `change`

 private:
  using clock = std::chrono::steady_clock;

  asio::awaitable<void> read_more();
  void arm(clock::time_point at);
  void on_timer();

  std::unique_ptr<transport> bytes_;
  asio::any_io_executor executor_;
  connection_book& book_;
  connection_book::place place_{};
  asio::steady_timer timer_;
  asio::steady_timer read_done_;
  clock::time_point armed_{clock::time_point::max()};
  std::array<clock::time_point, 3> until_{clock::time_point::max(), clock::time_point::max(),
                                          clock::time_point::max()};
  bool read_under_way_{};
  bool ended_{};
};

}  // namespace td
