#include "actors/lanes.hpp"

#include <atomic>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actors/restart_rule.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 1000ms;
constexpr restart_rule lane_rule{20, 60s, 100ms, 2000ms};

class lanes_state {
 public:
  using interface = lanes_actor;
  static constexpr const char* name = "lanes";

  lanes_state(self_of<lanes_state> self, lanes_parts parts)
      : self_{self},
        parts_{std::move(parts)},
        shared_{*parts_.shared},
        planner_{lane_wish_from(shared_.set)} {
    self_->set_down_handler([this](caf::down_msg& m) { on_down(m); });
    self_->set_exit_handler([this](caf::exit_msg& m) { stop(m.reason); });
    self_->send(self_, tick{});
  }

  /// Should LANES itself fail, its lanes end with it; the next LANES takes their slots again.
  ~lanes_state() {
    for (auto& [slot, l] : lanes_) {
      if (!l.actor) continue;
      caf::anon_send_exit(l.actor, caf::exit_reason::kill);
      l.wake_up->wake();
    }
    shared_.board.forget(dependency_database, name);
  }

  interface::behavior_type make_behavior() {
    return {
        [this](const tick&) {
          if (!stopping_) look_around();
        },
        [this](const lane_drained& d) { lanes_[d.slot].drained = true; },
        [this](const respawn& r) {
          if (!stopping_) start(static_cast<std::int32_t>(r.child));
        },
    };
  }

 private:
  struct lane {
    lane_slot slot;
    bool known{};    // its session must already be at the broker
    bool drained{};  // its session has been ended there
    bool lost{};     // its slot is another's: it is ending
    std::optional<caf::actor_clock::time_point> denied_since{};
    ingest_actor actor{};
    std::shared_ptr<waker> wake_up{};
    std::shared_ptr<std::atomic<bool>> leased = std::make_shared<std::atomic<bool>>(true);
    restart_history history{lane_rule};
  };

  // -- once a second ---

  void look_around() {
    if (const auto r = see_to_leases(); !r) {
      shared_.board.report(dependency_database, name, false, r.error().detail);
    } else if (const auto done = follow_plan(); !done) {
      if (disposition_of(done.error().code) == disposition::stop) shared_.fatal(done.error());
      log_warning("lanes could not follow their plan", {kv("reason", to_string(done.error()))});
    } else {
      shared_.board.report(dependency_database, name, true, "");
    }
    tell_self(self_, look_every, tick{});
  }

  /// A lost connection has lost every lease: lanes may not reconnect until theirs is back.
  result<void> see_to_leases() {
    if (store_) {
      const auto confirmed = store_->confirm();
      if (confirmed) return lease_again();
      log_warning("leases lost: lanes pause until they are back",
                  {kv("lanes", lanes_.size()), kv("reason", to_string(confirmed.error()))});
    }
    for (auto& [slot, l] : lanes_)
      *l.leased = false;
    if (!store_) {
      auto opened = parts_.open_store();
      if (!opened) return opened.error();
      store_ = std::move(*opened);
    } else if (const auto again = store_->reconnect(); !again) {
      return again.error();
    }
    return lease_again();
  }

  /// Takes back what is missing, on each round until it is there or known to be another's.
  result<void> lease_again() {
    std::vector<std::int32_t> given_up;
    waits_for_leases_ = false;
    for (auto& [slot, l] : lanes_) {
      if (*l.leased) continue;
      const auto ours = store_->lease(slot);
      if (!ours) return ours.error();
      *l.leased = *ours;
      if (*ours) {
        l.denied_since.reset();
        l.lost = false;
        continue;
      }
      // After a cut the server may not know yet that our last connection is gone.
      const auto at = self_->clock().now();
      if (!l.denied_since) l.denied_since = at;
      if (at - *l.denied_since <= lease_silence + look_every) {
        waits_for_leases_ = true;
        continue;
      }
      if (std::exchange(l.lost, true)) continue;
      log_warning("lane's slot was taken by another node", {kv("lane", slot)});
      if (l.actor) {
        end(l);
      } else {
        given_up.push_back(slot);  // between two lives: nobody else would tell
      }
    }
    for (const auto slot : given_up) {
      lanes_.erase(slot);
      shared_.board.remove_actor(title(slot));
    }
    return ok();
  }

  result<void> follow_plan() {
    if (waits_for_leases_) return ok();
    const auto slots = store_->list();
    if (!slots) return slots.error();
    const auto steps = planner_.plan(*slots, self_->clock().now());
    shared_.board.expect_lanes(planner_.expected());
    for (const auto& step : steps) {
      if (const auto done = take(step, *slots); !done) return done;
    }
    return ok();
  }

  result<void> take(const lane_step& step, const std::vector<lane_store::listed>& slots) {
    switch (step.what) {
      case lane_step::kind::create: {
        const auto made = store_->create(shared_.set.ingest.ordered);
        if (!made) return made.error();
        log_info("lane created", {kv("lane", made->slot), kv("client_id", made->client_id)});
        run(*made, false);
        return ok();
      }
      case lane_step::kind::take:
        return adopt(step.slot, slots, false);
      case lane_step::kind::drain:
        return adopt(step.slot, slots, true);
      case lane_step::kind::retire:
        return retire_own(step.slot);
    }
    return ok();
  }

  result<void> adopt(std::int32_t slot, const std::vector<lane_store::listed>& slots, bool drain) {
    if (lanes_.contains(slot)) return ok();  // ours, and ending: its down message comes first
    const auto leased = store_->lease(slot);
    if (!leased) return leased.error();
    if (!*leased) return ok();  // another node was quicker
    for (const auto& s : slots) {
      if (s.slot.slot != slot) continue;
      auto mine = s.slot;
      if (drain && !mine.retiring) {
        if (const auto r = store_->retire(slot); !r) return r;
        mine.retiring = true;
      }
      log_info(drain ? "lane adopted, to be drained" : "lane taken",
               {kv("lane", slot), kv("client_id", mine.client_id)});
      run(mine, true);
    }
    return ok();
  }

