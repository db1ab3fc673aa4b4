#include "storage/day_rewrite.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "pipeline/time.hpp"
#include "storage/locks.hpp"
#include "storage/retention_sql.hpp"

namespace td {
namespace {

namespace sql = retention_sql;

constexpr std::size_t most_late_batches = 64;  // that are carried over behind the lock
constexpr int swap_attempts = 3;

class rewrite {
 public:
  rewrite(pg::session& session, const day_table& day, const std::string& expired)
      : session_{session},
        day_{day.name},
        copy_{day.name + "_kept"},
        from_{to_rfc3339(timestamp{day.day})},
        to_{to_rfc3339(timestamp{day.day + std::chrono::days{1}})},
        expired_{expired} {}

  result<rewritten_day> run() {
    if (auto made = copy(); !made) {
      if (session_.is_open()) static_cast<void>(session_.exec("ROLLBACK"));
      return made.error();
    }
    for (int attempt = 1;; ++attempt) {
      auto swapped = swap();
      if (swapped) return rewritten_day{events_ + late_events_, bytes_};
      if (!session_.is_open()) return swapped.error();
      if (auto r = session_.exec("ROLLBACK"); !r) return r.error();
      if (swapped.error().code != errc::database_busy || attempt == swap_attempts) {
        static_cast<void>(session_.exec("DROP TABLE " + copy_));
        return swapped.error();
      }
      // Whoever queued behind us goes first.
      if (auto r = session_.exec("SELECT pg_sleep(0.5)"); !r) return r.error();
    }
  }

 private:
  /// The copy, the counts and the journal's position are of one snapshot.
  result<void> copy() {
    if (auto r = session_.exec(fmt::format(sql::make_copy, day_, copy_, from_, to_)); !r)
      return r.error();
    auto position = session_.exec(sql::journal_position);
    if (!position) return position.error();
    position_ = std::string{position->text(0, 0)};
    auto counted = session_.exec(fmt::format(sql::count_day, day_, expired_));
    if (!counted) return counted.error();
    events_ = static_cast<std::uint64_t>(counted->number(0, 0));
    const auto kept = static_cast<std::uint64_t>(counted->number(0, 1));
    auto copied = session_.exec(fmt::format(sql::copy_kept, day_, copy_, from_, to_, expired_));
    if (!copied) return copied.error();
    if (copied->affected() != kept) {
      return failure{errc::internal, fmt::format("{} of {} events of {} were copied",
                                                 copied->affected(), kept, day_)};
    }
    if (auto r = build_indexes(); !r) return r;
    if (auto r = session_.exec("COMMIT"); !r) return r.error();
    return ok();
  }

  /// Those that people search by, as far as the day has them.
  result<void> build_indexes() {
    auto there = session_.exec(fmt::format(sql::search_indexes_of, day_));
    if (!there) return there.error();
    for (int i = 0; i < there->size(); ++i) {
      const auto* index = search_index_named(there->text(i, 0));
      if (index == nullptr) continue;
      auto built = session_.exec(
          fmt::format("CREATE INDEX {0}_{1} ON {0} {2}", copy_, index->suffix, index->definition));
      if (!built) return built.error();
    }
    return ok();
  }

  static const search_index* search_index_named(std::string_view suffix) {
    const auto* found = std::find_if(std::begin(search_indexes), std::end(search_indexes),
                                     [suffix](const auto& x) { return suffix == x.suffix; });
    return found == std::end(search_indexes) ? nullptr : found;
  }

  result<void> swap() {
    auto locked = session_.exec(
        fmt::format(sql::lock_mirror, lock_call("pg_advisory_xact_lock", lock_class::partitions)));
    if (!locked) return locked.error();
    if (auto r = carry_over(); !r) return r;
    const auto before = size_of(day_);
    if (!before) return before.error();
    const auto after = size_of(copy_);
    if (!after) return after.error();
    bytes_ = *before - std::min(*before, *after);
    auto there = session_.exec(fmt::format(sql::search_indexes_of, copy_));
    if (!there) return there.error();
    auto script = fmt::format(sql::swap, day_, copy_, from_, to_);
    for (int i = 0; i < there->size(); ++i) {
      if (const auto* index = search_index_named(there->text(i, 0)))
        script +=
            fmt::format("ALTER INDEX {0}_{2} RENAME TO {1}_{2}; ", copy_, day_, index->suffix);
    }
    if (auto r = session_.exec(script + "COMMIT"); !r) return r.error();
    return ok();
  }

  /// What was committed behind the copy's snapshot: the journal names each batch.
  result<void> carry_over() {
    late_events_ = 0;
    auto late = session_.exec(sql::late_batches,
                              {position_, from_, to_, std::to_string(most_late_batches + 1)});
    if (!late) return late.error();
    if (late->size() > static_cast<int>(most_late_batches))
      return failure{errc::database_busy, "many late events come in"};
    if (late->size() == 0) return ok();
    std::string ids;
    for (int i = 0; i < late->size(); ++i)
      ids += fmt::format("{}{}", i == 0 ? "" : ", ", late->text(i, 0));
    auto added = session_.exec(fmt::format(sql::add_late, day_, copy_, from_, to_, expired_, ids));
    if (!added) return added.error();
    auto gone = session_.exec(fmt::format(sql::count_late, day_, ids, expired_));
    if (!gone) return gone.error();
    late_events_ = static_cast<std::uint64_t>(gone->number(0, 0));
    return ok();
  }

  result<std::uint64_t> size_of(const std::string& table) {
    auto r = session_.exec(fmt::format(sql::size_of, table));
    if (!r) return r.error();
    return static_cast<std::uint64_t>(r->number(0, 0));
  }

  pg::session& session_;
  std::string day_;
  std::string copy_;
  std::string from_;
  std::string to_;
  const std::string& expired_;
  std::string position_{};  ///< of the journal, when the copy was made
  std::uint64_t events_{};
  std::uint64_t late_events_{};
  std::uint64_t bytes_{};
};

}  // namespace

result<rewritten_day> rewrite_day(pg::session& session, const day_table& day,
                                  const std::string& expired) {
  return rewrite{session, day, expired}.run();
}

result<void> remove_copies(pg::session& session) {
  auto r = session.exec(sql::leftovers);
  if (!r) return r.error();
  for (int i = 0; i < r->size(); ++i) {
    if (auto gone = session.exec(fmt::format("DROP TABLE {}", r->text(i, 0))); !gone)
      return gone.error();
  }
  return ok();
}

}  // namespace td
