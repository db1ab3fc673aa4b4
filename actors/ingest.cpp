#include "actors/ingest.hpp"

#include <ctime>
#include <utility>

#include "pipeline/backoff.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto reconnect_base = 100ms;
constexpr auto reconnect_cap = 1000ms;  // DESIGN section 1: reconnect within 1 s plus jitter
constexpr auto pause_look = 100ms;      // how soon a paused lane notices that it may go on

/// Of the calling thread, in seconds: reading without the waits of its poll.
double thread_cpu() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

class ingest_state {
 public:
  using interface = ingest_actor;
  static constexpr const char* name = "ingest";

  ingest_state(self_of<ingest_state> self, ingest_parts parts)
      : self_{self},
        parts_{std::move(parts)},
        shared_{*parts_.shared},
        source_{"lane " + std::to_string(parts_.slot.slot)},
        retiring_{parts_.slot.retiring},
        backoff_{reconnect_base, reconnect_cap, static_cast<std::uint64_t>(parts_.slot.slot)} {
    self_->set_exit_handler([this](caf::exit_msg&) { stop(); });
    shared_.board.report(dependency_broker, source_, false, "not connected yet");
    show("connecting");
    next_turn(0ms);
  }

  ~ingest_state() {
    parts_.session->drop();
    release(errc::stopping);
    shared_.board.forget(dependency_broker, source_);
    shared_.board.remove_lane(parts_.slot.slot);
    shared_.progress.remove(parts_.slot.slot);
  }

  interface::behavior_type make_behavior() {
    return {
        [this](const pump& p) {
          if (p.turn == turn_) take_turn();
        },
        [this](const retire&) { retiring_ = true; },
    };
  }

 private:
  // -- the loop: connect, read, wait for the verdict, acknowledge ---

  void take_turn() {
    shared_.progress.turned(parts_.slot.slot, clock_now());
    if (!parts_.session->connected()) {
      connect();
    } else {
      read();
    }
  }

  void connect() {
    if (!*parts_.leased) return pause("waits for the lease of its slot");
    if (!shared_.board.up(dependency_database)) return pause("waits for the database");
    const auto start = steady::now();
    const auto session = parts_.session->connect();
    if (!session) return connect_later(session.error());
    ++epoch_;
    connected_at_ = steady::now();
    number_ = 0;
    unsubscribed_ = false;
    shared_.progress.connected(parts_.slot.slot);
    const bool ended = std::exchange(ending_, false);  // by us, though we were not told so
    if (!*session && !ended && (epoch_ > 1 || parts_.known)) report_lost_session();
    shared_.meters.broker_connects.Increment();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(connected_at_ - start);
    shared_.board.report(dependency_broker, source_, true, "", took);
    log_info("lane connected",
             {kv("lane", parts_.slot.slot), kv("epoch", epoch_), kv("session_present", *session)});
    show_reading();
    next_turn(0ms);
  }

  void read() {
    auto& into = fresh_batch();
    const auto before = thread_cpu();
    const auto added = parts_.session->read(into, parts_.idle_wait);
    reading_ += thread_cpu() - before;
    if (!into.empty()) hold(into);
    if (!added) return lose_connection(added.error());
    if (!into.empty()) return submit();
    shared_.progress.quiet(parts_.slot.slot, clock_now());
    if (retiring_) return drain();
    next_turn(parts_.turn_interval);
  }

  void submit() {
    current_->from = {parts_.slot.slot, epoch_, ++number_};
    waiting_ = true;
    read_at_ = steady::now();
    shared_.meters.read_seconds.Observe(std::exchange(reading_, 0));
    current_->expires = read_at_ + shared_.set.ingest.verdict_timeout;
    show("waiting");
    const auto from = current_->from;
    shared_.progress.took(from, held_, clock_now());
    ask(self_, parts_.validators, shared_.set.ingest.verdict_timeout,
        burst{std::shared_ptr<const batch>{current_}})
        .then([this, from](const outcome& o) { conclude(from, o); },
              [this, from](const caf::error& e) { conclude(from, no_verdict(e)); });
  }

