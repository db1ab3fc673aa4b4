#include "actors/session.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace td {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto keys_every = 1min;  // far below the ten minutes that a key is published ahead
constexpr std::uint64_t forget_every = 10;  // of these looks
constexpr auto refuse_for = 1s;    // after a connect that failed: nobody else waits for one
constexpr auto watch_for = 500ms;  // then the mailbox has its turn
constexpr auto watch_again = 1s;   // after a failure

// -- IDENTITY WORKER ---

class worker_state {
 public:
  using interface = identity_worker;
  static constexpr const char* name = "identity worker";

  worker_state(self_of<worker_state> self, std::shared_ptr<identity_desk> desk, open_identity open,
               bool looks_after_keys)
      : self_{self}, desk_{std::move(desk)}, open_{std::move(open)} {
    if (looks_after_keys) self_->send(self_, tick{});
  }

  interface::behavior_type make_behavior() {
    return {
        [this](const identity_work& w) {
          work(*w.task);
          return worked{};
        },
        [this](const tick&) {
          if (auto r = look_after(); !r && r.error().code == errc::stopping) return;
          tell_self(self_, keys_every, tick{});
        },
    };
  }

 private:
  void work(identity_task& task) {
    if (steady::now() > task.expires) {
      task.failed({errc::timed_out, "nobody waits for it any more"});
      return;
    }
    if (auto there = connect(); !there) {
      task.failed(there.error());
      return;
    }
    const auto failed = task.run(*stores_);
    if (failed && failed->code == errc::database_away) stores_.reset();
  }

  result<void> connect() {
    if (stores_) return ok();
    if (self_->clock().now() < refuse_until_) return *refused_;
    auto opened = open_();
    if (!opened) {
      refused_ = opened.error();
      refuse_until_ = self_->clock().now() + refuse_for;
      return *refused_;
    }
    stores_ = *std::move(opened);
    return ok();
  }

  result<void> look_after() {
    auto r = connect();
    if (r) r = renew_keys();
    if (r && ++looks_ % forget_every == 1) {
      const auto gone = stores_->sessions->forget(desk_->rules().lockout, desk_->rules().clock());
      if (!gone) r = gone.error();
    }
    if (r) {
      told_ = false;
      return r;
    }
    if (r.error().code == errc::database_away) stores_.reset();
    if (r.error().code != errc::stopping && !std::exchange(told_, true))
      log_warning("signing keys can't be looked after", {kv("reason", to_string(r.error()))});
    return r;
  }

  result<void> renew_keys() {
    const auto& rules = desk_->rules();
    acting by;
    by.at = rules.clock();
    auto keys = stores_->signing->rotate(rules.secret.signing_keys(), rules.rotation, by);
    if (!keys) return keys.error();
    desk_->put_keys(*std::move(keys));
    return ok();
  }

  self_of<worker_state> self_;
  std::shared_ptr<identity_desk> desk_;
  open_identity open_;
  std::optional<identity_stores> stores_;
  std::optional<failure> refused_;
  caf::actor_clock::time_point refuse_until_{};
  std::uint64_t looks_{};
  bool told_{};
};

// -- SESSION ---

class session_state {
 public:
  using interface = session_actor;
  static constexpr const char* name = "session";

  session_state(self_of<session_state> self, std::shared_ptr<identity_desk> desk,
                std::function<identity_worker(std::size_t)> make_worker, std::size_t workers)
      : self_{self}, desk_{std::move(desk)} {
    for (std::size_t i = 0; i < workers; ++i) {
      workers_.push_back(make_worker(i));
      self_->monitor(workers_.back());
    }
    self_->set_down_handler([this](caf::down_msg& m) { on_down(m); });
    self_->set_exit_handler([this](caf::exit_msg& m) { stop(m.reason); });
    desk_->attach(session_actor{self_});
  }

  ~session_state() { desk_->attach({}); }

  interface::behavior_type make_behavior() {
    return {[this](const identity_work& w) { pass_on(w); }};
  }

 private:
  void pass_on(const identity_work& w) {
    if (stopping_) {
      w.task->failed({errc::stopping, "the service stops"});
      return;
    }
    const auto& worker = workers_[next_++ % workers_.size()];
    ask(self_, worker, identity_service::answer_within, w)
        .then([](const worked&) {},
              [task = w.task](const caf::error&) {
                task->failed({errc::timed_out, "the database did not answer in time"});
              });
  }

