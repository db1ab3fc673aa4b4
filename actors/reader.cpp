#include "actors/reader.hpp"

#include <string>
#include <utility>

#include "pipeline/backoff.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto idle_look = 5s;      // a quiet connection that is gone is noticed this exactly
constexpr auto probe_base = 100ms;  // "database back" is noticed within cap
constexpr auto probe_cap = 1000ms;

double seconds_of(steady::duration d) {
  return std::chrono::duration<double>(d).count();
}

class reader_state {
 public:
  using interface = reader_actor;
  static constexpr const char* name = "reader";

  reader_state(self_of<reader_state> self, shared_context shared, std::shared_ptr<gate_queue> gate,
               std::size_t index, database_options database)
      : self_{self},
        shared_{std::move(shared)},
        gate_{std::move(gate)},
        index_{index},
        database_{std::move(database)},
        backoff_{probe_base, probe_cap, index} {
    gate_->attach(index_,
                  [me = caf::actor_cast<caf::actor>(self_)] { caf::anon_send(me, wake{}); });
    look_after(0ms);
  }

  ~reader_state() { gate_->detach(index_); }

  interface::behavior_type make_behavior() {
    return {
        [this](const wake&) { take_one(); },
        [this](const tick& t) {
          if (t.turn == turn_) look_around();
        },
    };
  }

 private:
  /// One job per message, so that an exit message is heard between two.
  void take_one() {
    if (!connected()) return;
    auto next = gate_->take(index_, steady::now());
    if (!next) return;
    run(*next);
    tell_self(self_, 0ms, wake{});
  }

  void run(gate_queue::taken& next) {
    auto& m = shared_->meters;
    const auto start = steady::now();
    m.gate_wait_seconds.Observe(seconds_of(start - next.since));
    auto done = attempt(next.work);
    m.gate_run_seconds.Observe(seconds_of(steady::now() - start));
    m.gate_job(done ? gate_outcome::done : gate_outcome::failed);
    next.then(std::move(done));
  }

  result<void> attempt(const database_gate::job& work) {
    auto done = guarded(work);
    // Whoever comes next finds the connection as it should be.
    if (session_.is_open() && session_.in_transaction() && !session_.exec("ROLLBACK")) {
      session_.close();
    }
    return done;
  }

  result<void> guarded(const database_gate::job& work) {
    try {
      return work(session_);
    } catch (const std::exception& e) {
      log_error("database job failed", {kv("reader", index_), kv("reason", e.what())});
    } catch (...) {
      log_error("database job failed", {kv("reader", index_)});
    }
    session_.close();
    return failure{errc::internal, "a database job threw", {}};
  }

  void look_around() {
    if (connected()) {
      look_after(idle_look);
      // Whoever was woken while it was away has not taken anything.
      tell_self(self_, 0ms, wake{});
    }
  }

  /// Connects where it must; the gate knows afterwards.
  bool connected() {
    if (session_.is_open() && !session_.peer_left()) return true;
    if (down_ && steady::now() < next_attempt_) return false;
    auto again = session_.reopen(database_);
    if (again) {
      shared_->meters.database_connects.Increment();
      if (std::exchange(told_down_, false)) {
        log_info("reader reconnected", {kv("reader", index_), kv("failures", backoff_.failures())});
      }
      backoff_.reset();
      down_ = false;
      gate_->report_up(index_);
      look_after(idle_look);
      return true;
    }
    lost(again.error());
    return false;
  }

  void lost(const failure& why) {
    // The first of a series, by the first reader: the others lose the same server.
    if (!down_ && index_ == 0 && why.code != errc::stopping) {
      log_warning("reader lost the database", {kv("reader", index_), kv("reason", to_string(why))});
      told_down_ = true;
    }
    down_ = true;
    gate_->report_down(index_, why);
    const auto delay = backoff_.next();
    next_attempt_ = steady::now() + delay;
    look_after(delay);
  }

  void look_after(std::chrono::milliseconds delay) { tell_self(self_, delay, tick{++turn_}); }

  self_of<reader_state> self_;
  shared_context shared_;
  std::shared_ptr<gate_queue> gate_;
  std::size_t index_;
  database_options database_;
  backoff backoff_;
  pg::session session_{};
  bool down_{};
  bool told_down_{};
  steady::time_point next_attempt_{};
  std::uint64_t turn_{};
};

}  // namespace

reader_actor make_reader(caf::actor_system& system, shared_context shared,
                         std::shared_ptr<gate_queue> gate, std::size_t index,
                         database_options database) {
  return spawn<reader_state, caf::detached>(system, std::move(shared), std::move(gate), index,
                                            std::move(database));
}

}  // namespace td