  void conclude(const origin& asked, const outcome& o) {
    if (!waiting_ || !current_ || asked != current_->from) {
      shared_.meters.late_verdicts.Increment();
      return;
    }
    waiting_ = false;
    if (o.refused) return give_back(*o.refused);
    if (o.done.of != asked) {
      shared_.meters.late_verdicts.Increment();
      return give_back({errc::internal, "the verdict belongs to another batch"});
    }
    acknowledge(o.done);
  }

  void acknowledge(const verdict& v) {
    shared_.books.settle(held_, v);
    held_ = 0;
    const auto start = steady::now();
    const auto sent = parts_.session->acknowledge();
    const auto end = steady::now();
    shared_.meters.acknowledge_seconds.Observe(std::chrono::duration<double>(end - start).count());
    shared_.meters.batch_seconds.Observe(std::chrono::duration<double>(end - read_at_).count());
    if (!sent) {
      // It is committed, but the broker does not know: it will come again.
      shared_.progress.gave_back(parts_.slot.slot, v.total(), sent.error(), clock_now());
      return lose_connection(sent.error());
    }
    shared_.progress.settled(parts_.slot.slot, clock_now());
    backoff_.reset();  // not when connected: what stops us may lie behind the broker
    if (stopping_) return leave();
    // Now, not at the first quiet moment: under load there is none before UNSUBSCRIBE.
    if (retiring_ && !unsubscribe()) return;
    show_reading();
    next_turn(0ms);
  }

  // -- when it goes wrong ---

  static outcome no_verdict(const caf::error& e) {
    const bool late = e == caf::sec::request_timeout;
    return {{},
            failure{late ? errc::timed_out : errc::overloaded,
                    late ? "no verdict within ingest.verdict_timeout"
                         : "the actor that held the batch has ended"}};
  }

  void give_back(const failure& why) {
    if (is_news())
      log_warning("lane gives its batch back", {kv("lane", parts_.slot.slot), kv("events", held_),
                                                kv("reason", to_string(why))});
    const auto events = held_;
    release(why.code);
    parts_.session->drop();
    if (stopping_) return self_->quit();
    shared_.progress.gave_back(parts_.slot.slot, events, why, clock_now());
    show("paused", why.detail);
    next_turn(backoff_.next());
  }

  void lose_connection(const failure& why) {
    const auto events = held_;
    release(why.code);
    parts_.session->drop();
    if (stopping_) return self_->quit();
    if (events > 0) shared_.progress.gave_back(parts_.slot.slot, events, why, clock_now());
    connect_later(why);
  }

  void connect_later(const failure& why) {
    const bool news = is_news();
    const auto delay = backoff_.next();
    shared_.board.report(dependency_broker, source_, false, to_string(why));
    if (news)
      log_warning("lane lost the broker", {kv("lane", parts_.slot.slot),
                                           kv("reason", to_string(why)), kv("retry_in", delay)});
    show("connecting", to_string(why));
    next_turn(delay);
  }

  /// Of a series of failures the first is told, then one a minute.
  bool is_news() {
    const auto at = self_->clock().now();
    if (backoff_.failures() > 0 && at - told_at_ < 1min) return false;
    told_at_ = at;
    return true;
  }

  void pause(std::string_view why) {
    show("paused", why);
    next_turn(pause_look);
  }

  void report_lost_session() {
    shared_.meters.sessions_lost.Increment();
    log_error("broker lost the lane's session: what it had queued there is gone",
              {kv("lane", parts_.slot.slot), kv("client_id", parts_.slot.client_id),
               kv("mend", "make the broker durable: persistence true, see docs/operating.md")});
  }

  // -- leaving ---

