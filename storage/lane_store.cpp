#include <memory>
#include <set>

#include <fmt/format.h>

#include "pipeline/uuid.hpp"
#include "storage/locks.hpp"
#include "storage/pg.hpp"
#include "storage/stores.hpp"

namespace td {

namespace {

constexpr const char* deployment_sql = "SELECT id FROM deployment";

// objsubid 2: advisory locks of the two-number form (PostgreSQL 15 documentation, pg_locks).
constexpr const char* held_sql =
    "SELECT objid::int AS slot, pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND classid::int = {} AND objsubid = 2";

constexpr const char* list_sql =
    "SELECT l.slot, l.ordered, l.retiring, h.slot IS NOT NULL, "
    "coalesce(h.pid = pg_backend_pid(), false) "
    "FROM ingest_lanes l LEFT JOIN ({}) h ON h.slot = l.slot ORDER BY l.slot";

constexpr const char* confirm_sql = "SELECT count(*) FROM ({}) h WHERE h.pid = pg_backend_pid()";

// The lowest numbers that no row has, one more than there are rows to be sure of one.
constexpr const char* free_slots_sql =
    "SELECT n FROM generate_series(1, (SELECT count(*) FROM ingest_lanes) + {}) n "
    "WHERE NOT EXISTS (SELECT FROM ingest_lanes l WHERE l.slot = n) ORDER BY n";

constexpr const char* insert_sql =
    "INSERT INTO ingest_lanes (slot, ordered, retiring, created_at) VALUES ($1, $2, false, now())";

// A number just given up may still be locked for a moment; there are always this many to try.
constexpr int spare_numbers = 16;

class pg_lane_store final : public lane_store {
 public:
  explicit pg_lane_store(database_options options) : options_{std::move(options)} {}

  result<uuid> deployment() override {
    if (deployment_) return *deployment_;
    auto r = run(deployment_sql);
    if (!r) return r.error();
    const auto id = r->size() == 1 ? parse_uuid(r->text(0, 0)) : std::nullopt;
    if (!id) return failure{errc::internal, "table deployment must hold exactly one row"};
    deployment_ = id;
    return *id;
  }

  result<std::vector<listed>> list() override {
    if (const auto d = deployment(); !d) return d.error();
    auto r = run(fmt::format(list_sql, held()));
    if (!r) return r.error();
    std::vector<listed> all;
    for (int i = 0; i < r->size(); ++i) {
      all.push_back(
          {slot_of(static_cast<std::int32_t>(r->number(i, 0)), r->truth(i, 1), r->truth(i, 2)),
           r->truth(i, 3), r->truth(i, 4)});
    }
    return all;
  }

  result<bool> lease(std::int32_t slot) override {
    if (leases_.contains(slot)) {
      if (auto c = confirm(); !c) return c.error();
      return true;
    }
    auto r = run("SELECT " + lock_call("pg_try_advisory_lock", lock_class::lane, slot));
    if (!r) return r.error();
    if (r->truth(0, 0)) leases_.insert(slot);
    return r->truth(0, 0);
  }

  result<lane_slot> create(bool ordered) override {
    if (const auto d = deployment(); !d) return d.error();
    std::optional<std::int32_t> taken;
    auto made = create_in_transaction(ordered, taken);
    if (!made && session_.is_open()) {
      // A session's lease outlives the transaction that is rolled back.
      if (auto r = run("ROLLBACK"); !r) return r.error();
      if (auto r = taken ? release(*taken) : ok(); !r) return r.error();
    }
    return made;
  }

  result<void> retire(std::int32_t slot) override {
    auto r = run("UPDATE ingest_lanes SET retiring = true WHERE slot = $1", {std::to_string(slot)});
    if (!r) return r.error();
    return ok();
  }

  result<void> remove(std::int32_t slot) override {
    if (auto c = confirm(); !c) return c;
    if (!leases_.contains(slot)) {
      return failure{errc::lease_lost,
                     fmt::format("lane {} can only be removed by its holder", slot)};
    }
    auto r = run("DELETE FROM ingest_lanes WHERE slot = $1", {std::to_string(slot)});
    if (!r) return r.error();
    return release(slot);
  }

  result<void> release(std::int32_t slot) override {
    if (!leases_.contains(slot)) return ok();
    auto r = run("SELECT " + lock_call("pg_advisory_unlock", lock_class::lane, slot));
    if (!r) return r.error();
    leases_.erase(slot);
    return ok();
  }

  result<void> confirm() override {
    auto r = run(fmt::format(confirm_sql, held()));
    if (!r) return r.error();
    if (r->number(0, 0) == static_cast<std::int64_t>(leases_.size())) return ok();
    // A pooler between us and the server that deals statements to several connections, perhaps.
    const auto count = leases_.size();
    session_.close();
    leases_.clear();
    return failure{errc::lease_lost,
                   fmt::format("of {} leases the server holds {}", count, r->number(0, 0))};
  }

  result<void> reconnect() override {
    leases_.clear();
    return session_.reopen(options_);
  }

 private:
  result<pg::rows> run(const std::string& sql) { return watched(session_.exec(sql)); }
  result<pg::rows> run(const std::string& sql, std::initializer_list<pg::session::param> p) {
    return watched(session_.exec(sql, p));
  }
  result<pg::rows> watched(result<pg::rows> r) {
    if (!session_.is_open()) leases_.clear();
    return r;
  }

  static std::string held() { return fmt::format(held_sql, number_of(lock_class::lane)); }

  lane_slot slot_of(std::int32_t slot, bool ordered, bool retiring) const {
    const auto id = to_string(*deployment_);
    return {slot, ordered, retiring,
            fmt::format("taylordash-{}{}-{}{}", id.substr(0, 8), id.substr(9, 4), slot,
                        ordered ? "-ordered" : "")};
  }

  result<lane_slot> create_in_transaction(bool ordered, std::optional<std::int32_t>& taken) {
    auto numbers =
        run("BEGIN; SELECT " + lock_call("pg_advisory_xact_lock", lock_class::lane_numbers) + "; " +
            fmt::format(free_slots_sql, spare_numbers));
    if (!numbers) return numbers.error();
    for (int i = 0; i < numbers->size() && !taken; ++i) {
      const auto slot = static_cast<std::int32_t>(numbers->number(i, 0));
      const auto leased = lease(slot);
      if (!leased) return leased.error();
      if (*leased) taken = slot;
    }
    if (!taken) return failure{errc::database_busy, "no lane number is free at the moment"};
    auto r = run(insert_sql, {std::to_string(*taken), ordered ? "true" : "false"});
    if (!r && session_.last_error().constraint == "ingest_lanes_one_ordered")
      return failure{errc::database_conflict, "the deployment has its ordered lane already"};
    if (!r) return r.error();
    if (auto done = run("COMMIT"); !done) return done.error();
    return slot_of(*taken, ordered, false);
  }

  database_options options_;
  pg::session session_;
  std::optional<uuid> deployment_;
  std::set<std::int32_t> leases_;
};

}  // namespace

result<std::unique_ptr<lane_store>> open_lane_store(const database_options& options) {
  auto store = std::make_unique<pg_lane_store>(options);
  if (auto r = store->reconnect(); !r) return r.error();
  if (auto d = store->deployment(); !d) return d.error();
  return std::unique_ptr<lane_store>{std::move(store)};
}

}  // namespace td
