#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// Notices an event id that comes again with another `occurred_at` (two events by the promise, but
/// most often a producer that re-stamps its retries). A direct-mapped cache of the last ids seen,
/// lock-free, shared by all validators of a process: best effort, never wrong about a repeat but
/// for a 64-bit hash collision, silent about repeats that lie far apart.
class recent_ids {
 public:
  /// `slots` is rounded up to a power of two; 16 bytes each.
  explicit recent_ids(std::size_t slots = 1u << 18);

  /// True when this id was seen with another time. Remembers (id, at). Any thread.
  bool restamped(const uuid& id, timestamp at) noexcept;

 private:
  struct entry;
  std::size_t mask_;
  std::unique_ptr<entry[]> entries_;

 public:
  ~recent_ids();
};

}  // namespace td
