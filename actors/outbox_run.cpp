#include "actors/outbox_run.hpp"

#include <algorithm>

#include "mqtt/reason.hpp"
#include "pipeline/fault_point.hpp"
#include "pipeline/log.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto idle_look = 5s;   // should a notification be lost
constexpr auto look_every = 2s;  // numbers, while there is something to count
constexpr auto tidy_every = 1min;
constexpr auto stay_connected = 10s;      // to the broker, without anything to publish
constexpr auto poll_slice = 100ms;        // how late a stop is noticed
constexpr milliseconds first_settle{10};  // after a PUBACK; twice as long while nothing comes
constexpr milliseconds last_settle{500};
constexpr auto trouble_base = 500ms;
constexpr auto trouble_cap = 30s;

// PUBACK reasons that no repetition changes (MQTT 5.0, table 2-6).
constexpr int topic_name_invalid = 0x90;
constexpr int packet_too_large = 0x95;

failure stop_asked() {
  return {errc::stopping, "the outbox stops"};
}

/// Not a fault of the connection: this row can't be sent at all.
bool is_of_the_row(errc code) {
  return code == errc::topic_not_allowed || code == errc::body_too_large;
}

}  // namespace

outbox_run::outbox_run(outbox_rules rules, metrics& meters, const make_outbox_publisher& make,
                       std::function<bool()> stopping)
    : rules_{rules},
      meters_{meters},
      stopping_{std::move(stopping)},
      publisher_{make([this](std::uint64_t row, std::uint8_t reason) {
        acknowledged_.push_back({static_cast<std::size_t>(row), reason});
      })},
      retry_{trouble_base, trouble_cap, 0},
      settle_after_{first_settle} {}

result<milliseconds> outbox_run::turn(outbox_store& store, clock::time_point now) {
  if (auto r = settle(store, now); !r) return r.error();
  more_ = false;
  if (now >= may_publish_ && waiting_ < rules_.max_unconfirmed) {
    if (auto r = publish(store, now); !r) return r.error();
  }
  if (auto r = care(store, now); !r) return r.error();
  if (more_) return 0ms;
  auto next = now + idle_look;
  if (may_publish_ > now) next = std::min(next, may_publish_);
  if (waiting_ > 0) next = std::min(next, next_settle_);
  next = std::min(next, next_look_);
  return std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(next - now));
}

void outbox_run::rest() {
  publisher_->close();
  meters_.outbox_pending.Set(0);
  meters_.outbox_oldest_seconds.Set(0);
  meters_.outbox_dead_letters.Set(0);
  next_look_ = {};
  forget();
}

// -- what came through ---

result<void> outbox_run::settle(outbox_store& store, clock::time_point now) {
  if (!knows_nothing_ && (waiting_ == 0 || now < next_settle_)) return ok();
  const auto done = store.settle(rules_.confirm_within);
  if (!done) return done.error();
  knows_nothing_ = false;
  waiting_ = done->waiting;
  meters_.outbox_confirmed.Increment(static_cast<double>(done->confirmed));
  for (const auto& r : done->refused)
    refused(r);
  if (!done->refused.empty()) next_look_ = now;
  if (done->to_be_sent > 0) {
    log_warning("outbox publishes again what was not stored in time",
                {kv("events", done->to_be_sent), kv("after", rules_.confirm_within)});
  }
  const bool progress = done->confirmed > 0 || !done->refused.empty();
  settle_after_ = progress ? first_settle : std::min(2 * settle_after_, last_settle);
  next_settle_ = now + settle_after_;
  return ok();
}

void outbox_run::refused(const outbox_refusal& r) {
  meters_.outbox_dead_lettered.Increment();
  log_error("an event of TaylorDash's own was dead-lettered",
            {kv("kind", r.kind), kv("code", r.code), kv("reason", r.detail),
             kv("dead_letter", r.letter)});
}

/// Numbers, and what time takes away.
result<void> outbox_run::care(outbox_store& store, clock::time_point now) {
  if (now >= next_tidy_) {
    const auto done = store.tidy(rules_.keep);
    if (!done) return done.error();
    meters_.outbox_confirmed.Increment(static_cast<double>(done->replayed));
    next_tidy_ = now + tidy_every;
    next_look_ = now;
  }
  if (now < next_look_) return ok();
  const auto state = store.look();
  if (!state) return state.error();
  const auto open = state->pending + state->published;
  meters_.outbox_pending.Set(static_cast<double>(open));
  meters_.outbox_oldest_seconds.Set(std::chrono::duration<double>(state->oldest).count());
  meters_.outbox_dead_letters.Set(static_cast<double>(state->dead_letters));
  next_look_ = open + state->dead_letters > 0 ? now + look_every : next_tidy_;
  return ok();
}

