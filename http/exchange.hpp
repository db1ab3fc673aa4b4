#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "http/request.hpp"

namespace td {

/// Why a sleep has ended.
enum class woken : std::uint8_t {
  rung,      ///< somebody rang
  time,      ///< the time is over
  gone,      ///< the client has left: nobody reads what is written
  stopping,  ///< the server wants to stop: say good-bye and return
};

/// One request whose body is read, or whose answer is written, piece by piece. Its two sides do not
/// wait for each other: what is written goes into a bounded queue that empties by itself, so that
/// reading never stops because the client does not read. Everything on the connection's thread but
/// for what `ringer` returns. Lives until the handler returns; then what is queued is sent, and
/// the rest of a body that was not read costs the connection.
class exchange {
 public:
  virtual ~exchange() = default;

  /// Checked as for any handler; body and json are empty.
  virtual const request& asked() const noexcept = 0;

  // -- the body ---

  /// Waits for the next piece, at most 64 KiB; it lives until the next read. Empty: that was all.
  /// Problems: body_too_large, bad_request (broken chunks; or the client is gone, or was cut
  /// because its body came too slowly). No more reading after one; the connection ends with this
  /// exchange.
  virtual asio::awaitable<http_result<std::string_view>> read() = 0;

  // -- the answer ---

  /// Sends a whole answer. Once, instead of what follows.
  virtual void answer(http_answer whole) = 0;

  /// Begins an answer whose body follows in pieces; `head.body` is its first piece.
  virtual void begin(http_answer head) = 0;

  /// Queues a piece if there is room for it (`http_limits::unsent_bytes`; an empty queue takes a
  /// piece of any size). Never waits.
  virtual bool try_write(std::string_view piece) = 0;

  /// The same, after waiting for room. False: the client is gone, or has read nothing for
  /// `http_limits::write`.
  virtual asio::awaitable<bool> write(std::string piece) = 0;

  /// Gives up in the middle of an answer: the connection is cut, so that the client sees that it
  /// is not whole. A handler that throws after `begin` does the same.
  virtual void abandon() = 0;

  /// How much of what was written still waits to be sent.
  virtual std::size_t unsent() const noexcept = 0;

  // -- waiting ---

  /// Waits until somebody rings, the client leaves, or the time has passed. A ring that came while
  /// nobody slept ends the next sleep at once.
  virtual asio::awaitable<woken> sleep(std::chrono::milliseconds at_most) = 0;

  /// Ends the sleep. May be called on any thread, and after this exchange is gone.
  virtual std::function<void()> ringer() = 0;

  /// Whether the client is known to have left: it has closed its side, or the connection broke.
  /// Looked for while an answer is being written in pieces and the body has been read.
  virtual bool gone() const noexcept = 0;
};

}  // namespace td
