#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "actors/restart_rule.hpp"

namespace td {

/// Several actors of one kind behind one address, restarted within their budget. Each lane keeps
/// to one child as long as that lives (its batches stay in order, its mirror's duplicate memory
/// stays warm); lanes spread evenly. With no child alive a request is refused at once and the lane
/// gives its batch back. `Message` is `burst` or `checked`.
template <class Message>
class pool {
 public:
  using interface = handle<outcome(Message), void(respawn)>;
  using child_handle = handle<outcome(Message)>;
  static constexpr const char* name = "pool";

  struct options {
    std::string child_name{};  ///< "validator": children are "validator 0", "validator 1", ...
    std::size_t count{1};
    std::function<child_handle(caf::actor_system&, std::size_t index)> make{};
    restart_rule rule{};
  };

  pool(self_of<pool> self, shared_context shared, options o)
      : self_{self}, shared_{std::move(shared)}, options_{std::move(o)} {
    for (std::size_t i = 0; i < options_.count; ++i) {
      children_.push_back({child_handle{}, restart_history{options_.rule}, 0});
      start(i);
    }
    self_->set_down_handler([this](caf::down_msg& m) { on_down(m); });
    self_->set_exit_handler([this](caf::exit_msg& m) { stop(m.reason); });
  }

  typename interface::behavior_type make_behavior() {
    return {
        [this](const Message& m) -> caf::result<outcome> { return pass_on(m); },
        [this](const respawn& r) {
          if (!stopping_) start(r.child);
        },
    };
  }

 private:
  struct child {
    child_handle actor;
    restart_history history;
    std::uint32_t lanes;
  };

  static const origin& origin_of(const burst& m) { return m.raw->from; }
  static const origin& origin_of(const checked& m) { return m.events->raw->from; }

  caf::result<outcome> pass_on(const Message& m) {
    if (child* c = child_for(origin_of(m).lane)) {
      shared_->progress.works(origin_of(m), title(index_of(*c)), "has it in its mailbox", "",
                              self_->clock().now());
      return self_->delegate(c->actor, m);
    }
    return outcome{{}, failure{errc::overloaded, "no " + options_.child_name + " is running"}};
  }

  child* child_for(std::int32_t lane) {
    const auto seat = seats_.find(lane);
    if (seat != seats_.end() && children_[seat->second].actor) return &children_[seat->second];
    child* best = nullptr;
    for (auto& c : children_) {
      if (c.actor && (!best || c.lanes < best->lanes)) best = &c;
    }
    if (!best) return nullptr;
    if (seat != seats_.end()) --children_[seat->second].lanes;
    ++best->lanes;
    seats_[lane] = index_of(*best);
    return best;
  }

  std::size_t index_of(const child& c) const {
    return static_cast<std::size_t>(&c - children_.data());
  }

  std::string title(std::size_t i) const { return options_.child_name + " " + std::to_string(i); }

  void start(std::size_t i) {
    children_[i].actor = options_.make(self_->system(), i);
    self_->monitor(children_[i].actor);
    shared_->board.set(actor_status{title(i), "running", children_[i].history.restarts()});
  }

  void on_down(const caf::down_msg& m) {
    for (std::size_t i = 0; i < children_.size(); ++i) {
      auto& c = children_[i];
      if (!c.actor || c.actor.address() != m.source) continue;
      c.actor = child_handle{};
      if (stopping_) {
        quit_when_empty();
      } else {
        restart_later(i);
      }
      return;
    }
  }

  void restart_later(std::size_t i) {
    const auto now = self_->clock().now();
    const auto delay = children_[i].history.on_end(now);
    if (!delay) {
      shared_->board.set(actor_status{title(i), "gave_up", children_[i].history.restarts()});
      shared_->fatal({errc::internal, title(i) + " ended more often than its restart budget"});
      return;
    }
    log_warning("actor restarts", {kv("actor", title(i)), kv("after", *delay),
                                   kv("restarts", children_[i].history.restarts())});
    shared_->board.set(actor_status{title(i), "restarting", children_[i].history.restarts()});
    tell_self(self_, *delay, respawn{i});
  }

  void stop(const caf::error& reason) {
    stopping_ = true;
    stop_reason_ = reason;
    for (auto& c : children_) {
      if (c.actor) self_->send_exit(c.actor, reason);
    }
    quit_when_empty();
  }

  void quit_when_empty() {
    for (const auto& c : children_) {
      if (c.actor) return;
    }
    self_->quit(stop_reason_);
  }

  self_of<pool> self_;
  shared_context shared_;
  options options_;
  std::vector<child> children_;
  std::map<std::int32_t, std::size_t> seats_;
  bool stopping_{};
  caf::error stop_reason_{};
};

using validator_pool = pool<burst>;
using mirror_pool = pool<checked>;

}  // namespace td