  /// Only with everything acknowledged. False: the connection is lost, and dealt with.
  bool unsubscribe() {
    if (unsubscribed_) return true;
    if (const auto r = parts_.session->unsubscribe(); !r) {
      lose_connection(r.error());
      return false;
    }
    return unsubscribed_ = true;
  }

  void drain() {
    show("draining");
    if (!unsubscribe()) return;
    const auto empty = parts_.session->drained();
    if (!empty) return lose_connection(empty.error());
    if (!*empty) return next_turn(0ms);
    ending_ = true;
    if (const auto r = parts_.session->end_session(); !r) return lose_connection(r.error());
    self_->send(parts_.lanes, lane_drained{parts_.slot.slot});
    self_->quit();
  }

  void stop() {
    stopping_ = true;
    if (waiting_) {
      show("stopping");
      return;
    }
    leave();
  }

  void leave() {
    if (parts_.session->connected()) {
      if (const auto r = parts_.session->leave(); !r)
        log_debug("lane could not leave politely", {kv("reason", to_string(r.error()))});
    }
    self_->quit();
  }

  // -- accounts ---

  batch& fresh_batch() {
    // A batch that somebody still reads (a slow validator, a mirror that timed out) is theirs.
    if (!current_ || current_.use_count() > 1) current_ = std::make_shared<batch>();
    // Pairs with the release in the last foreign owner's decrement: its reads are over.
    std::atomic_thread_fence(std::memory_order_acquire);
    current_->clear();
    return *current_;
  }

  void hold(const batch& b) {
    held_ = b.size();
    received_ += held_;
    shared_.books.receive(held_);
    auto& m = shared_.meters;
    m.received_bytes.Increment(static_cast<double>(b.bytes()));
    std::uint64_t retained = 0, redelivered = 0;
    for (const auto& one : b.messages()) {
      retained += one.retained;
      redelivered += one.redelivered;
    }
    if (retained > 0) m.retained_messages.Increment(static_cast<double>(retained));
    if (redelivered > 0) m.redelivered_messages.Increment(static_cast<double>(redelivered));
  }

  void release(errc why) {
    if (held_ == 0) return;
    shared_.books.give_back(held_);
    shared_.meters.given_back(why, held_);
    held_ = 0;
  }

  void show_reading() { show(retiring_ ? "draining" : "reading"); }

  void show(std::string_view state, std::string_view reason = "") {
    lane_status s;
    s.slot = parts_.slot.slot;
    s.client_id = parts_.slot.client_id;
    s.state = state;
    s.reason = reason;
    s.epoch = epoch_;
    s.connected_at = connected_at_;
    s.in_flight = held_;
    s.received = received_;
    shared_.board.set(std::move(s));
  }

  /// The actors' clock: tests turn it.
  progress_board::clock::time_point clock_now() const { return self_->clock().now(); }

  void next_turn(std::chrono::milliseconds delay) { tell_self(self_, delay, pump{++turn_}); }

  self_of<ingest_state> self_;
  ingest_parts parts_;
  context& shared_;
  std::string source_;
  bool retiring_{};
  backoff backoff_;
  std::shared_ptr<batch> current_;
  std::uint64_t turn_{};
  std::uint64_t epoch_{};
  steady::time_point connected_at_{};
  std::uint64_t number_{};
  std::uint64_t held_{};
  std::uint64_t received_{};
  steady::time_point read_at_{};
  caf::actor_clock::time_point told_at_{};
  double reading_{};  ///< seconds of CPU, of the batch to come
  bool waiting_{};
  bool stopping_{};
  bool unsubscribed_{};
  bool ending_{};  ///< the broker was asked to end the session
};

}  // namespace

ingest_actor make_ingest(caf::actor_system& system, ingest_parts parts) {
  return spawn<ingest_state, caf::detached>(system, std::move(parts));
}

ingest_actor make_scheduled_ingest(caf::actor_system& system, ingest_parts parts) {
  return spawn<ingest_state>(system, std::move(parts));
}

}  // namespace td