// -- publishing ---

result<void> outbox_run::publish(outbox_store& store, clock::time_point now) {
  const auto most = std::min<std::size_t>(rules_.window, rules_.max_unconfirmed - waiting_);
  const auto rows = store.next(most);
  if (!rows) return rows.error();
  if (rows->empty()) {
    if (publisher_->connected() && now - last_used_ > stay_connected) publisher_->close();
    return ok();
  }
  fault_point("outbox.read");
  next_look_ = std::min(next_look_, now + look_every);
  last_used_ = now;
  const auto done = send(*rows);
  if (!done) return done.error();
  if (!done->published.empty()) fault_point("outbox.published");
  if (auto r = store.mark_published(done->published); !r) return r;
  if (!done->published.empty()) fault_point("outbox.marked");
  meters_.outbox_published.Increment(static_cast<double>(done->published.size()));
  waiting_ += done->published.size();
  settle_after_ = first_settle;
  next_settle_ = std::min(std::max(next_settle_, now), now + settle_after_);
  for (const auto& [id, why] : done->impossible) {
    const auto letter = store.refuse(id, why);
    if (!letter) return letter.error();
    refused(*letter);
  }
  if (!done->is_whole) {
    broker_trouble(done->trouble, now);
    return ok();
  }
  more_ = rows->size() == most;
  retry_.reset();
  if (std::exchange(told_, false)) log_info("outbox goes on");
  return ok();
}

/// An idle connection may have ended unnoticed, so what fails on it is tried on a new one at once.
result<outbox_run::sent> outbox_run::send(const std::vector<outbox_row>& rows) {
  for (bool fresh = !publisher_->connected();; fresh = true) {
    sent out;
    acknowledged_.clear();
    auto done = fresh ? publisher_->connect() : ok();
    for (std::size_t i = 0; done && i < rows.size(); ++i) {
      const auto queued = queue(rows[i], i, out);
      if (!queued) done = queued.error();
    }
    if (done) done = await_acknowledgements(clock::now() + rules_.acknowledge_within);
    if (stopping_()) return stop_asked();
    judge(rows, out);
    if (done) return out;
    publisher_->close();
    if (!fresh && out.published.empty()) continue;
    out.is_whole = false;
    out.trouble = done.error();
    return out;
  }
}

/// True when it is on its way, false when it can't be.
result<bool> outbox_run::queue(const outbox_row& row, std::size_t place, sent& out) {
  for (;;) {
    const auto queued = publisher_->publish(row.topic, row.body, place);
    if (queued && *queued) return true;
    if (!queued && is_of_the_row(queued.error().code)) {
      out.impossible.emplace_back(row.id, queued.error());
      return false;
    }
    if (!queued) return queued.error();
    if (stopping_()) return stop_asked();
    if (auto r = publisher_->poll(poll_slice); !r) return r.error();
  }
}

result<void> outbox_run::await_acknowledgements(clock::time_point until) {
  while (publisher_->in_flight() > 0) {
    if (stopping_()) return stop_asked();
    if (clock::now() >= until)
      return failure{errc::timed_out, "the broker did not acknowledge in time"};
    if (auto r = publisher_->poll(poll_slice); !r) return r;
  }
  return ok();
}

/// What the broker said of each. A refusal of one is trouble for this turn: later ones of the same
/// entity were not in it, so nothing overtakes it.
void outbox_run::judge(const std::vector<outbox_row>& rows, sent& out) {
  for (const auto& a : acknowledged_) {
    const auto& row = rows[a.row];
    if (a.reason == 0) {
      out.published.push_back(row.id);
    } else if (a.reason == packet_too_large || a.reason == topic_name_invalid) {
      out.impossible.emplace_back(
          row.id,
          failure{a.reason == packet_too_large ? errc::body_too_large : errc::topic_not_allowed,
                  "the broker refused it: " + mqtt_reason(a.reason)});
    } else {
      out.is_whole = false;
      out.trouble = {errc::broker_refused, "the broker did not take an event for " + row.topic +
                                               ": " + mqtt_reason(a.reason)};
    }
  }
}

void outbox_run::broker_trouble(const failure& why, clock::time_point now) {
  if (!std::exchange(told_, true)) log_warning("outbox waits", {kv("reason", to_string(why))});
  may_publish_ = now + retry_.next();
}

}  // namespace td
