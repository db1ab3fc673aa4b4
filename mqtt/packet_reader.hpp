#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "mqtt/wire_packets.hpp"

namespace td::wire {

/// The bytes of one connection as they came, cut into packets in place: any split of the stream
/// gives the same packets. Holds `usual_room` bytes; more only while a larger packet is coming in,
/// and then never more than twice what has come of it. One thread.
class packet_reader {
 public:
  static constexpr std::size_t usual_room = 256u << 10;

  /// Where the next read goes; never empty. Ends the life of all views into earlier packets. Only
  /// when `next` said that no whole packet is there.
  std::span<char> room();

  /// `bytes` were written to the front of `room`.
  void filled(std::size_t bytes) noexcept { end_ += bytes; }

  /// The packet at the front, which is taken, or why there is none: `front` without a packet and
  /// without a fault means that more bytes are needed. After a fault it stays with that fault.
  /// Views are valid until `room` or `clear`.
  front next() noexcept;

  /// What the bytes that nobody has taken begin with, whole or in part. Absent: there are none.
  std::optional<packet_type> front_type() const noexcept;

  /// Forgets all, for the next connection.
  void clear() noexcept;

  std::size_t buffered() const noexcept { return end_ - begin_; }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  void move_to(std::size_t capacity);

  std::unique_ptr<char[]> bytes_{};
  std::size_t capacity_{};
  std::size_t begin_{};  ///< of what was not taken yet
  std::size_t end_{};
  std::size_t needs_{};  ///< size of the packet at the front, once known
};

}  // namespace td::wire