  result<void> retire_own(std::int32_t slot) {
    if (const auto r = store_->retire(slot); !r) return r;
    auto& l = lanes_[slot];
    l.slot.retiring = true;
    log_info("lane retires", {kv("lane", slot)});
    if (l.actor) {
      self_->send(l.actor, retire{});
      l.wake_up->wake();
    }
    return ok();
  }

  // -- children ---

  void run(const lane_slot& slot, bool known) {
    lane fresh;
    fresh.slot = slot;
    fresh.known = known;
    lanes_.insert_or_assign(slot.slot, std::move(fresh));
    start(slot.slot);
  }

  void start(std::int32_t slot) {
    const auto l = lanes_.find(slot);
    if (l == lanes_.end()) return;
    auto& mine = l->second;
    std::shared_ptr<lane_session> session = parts_.open_session(mine.slot);
    mine.wake_up = session->get_waker();
    mine.actor = parts_.spawn_ingest(self_->system(),
                                     {.shared = parts_.shared,
                                      .slot = mine.slot,
                                      .known = mine.known,
                                      .session = std::move(session),
                                      .leased = mine.leased,
                                      .validators = parts_.validators,
                                      .lanes = caf::actor_cast<drained_sink>(self_->ctrl())});
    mine.known = true;
    self_->monitor(mine.actor);
    shared_.board.set(actor_status{title(slot), "running", mine.history.restarts()});
  }

  static std::string title(std::int32_t slot) { return "lane " + std::to_string(slot); }

  void end(lane& l) {
    if (!l.actor) return;
    self_->send_exit(l.actor, caf::exit_reason::user_shutdown);
    l.wake_up->wake();
  }

  void on_down(const caf::down_msg& m) {
    for (auto& [slot, l] : lanes_) {
      if (!l.actor || l.actor.address() != m.source) continue;
      l.actor = ingest_actor{};
      if (stopping_ || !*l.leased || l.drained || !m.reason) {
        forget(slot);
      } else {
        restart_later(slot, l);
      }
      break;
    }
    if (stopping_) quit_when_empty();
  }

  /// The lane has ended for good: drained, stopped, or its slot is another's.
  void forget(std::int32_t slot) {
    const bool drained = lanes_[slot].drained;
    lanes_.erase(slot);
    shared_.board.remove_actor(title(slot));
    if (!store_) return;
    const auto r = drained ? store_->remove(slot) : store_->release(slot);
    if (!r) {
      log_warning("lane's slot could not be given up",
                  {kv("lane", slot), kv("reason", to_string(r.error()))});
    } else if (drained) {
      log_info("lane drained and removed", {kv("lane", slot)});
    }
  }

  void restart_later(std::int32_t slot, lane& l) {
    const auto delay = l.history.on_end(self_->clock().now());
    if (!delay) {
      shared_.board.set(actor_status{title(slot), "gave_up", l.history.restarts()});
      shared_.fatal({errc::internal, title(slot) + " ended more often than its restart budget"});
      return;
    }
    shared_.board.set(actor_status{title(slot), "restarting", l.history.restarts()});
    log_warning("lane restarts", {kv("lane", slot), kv("after", *delay)});
    tell_self(self_, *delay, respawn{static_cast<std::size_t>(slot)});
  }

  // -- leaving ---

  void stop(const caf::error& reason) {
    stopping_ = true;
    stop_reason_ = reason;
    for (auto& [slot, l] : lanes_)
      end(l);
    quit_when_empty();
  }

  void quit_when_empty() {
    for (const auto& [slot, l] : lanes_) {
      if (l.actor) return;
    }
    self_->quit(stop_reason_);
  }

  self_of<lanes_state> self_;
  lanes_parts parts_;
  context& shared_;
  lane_planner planner_;
  std::unique_ptr<lane_store> store_;
  std::map<std::int32_t, lane> lanes_;
  bool waits_for_leases_{};  // so the plan would not count what is ours
  bool stopping_{};
  caf::error stop_reason_{};
};

}  // namespace

broker_options broker_options_from(const settings& s) {
  return {.host = s.mqtt.host,
          .port = s.mqtt.port,
          .username = s.mqtt.username,
          .password = s.mqtt.password,
          .tls = s.mqtt.tls,
          .ca_file = s.mqtt.ca_file,
          .certificate_file = s.mqtt.certificate_file,
          .key_file = s.mqtt.key_file,
          .keepalive = s.mqtt.keepalive,
          .connect_timeout = s.mqtt.connect_timeout};
}

lane_options lane_options_for(const settings& s, const lane_slot& slot) {
  return {
      .broker = broker_options_from(s),
      .client_id = slot.client_id,
      .subscription = slot.ordered ? s.mqtt.filter : "$share/" + s.mqtt.group + "/" + s.mqtt.filter,
      .receive_maximum = s.ingest.receive_maximum,
      .limits = {s.ingest.batch_events, s.ingest.batch_bytes}};
}

lane_wish lane_wish_from(const settings& s) {
  return {.lanes = s.ingest.lanes, .ordered = s.ingest.ordered};
}

lanes_actor make_lanes(caf::actor_system& system, lanes_parts parts) {
  return spawn<lanes_state, caf::detached>(system, std::move(parts));
}

lanes_actor make_scheduled_lanes(caf::actor_system& system, lanes_parts parts) {
  return spawn<lanes_state>(system, std::move(parts));
}

}  // namespace td
