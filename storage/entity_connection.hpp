#pragma once

#include <memory>
#include <utility>

#include "storage/pg.hpp"
#include "storage/stores.hpp"

namespace td {

/// One connection, shared by the stores of projects, components, tasks and dependencies that were
/// made with it: one thread at a time for all of them.
class entity_connection {
 public:
  explicit entity_connection(database_options options) : options_{std::move(options)} {}

  pg::session& session() noexcept { return session_; }
  result<void> reconnect() { return session_.reopen(options_); }

  /// Commits what succeeds and rolls back what fails; a deadlock or a serialization failure is
  /// tried again. After database_away or timed_out it may have been committed: read again.
  template <class Work>
  auto in_transaction(Work work) -> decltype(work()) {
    for (int attempt = 1;; ++attempt) {
      auto done = once(work);
      if (done || done.error().code != errc::database_conflict || attempt == max_attempts)
        return done;
    }
  }

 private:
  static constexpr int max_attempts = 4;

  template <class Work>
  auto once(Work& work) -> decltype(work()) {
    if (auto r = session_.exec("BEGIN"); !r) return r.error();
    auto done = work();
    if (!session_.is_open()) return done;
    if (auto r = session_.exec(done ? "COMMIT" : "ROLLBACK"); !r && done) return r.error();
    return done;
  }

  database_options options_;
  pg::session session_;
};

using shared_connection = std::shared_ptr<entity_connection>;

/// Opens one. Errors: those of pg::session::open.
inline result<shared_connection> open_entity_connection(const database_options& options) {
  auto made = std::make_shared<entity_connection>(options);
  if (auto r = made->reconnect(); !r) return r.error();
  return made;
}

}  // namespace td
