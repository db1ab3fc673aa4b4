#include "actors/consumer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "pipeline/backoff.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr auto idle_look = 200ms;               // how late an idle consumer sees a new event
constexpr auto lease_look = 1s;                 // another node serves this consumer
constexpr std::uint64_t most_waiting = 10'000;  // then nothing new is taken
constexpr auto trouble_base = 200ms;
constexpr auto trouble_cap = 10s;

class consumer_state {
 public:
  using interface = consumer_actor;
  static constexpr const char* name = "consumer";

  consumer_state(self_of<consumer_state> self, shared_context shared, consumer_rules rules,
                 open_consumer open, consumer_handler handler)
      : self_{self},
        shared_{std::move(shared)},
        rules_{std::move(rules)},
        open_{std::move(open)},
        handler_{std::move(handler)},
        most_due_{rules_.most_events},
        most_new_{rules_.most_events},
        backoff_{trouble_base, trouble_cap, std::hash<std::string>{}(rules_.name)} {
    look_after(0ms);
  }

  interface::behavior_type make_behavior() {
    return {[this](const tick& t) {
      if (t.turn == turn_) look();
    }};
  }

 private:
  void look_after(std::chrono::milliseconds delay) { tell_self(self_, delay, tick{++turn_}); }

  /// Finds the next thing to deliver: what is due and what is new in turn, so that an event which
  /// stops the handler each time does not stop the others.
  void look() {
    const auto leads = lead();
    if (!leads) return trouble(leads.error());
    if (!*leads) return look_after(lease_look);
    due_first_ = !due_first_;
    for (const bool due : {due_first_, !due_first_}) {
      const auto found = due ? take_due() : take_new();
      if (!found) return trouble(found.error());
      if (*found) return;
    }
    rest();
  }

  /// True when something is on its way.
  result<bool> take_due() {
    auto due = store_->due(most_due_);
    if (!due) return due.error();
    if (due->empty()) return false;
    hand_out(*std::move(due), std::nullopt);
    return true;
  }

  result<bool> take_new() {
    // A handler that fails at everything does not move the whole journal into its retries.
    const auto waiting = store_->waiting(most_waiting);
    if (!waiting) return waiting.error();
    if (*waiting >= most_waiting) return false;
    auto stretch = store_->next(most_new_);
    if (!stretch) return stretch.error();
    if (!stretch->moved) return false;
    if (stretch->pruned > 0) {
      log_error("consumer missed events: retention took them before it came to them",
                {kv("consumer", rules_.name), kv("batches", stretch->pruned)});
    }
    if (stretch->events.empty()) {  // of other topics or kinds
      if (const auto r = store_->settle(*stretch, {}); !r) return r.error();
      look_after(0ms);
    } else {
      auto events = std::move(stretch->events);
      hand_out(std::move(events), *std::move(stretch));
    }
    return true;
  }

  result<bool> lead() {
    if (!store_) {
      auto opened = open_();
      if (!opened) return opened.error();
      store_ = *std::move(opened);
    }
    return store_->lead();
  }

  void rest() {
    const auto due = store_->due_in();
    if (!due) return trouble(due.error());
    look_after(*due ? std::clamp(**due, 1ms, idle_look) : idle_look);
  }

  /// With `stretch`, the events are its own; without, they are due retries.
  void hand_out(std::vector<delivery> events, std::optional<journal_stretch> stretch) {
    out_ = std::make_shared<const std::vector<delivery>>(std::move(events));
    stretch_ = std::move(stretch);
    ask(self_, handler_, rules_.handle_within, deliver{out_})
        .then([this](const handled& h) { on_handled(h); },
              [this](const caf::error& e) { on_silence(e); });
  }

  void on_handled(const handled& h) {
    if (h.away) return trouble(*h.away);
    std::set<std::size_t> named;
    for (const auto& f : h.failed) {
      if (f.index >= out_->size() || !named.insert(f.index).second) {
        return trouble({errc::internal, rules_.name + " named a failed event twice, or one that it "
                                                      "was not sent"});
      }
    }
    auto& most = most_of_this();
    most = std::min(rules_.most_events, most * 2);
    settle(h.failed);
  }

  /// How much may be sent at once, of the kind that is on its way.
  std::size_t& most_of_this() { return stretch_ ? most_new_ : most_due_; }

  /// No answer in time: something in it stops the handler.
  void on_silence(const caf::error& e) {
    if (e == caf::sec::request_receiver_down)
      return trouble({errc::overloaded, "the handler of " + rules_.name + " is down"});
    if (out_->size() > 1) {
      most_of_this() = std::max<std::size_t>(1, out_->size() / 2);
      return await_handler();
    }
    settle({{0, failure{errc::timed_out, "the consumer gave no answer in time"}, false}}, false);
    await_handler();
  }

  /// An empty delivery is answered once the handler is free again: what follows is not blamed for
  /// what still stops it.
  void await_handler() {
    ++turn_;  // whatever was planned waits, too
    ask(self_, handler_, rules_.handle_within,
        deliver{std::make_shared<const std::vector<delivery>>()})
        .then([this](const handled&) { look_after(0ms); },
              [this](const caf::error&) {
                tell_trouble({errc::timed_out, "the handler of " + rules_.name + " is stuck"});
                await_handler();
              });
  }

  void settle(const std::vector<delivery_failure>& failed, bool go_on = true) {
    result<void> done = ok();
    if (stretch_) {
      stretch_->events = *out_;
      done = store_->settle(*stretch_, failed);
    } else {
      done = store_->settle_due(*out_, failed);
    }
    if (!done) return trouble(done.error());
    shared_->meters.deliveries_failed.Increment(static_cast<double>(failed.size()));
    shared_->meters.deliveries_handled.Increment(static_cast<double>(out_->size() - failed.size()));
    if (std::exchange(told_, false)) log_info("consumer goes on", {kv("consumer", rules_.name)});
    backoff_.reset();
    if (go_on) look_after(0ms);
  }

  /// Nothing was settled, so all of it comes again.
  void trouble(const failure& why) {
    if (why.code == errc::stopping) return;
    tell_trouble(why);
    // A refused settle means that our idea of the consumer is old.
    const bool anew = why.code == errc::database_away || why.code == errc::lease_lost;
    if (anew && store_ && !store_->reconnect()) store_.reset();
    look_after(backoff_.next());
  }

  void tell_trouble(const failure& why) {
    if (!std::exchange(told_, true))
      log_warning("consumer waits", {kv("consumer", rules_.name), kv("reason", to_string(why))});
  }

  self_of<consumer_state> self_;
  shared_context shared_;
  consumer_rules rules_;
  open_consumer open_;
  consumer_handler handler_;
  std::unique_ptr<consumer_store> store_;
  std::shared_ptr<const std::vector<delivery>> out_;  // what the handler has
  std::optional<journal_stretch> stretch_;
  std::size_t most_due_;
  std::size_t most_new_;
  bool due_first_{};
  backoff backoff_;
  bool told_{};  // the log's last word is that it waits
  std::uint64_t turn_{};
};

}  // namespace

consumer_actor make_consumer(caf::actor_system& system, shared_context shared, consumer_rules rules,
                             open_consumer open, consumer_handler handler) {
  return spawn<consumer_state, caf::detached>(system, std::move(shared), std::move(rules),
                                              std::move(open), std::move(handler));
}

consumer_actor make_scheduled_consumer(caf::actor_system& system, shared_context shared,
                                       consumer_rules rules, open_consumer open,
                                       consumer_handler handler) {
  return spawn<consumer_state>(system, std::move(shared), std::move(rules), std::move(open),
                               std::move(handler));
}

}  // namespace td
