#include "actors/outbox.hpp"

#include <utility>

#include "actors/lanes.hpp"
#include "pipeline/uuid.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr auto lease_look = 5s;  // another node publishes
constexpr auto trouble_base = 500ms;
constexpr auto trouble_cap = 30s;

outbox_rules outbox_rules_from(const settings& s) {
  return {
      .window = s.outbox.window, .confirm_within = s.outbox.confirm_within, .keep = s.outbox.keep};
}

class outbox_state_machine {
 public:
  using interface = outbox_actor;
  static constexpr const char* name = "outbox";

  outbox_state_machine(self_of<outbox_state_machine> self, outbox_parts parts)
      : self_{self},
        parts_{std::move(parts)},
        run_{outbox_rules_from(parts_.shared->set), parts_.shared->meters, parts_.make_publisher,
             [stop = parts_.stop] { return stop->interrupted(); }},
        backoff_{trouble_base, trouble_cap, 0} {
    self_->send(self_, tick{});
  }

  interface::behavior_type make_behavior() {
    return {[this](const tick&) {
      const auto again = look();
      if (!again && again.error().code == errc::stopping) return;
      if (!again) return trouble(again.error());
      if (std::exchange(told_, false)) log_info("outbox goes on");
      backoff_.reset();
      tell_self(self_, *again, tick{});
    }};
  }

 private:
  /// One turn, and the sleep after it; returns when the next is due.
  result<std::chrono::milliseconds> look() {
    if (!store_) {
      auto opened = parts_.open_store();
      if (!opened) return opened.error();
      store_ = *std::move(opened);
    }
    const auto leads = store_->lead();
    if (!leads) return leads.error();
    if (!*leads) {
      run_.rest();
      return std::chrono::milliseconds{lease_look};
    }
    const auto idle = run_.turn(*store_, outbox_run::clock::now());
    if (!idle) return idle.error();
    if (auto woken = store_->wait(*idle); !woken) return woken.error();
    return std::chrono::milliseconds{0};
  }

  void trouble(const failure& why) {
    if (!std::exchange(told_, true)) log_warning("outbox waits", {kv("reason", to_string(why))});
    run_.forget();
    if (store_ && !store_->reconnect()) store_.reset();
    tell_self(self_, backoff_.next(), tick{});
  }

  self_of<outbox_state_machine> self_;
  outbox_parts parts_;
  outbox_run run_;
  backoff backoff_;
  std::unique_ptr<outbox_store> store_;
  bool told_{};
};

}  // namespace

outbox_actor make_outbox(caf::actor_system& system, outbox_parts parts) {
  return spawn<outbox_state_machine, caf::detached>(system, std::move(parts));
}

make_outbox_publisher outbox_publisher_for(const settings& s, std::shared_ptr<interrupter> stop) {
  return [s, stop = std::move(stop)](publisher::on_acknowledged acknowledged) {
    return make_publisher({.broker = broker_options_from(s),
                           // A new one each time: no other node's, nor this one's last, is in use.
                           .client_id = "taylordash-outbox-" + to_string(random_uuid()),
                           .window = s.outbox.window,
                           .acknowledged = std::move(acknowledged),
                           .give_up = [stop] { return stop->interrupted(); }});
  };
}

}  // namespace td
