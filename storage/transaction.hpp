#pragma once

#include "storage/pg.hpp"

namespace td {

/// Runs `work` between BEGIN and COMMIT; its failure, or that of the COMMIT, rolls back. `work`
/// returns a result.
template <class Work>
auto in_transaction(pg::session& session, Work work) -> decltype(work()) {
  if (auto begun = session.exec("BEGIN"); !begun) return begun.error();
  auto done = work();
  if (done) {
    auto committed = session.exec("COMMIT");
    if (committed) return done;
    done = committed.error();
  }
  if (session.is_open()) (void)session.exec("ROLLBACK");
  return done;
}

}  // namespace td
