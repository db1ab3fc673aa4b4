#include "actors/supervisor.hpp"

#include <utility>

namespace td {

namespace {

class supervisor_state {
 public:
  using interface = supervisor_actor;
  static constexpr const char* name = "supervisor";

  supervisor_state(self_of<supervisor_state> self, shared_context shared,
                   std::vector<child_spec> table)
      : self_{self}, shared_{std::move(shared)} {
    for (auto& spec : table) {
      const auto rule = spec.rule;
      children_.push_back({std::move(spec), caf::actor{}, restart_history{rule}});
    }
    self_->set_down_handler([this](caf::down_msg& m) { on_down(m); });
    for (std::size_t i = children_.size(); i-- > 0;)
      start(i);
  }

  interface::behavior_type make_behavior() {
    return {
        [this](const stop_all&) -> caf::result<stopped> {
          done_ = self_->template make_response_promise<stopped>();
          for (const auto& c : children_) {
            if (c.spec.hurry_at_once) c.spec.hurry();
          }
          stop_from(0);
          return done_;
        },
        [this](const respawn& r) {
          if (!stopping()) start(r.child);
        },
        [this](const tick& deadline) { kill_if_late(deadline.turn); },
    };
  }

 private:
  struct child {
    child_spec spec;
    caf::actor actor;
    restart_history history;
  };

  bool stopping() const { return done_.pending(); }

  void start(std::size_t i) {
    auto& c = children_[i];
    c.actor = c.spec.make(self_->system());
    self_->monitor(c.actor);
    shared_->board.set(actor_status{c.spec.name, "running", c.history.restarts()});
  }

  void on_down(const caf::down_msg& m) {
    for (std::size_t i = 0; i < children_.size(); ++i) {
      auto& c = children_[i];
      if (!c.actor || c.actor.address() != m.source) continue;
      c.actor = caf::actor{};
      if (!stopping()) {
        restart_later(i);
      } else if (i == stage_) {
        stop_from(i + 1);
      }
      return;
    }
  }

  void restart_later(std::size_t i) {
    auto& c = children_[i];
    const auto delay = c.history.on_end(self_->clock().now());
    if (!delay) {
      shared_->board.set(actor_status{c.spec.name, "gave_up", c.history.restarts()});
      shared_->fatal({errc::internal, c.spec.name + " ended more often than its restart budget"});
      return;
    }
    shared_->board.set(actor_status{c.spec.name, "restarting", c.history.restarts()});
    log_warning("actor restarts", {kv("actor", c.spec.name), kv("after", *delay)});
    tell_self(self_, *delay, respawn{i});
  }

  void stop_from(std::size_t i) {
    while (i < children_.size() && !children_[i].actor)
      ++i;
    stage_ = i;
    if (i == children_.size()) {
      done_.deliver(stopped{forced_});
      self_->quit();
      return;
    }
    self_->send_exit(children_[i].actor, caf::exit_reason::user_shutdown);
    tell_self(self_, children_[i].spec.stop_within, tick{i});
  }

  /// The stage's time is over: kill, and go on when its down message comes.
  void kill_if_late(std::size_t i) {
    if (!stopping() || stage_ != i || !children_[i].actor) return;
    if (hurry_all()) return tell_self(self_, children_[i].spec.stop_within / 4, tick{i});
    ++forced_;
    log_warning("actor killed: it did not stop in time",
                {kv("actor", children_[i].spec.name), kv("after", children_[i].spec.stop_within)});
    self_->send_exit(children_[i].actor, caf::exit_reason::kill);
    // A detached actor that blocks can't even be killed before its call returns: do not wait.
    self_->demonitor(children_[i].actor);
    children_[i].actor = caf::actor{};
    stop_from(i + 1);
  }

  /// Of all children: a source waits for what a sink waits for. True the first time, when there is
  /// anybody to hurry.
  bool hurry_all() {
    if (std::exchange(hurried_, true)) return false;
    bool any = false;
    for (const auto& c : children_) {
      if (!c.spec.hurry) continue;
      c.spec.hurry();
      any = true;
    }
    if (any) log_warning("stop takes long: the waits for the database end here");
    return any;
  }

  self_of<supervisor_state> self_;
  shared_context shared_;
  std::vector<child> children_;
  caf::typed_response_promise<stopped> done_{};
  std::size_t stage_{};
  std::uint32_t forced_{};
  bool hurried_{};
};

}  // namespace

supervisor_actor make_supervisor(caf::actor_system& system, shared_context shared,
                                 std::vector<child_spec> table) {
  return spawn<supervisor_state>(system, std::move(shared), std::move(table));
}

}  // namespace td
