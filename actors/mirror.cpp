#include "actors/mirror.hpp"

#include <map>
#include <string_view>
#include <utility>

#include "pipeline/backoff.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto idle_probe = 5s;     // a quiet connection's health is known this exactly
constexpr auto probe_base = 100ms;  // "database back" is noticed within cap
constexpr auto probe_cap = 1000ms;

class mirror_state {
 public:
  using interface = mirror_actor;
  static constexpr const char* name = "mirror";

  mirror_state(self_of<mirror_state> self, shared_context shared, std::size_t index,
               open_mirror open)
      : self_{self},
        shared_{std::move(shared)},
        source_{"mirror " + std::to_string(index)},
        open_{std::move(open)},
        backoff_{probe_base, probe_cap, index} {
    look_after(0ms);
  }

  ~mirror_state() { shared_->board.forget(dependency_database, source_); }

  interface::behavior_type make_behavior() {
    return {
        [this](const checked& c) { return write(*c.events); },
        [this](const tick& t) {
          if (t.turn == turn_) probe();
        },
    };
  }

 private:
  outcome write(const checked_batch& b) {
    shared_->progress.works(b.raw->from, source_, "writes it", dependency_database,
                            self_->clock().now());
    auto o = commit(b);
    if (!o.refused) {
      shared_->progress.works(b.raw->from, "", "has its verdict, which the lane has not taken", "",
                              self_->clock().now());
    }
    return o;
  }

  outcome commit(const checked_batch& b) {
    if (!up_) return {{}, failure{errc::database_away, reason_}};
    const auto start = steady::now();
    if (start > b.raw->expires)
      return {{}, failure{errc::timed_out, "nobody waits for it any more"}};
    auto done = store_->write(b);
    if (!done && done.error().code == errc::database_away && store_->reconnect()) {
      shared_->meters.database_connects.Increment();
      done = store_->write(b);
    }
    last_use_ = self_->clock().now();
    if (!done) return refuse(done.error());
    const auto took = steady::now() - start;
    report_up(std::chrono::duration_cast<std::chrono::microseconds>(took));
    backoff_.reset();  // not earlier: a server that lets us in may still refuse what we write
    count(b, *done, took);
    return {*done, std::nullopt};
  }

  outcome refuse(const failure& why) {
    if (disposition_of(why.code) == disposition::stop) {
      shared_->fatal(why);
    } else {
      report_down(why);
    }
    return {{}, why};
  }

  void look_after(std::chrono::milliseconds delay) { tell_self(self_, delay, tick{++turn_}); }

  void probe() {
    if (up_ && self_->clock().now() - last_use_ < idle_probe) {
      look_after(idle_probe);
      return;
    }
    const auto start = steady::now();
    const auto answer = connect_or_ping();
    if (answer) {
      report_up(std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - start));
      look_after(idle_probe);
    } else if (up_) {
      report_down(answer.error());
    } else {
      reason_ = answer.error().detail;
      shared_->board.report(dependency_database, source_, false, reason_);
      look_after(backoff_.next());
    }
  }

  result<void> connect_or_ping() {
    if (!store_) {
      auto opened = open_();
      if (!opened) return opened.error();
      store_ = std::move(*opened);
      shared_->meters.database_connects.Increment();
      return ok();
    }
    if (up_ && store_->ping()) return ok();
    auto again = store_->reconnect();
    if (again) shared_->meters.database_connects.Increment();
    return again;
  }

  void report_up(std::chrono::microseconds latency) {
    if (!up_ && std::exchange(told_down_, false)) {
      log_info("mirror reconnected", {kv("mirror", source_), kv("failures", backoff_.failures())});
    }
    up_ = true;
    shared_->board.report(dependency_database, source_, true, "", latency);
  }

  void report_down(const failure& why) {
    // The first of a series, then once a minute.
    const auto at = self_->clock().now();
    if (why.code != errc::stopping && (backoff_.failures() == 0 || at - told_at_ >= 1min)) {
      log_warning("mirror lost the database",
                  {kv("mirror", source_), kv("reason", to_string(why))});
      told_at_ = at;
      told_down_ = true;
    }
    up_ = false;
    reason_ = why.detail;
    shared_->board.report(dependency_database, source_, false, reason_);
    look_after(backoff_.next());
  }

  void count(const checked_batch& b, const verdict& v, steady::duration took) {
    auto& m = shared_->meters;
    m.write_seconds.Observe(std::chrono::duration<double>(took).count());
    m.commit_seconds.Observe(std::chrono::duration<double>(v.commit_took).count());
    m.batch_events.Observe(static_cast<double>(b.raw->size()));
    m.batches.Increment();
    count_rejects(b);
    if (v.dead_lettered > b.rejects.size())
      m.dead_lettered("mirror", errc::refused_by_database, v.dead_lettered - b.rejects.size());
    if (v.payload_conflicts > 0) {
      m.payload_conflicts.Increment(v.payload_conflicts);
      log_warning("events came again with another payload",
                  {kv("events", v.payload_conflicts), kv("position", v.position)});
    }
    if (v.duplicate == 0) observe_latencies(b, v);
  }

  /// Batches with duplicates are left out: which of their events are new the verdict does not say,
  /// and an old event's second arrival is no measure of anything.
  void observe_latencies(const checked_batch& b, const verdict& v) {
    metrics::latency_sum latencies;
    for (const auto& e : b.events)
      latencies.add(v.committed_at - e.occurred_at);
    latencies.flush(shared_->meters.publish_to_commit_seconds);
  }

  void count_rejects(const checked_batch& b) {
    std::map<std::pair<std::string_view, errc>, std::uint64_t> by_reason;
    for (const auto& r : b.rejects)
      ++by_reason[{r.stage, r.why.code}];
    for (const auto& [reason, n] : by_reason)
      shared_->meters.dead_lettered(reason.first, reason.second, n);
  }

  self_of<mirror_state> self_;
  shared_context shared_;
  std::string source_;
  open_mirror open_;
  backoff backoff_;
  std::unique_ptr<mirror_store> store_;
  bool up_{};
  bool told_down_{};  // the log's last word is that it is lost
  caf::actor_clock::time_point told_at_{};
  std::uint64_t turn_{};
  std::string reason_{"not connected yet"};
  caf::actor_clock::time_point last_use_{};
};

}  // namespace

mirror_actor make_mirror(caf::actor_system& system, shared_context shared, std::size_t index,
                         open_mirror open) {
  return spawn<mirror_state, caf::detached>(system, std::move(shared), index, std::move(open));
}

mirror_actor make_scheduled_mirror(caf::actor_system& system, shared_context shared,
                                   std::size_t index, open_mirror open) {
  return spawn<mirror_state>(system, std::move(shared), index, std::move(open));
}

}  // namespace td
