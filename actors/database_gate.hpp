#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "pipeline/result.hpp"
#include "storage/pg.hpp"

namespace td {

/// The way to the database for whoever must not block: work is handed over, READER actors run it,
/// each on a thread and a connection of its own. Bounded, and quick to say no: while no READER has
/// a connection nothing waits. No CAF in sight. Any thread may call.
class database_gate {
 public:
  /// Runs on a READER's thread with its connection, which is idle and outside a transaction; one
  /// that is left open is rolled back. Each statement ends within `http.database_timeout`. What it
  /// throws is logged and becomes `internal`.
  using job = std::function<result<void>(pg::session&)>;
  using reply = std::function<void(result<void>)>;

  virtual ~database_gate() = default;

  /// Calls `then` exactly once: with what `work` returned, on the READER's thread; or without
  /// having run it, with overloaded (too many wait), database_away (no connection; the detail is
  /// for the log), timed_out (its turn did not come within `timeout`) or stopping. A refusal may
  /// come before this returns. `then` must not block.
  virtual void submit(job work, reply then, std::chrono::milliseconds timeout) = 0;

  /// Whether a READER has a connection, or has not yet tried to get one.
  virtual bool up() const = 0;

  virtual std::size_t waiting() const = 0;
};

}  // namespace td
