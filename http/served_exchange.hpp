#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "http/dispatcher.hpp"
#include "http/exchange.hpp"
#include "http/message_parser.hpp"
#include "http/response_head.hpp"
#include "http/wire.hpp"

namespace td {

/// What the exchanges of a server have in common.
struct served_by {
  const http_limits& limits;
  const dispatcher& dispatch;
  const std::atomic<bool>& stopping;
};

/// An exchange over a connection. One thread, the connection's.
class served_exchange final : public exchange,
                              public std::enable_shared_from_this<served_exchange> {
 public:
  served_exchange(served_by by, wire& w, message_parser& parser, request& r, date_header& date,
                  bool waits_for_continue);
  ~served_exchange() override;

  const request& asked() const noexcept override { return request_; }
  asio::awaitable<http_result<std::string_view>> read() override;
  void answer(http_answer whole) override { whole_ = std::move(whole); }
  void begin(http_answer head) override;
  bool try_write(std::string_view piece) override;
  asio::awaitable<bool> write(std::string piece) override;
  void abandon() override;
  std::size_t unsent() const noexcept override { return pending_.size() + sending_left_; }
  asio::awaitable<woken> sleep(std::chrono::milliseconds at_most) override;
  std::function<void()> ringer() override;
  bool gone() const noexcept override { return broken_ || wire_.ended(); }

  // -- for whoever serves the connection ---

  /// Runs the handler to its end and sends what it has written.
  asio::awaitable<void> run(const exchange_handler& handler);

  /// The answer that is still to be sent as a whole, if any.
  std::optional<http_answer>& whole() noexcept { return whole_; }
  /// Whether the connection can serve another request.
  bool keeps() const noexcept { return keeps_ && !broken_ && !fault_; }

 private:
  struct bell;

  void queue(std::string_view piece);
  void start_pump();
  asio::awaitable<void> pump();
  asio::awaitable<void> flushed();
  void limit_writing();
  void body_is_over();
  void finish_pieces();
  bool room_for(std::size_t bytes) const noexcept;
  problem gone_problem() const;

  served_by by_;
  wire& wire_;
  message_parser& parser_;
  request& request_;
  date_header& date_;

  // -- the body ---
  std::string piece_{};
  std::chrono::nanoseconds patience_;
  bool tell_to_continue_;
  bool may_stall_;  ///< the client still sends, and need not read meanwhile
  std::optional<problem> fault_{};

  // -- the answer ---
  std::optional<http_answer> whole_{};
  unsigned status_{};  ///< 0: not begun
  body_framing framing_{body_framing::length};
  bool keeps_{true};
  bool broken_{};
  bool pumping_{};
  std::string pending_{};
  std::string sending_{};
  std::size_t sending_left_{};
  asio::steady_timer moved_;

  // -- waiting ---
  asio::steady_timer wake_;
  bool rung_{};
  bool told_the_end_{};
  std::shared_ptr<bell> bell_;
};

}  // namespace td