  void on_down(const caf::down_msg& m) {
    std::erase_if(workers_, [&](const auto& w) { return w.address() == m.source; });
    if (!stopping_) {
      stop(caf::sec::runtime_error);  // whoever restarts us restarts them
    } else if (workers_.empty()) {
      self_->quit(reason_);
    }
  }

  void stop(const caf::error& reason) {
    stopping_ = true;
    reason_ = reason;
    desk_->attach({});
    for (const auto& w : workers_)
      self_->send_exit(w, caf::exit_reason::user_shutdown);
    if (workers_.empty()) self_->quit(reason_);
  }

  self_of<session_state> self_;
  std::shared_ptr<identity_desk> desk_;
  std::vector<identity_worker> workers_;
  std::size_t next_{};
  bool stopping_{};
  caf::error reason_{};
};

// -- IDENTITY WATCH ---

class watch_state {
 public:
  using interface = identity_watch_actor;
  static constexpr const char* name = "identity watch";

  /// `wait`: how long one look blocks; `pause`: what is left to others between two.
  struct pace {
    std::chrono::milliseconds wait;
    std::chrono::milliseconds pause;
  };

  watch_state(self_of<watch_state> self, std::shared_ptr<identity_desk> desk, open_watch open,
              pace p)
      : self_{self}, desk_{std::move(desk)}, open_{std::move(open)}, pace_{p} {
    self_->send(self_, tick{});
  }
  ~watch_state() { desk_->cache().close(); }

  interface::behavior_type make_behavior() {
    return {[this](const tick&) {
      const auto r = look();
      if (!r && r.error().code == errc::stopping) return;
      if (!r) {
        desk_->cache().close();
        if (!std::exchange(told_, true)) {
          log_warning("revocations can't be heard: nothing is kept",
                      {kv("reason", to_string(r.error()))});
        }
        watch_.reset();
      } else if (std::exchange(told_, false)) {
        log_info("revocations are heard again");
      }
      tell_self(self_, r ? pace_.pause : watch_again, tick{});
    }};
  }

 private:
  result<void> look() {
    if (!watch_) {
      desk_->cache().close();
      auto opened = open_();
      if (!opened) return opened.error();
      watch_ = *std::move(opened);
      desk_->cache().open();
    }
    const auto changes = watch_->wait(pace_.wait);
    if (!changes) return changes.error();
    for (const auto& c : *changes)
      desk_->cache().forget(c);
    return ok();
  }

  self_of<watch_state> self_;
  std::shared_ptr<identity_desk> desk_;
  open_watch open_;
  pace pace_;
  std::unique_ptr<identity_watch> watch_;
  bool told_{};
};

}  // namespace

session_actor make_session(caf::actor_system& system, std::shared_ptr<identity_desk> desk,
                           open_identity open, std::size_t workers) {
  std::function<identity_worker(std::size_t)> make = [&system, desk, open](std::size_t i) {
    return spawn<worker_state, caf::detached>(system, desk, open, i == 0);
  };
  return spawn<session_state>(system, std::move(desk), std::move(make), workers);
}

session_actor make_scheduled_session(caf::actor_system& system, std::shared_ptr<identity_desk> desk,
                                     open_identity open) {
  std::function<identity_worker(std::size_t)> make = [&system, desk, open](std::size_t i) {
    return spawn<worker_state>(system, desk, open, i == 0);
  };
  return spawn<session_state>(system, std::move(desk), std::move(make), std::size_t{1});
}

identity_watch_actor make_identity_watch(caf::actor_system& system,
                                         std::shared_ptr<identity_desk> desk, open_watch open) {
  return spawn<watch_state, caf::detached>(system, std::move(desk), std::move(open),
                                           watch_state::pace{watch_for, 0ms});
}

identity_watch_actor make_scheduled_identity_watch(caf::actor_system& system,
                                                   std::shared_ptr<identity_desk> desk,
                                                   open_watch open) {
  return spawn<watch_state>(system, std::move(desk), std::move(open),
                            watch_state::pace{0ms, 100ms});
}

}  // namespace td
