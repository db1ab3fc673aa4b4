#include "actors/maintenance.hpp"

#include <algorithm>

namespace td {

namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::floor;

constexpr auto look_every = 10min;  // partitions are made days ahead: nothing here is urgent
constexpr auto retry_after = 10s;   // the database was away, or another statement held a lock
constexpr auto follow_up = 100ms;   // one step found work; there may be more
constexpr const char* in_history = "the service";

class maintenance_state {
 public:
  using interface = maintenance_actor;
  static constexpr const char* name = "maintenance";

  maintenance_state(self_of<maintenance_state> self, shared_context shared, open_partitions open,
                    std::function<timestamp()> clock)
      : self_{self}, shared_{std::move(shared)}, open_{std::move(open)}, clock_{std::move(clock)} {
    self_->send(self_, tick{});
  }

  interface::behavior_type make_behavior() {
    return {[this](const tick&) {
      const auto again = look_around();
      if (!again && again.error().code == errc::stopping) return;
      if (!again) {
        log_warning("maintenance could not finish", {kv("reason", to_string(again.error()))});
        if (store_ && !store_->reconnect()) store_.reset();
      }
      tell_self(self_, again ? *again : retry_after, tick{});
    }};
  }

 private:
  /// One round; returns when to look again.
  result<std::chrono::milliseconds> look_around() {
    if (!store_) {
      auto opened = open_();
      if (!opened) return opened.error();
      store_ = std::move(*opened);
    }
    const auto leads = store_->lead();
    if (!leads) return leads.error();
    if (!*leads) return std::chrono::milliseconds{look_every};

    const auto theirs = store_->now();
    if (!theirs) return theirs.error();
    const auto ours = clock_();
    const auto today = floor<days>(std::min(ours, *theirs));
    const auto first_kept = today - floor<days>(shared_->set.retention.events);
    if (const auto r = make_ahead(first_kept, today); !r) return r.error();
    if (!trusted_today(ours, *theirs)) {
      log_error("clocks differ: nothing is dropped by retention",
                {kv("here", to_rfc3339(ours)), kv("database", to_rfc3339(*theirs))});
      return std::chrono::milliseconds{look_every};
    }
    if (const auto r = retain(today, std::min(ours, *theirs)); !r) return r.error();
    if (const auto r = store_->prune_journal(first_kept); !r) return r.error();
    const auto indexed = store_->index_closed(today);
    if (!indexed) return indexed.error();
    if (*indexed > 0) {
      log_info("closed day indexed", {kv("indexes", *indexed)});
      return std::chrono::milliseconds{follow_up};
    }
    return std::chrono::milliseconds{look_every};
  }

  result<void> make_ahead(std::chrono::sys_days first_kept, std::chrono::sys_days today) {
    const auto ahead = days{shared_->set.retention.days_ahead};
    const auto made = store_->ensure(first_kept, today + ahead);
    if (!made) return made.error();
    if (*made > 0) {
      shared_->meters.partitions_created.Increment(*made);
      log_info("partitions created", {kv("partitions", *made)});
    }
    return ok();
  }

  /// Takes what the settings and the policies let go.
  result<void> retain(std::chrono::sys_days today, timestamp at) {
    const auto& set = shared_->set.retention;
    const auto rules =
        store_->rules({.events = floor<days>(set.events), .dead_letters = set.dead_letters});
    if (!rules) return rules.error();
    const auto run = store_->apply_retention(*rules, today, at, in_history);
    if (!run) return run.error();
    if (run->days_dropped > 0) shared_->meters.partitions_dropped.Increment(run->days_dropped);
    if (run->days_dropped + run->events + run->dead_letters > 0) {
      log_info("retention took what has expired",
               {kv("partitions", run->days_dropped), kv("events", run->events),
                kv("dead_letters", run->dead_letters), kv("bytes", run->bytes)});
    }
    if (!run->error.empty())
      log_warning("retention left something for later", {kv("reason", run->error)});
    return ok();
  }

  self_of<maintenance_state> self_;
  shared_context shared_;
  open_partitions open_;
  std::function<timestamp()> clock_;
  std::unique_ptr<partition_store> store_;
};

}  // namespace

maintenance_actor make_maintenance(caf::actor_system& system, shared_context shared,
                                   open_partitions open) {
  return spawn<maintenance_state, caf::detached>(system, std::move(shared), std::move(open),
                                                 std::function<timestamp()>{now});
}

maintenance_actor make_scheduled_maintenance(caf::actor_system& system, shared_context shared,
                                             open_partitions open,
                                             std::function<timestamp()> clock) {
  return spawn<maintenance_state>(system, std::move(shared), std::move(open), std::move(clock));
}

}  // namespace td
