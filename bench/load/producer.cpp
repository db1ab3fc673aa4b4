#include "bench/load/producer.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

namespace td::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr auto patience = 100ms;   // for an acknowledgement, before looking at `stop`
constexpr auto finest_poll = 2ms;  // polling counts in milliseconds; below that the thread sleeps
constexpr std::size_t remembered = 256;         // events that a duplicate is drawn from
constexpr std::uint8_t nobody_subscribes = 16;  // MQTT 5, 3.4.2.1: No matching subscribers

std::vector<unsigned> parts_of(const event_mix& mix) {
  const unsigned broken = mix.invalid + mix.duplicate + mix.out_of_order;
  return {100 - std::min(broken, 100u), mix.invalid, mix.duplicate, mix.out_of_order};
}

std::vector<unsigned> parts_of(const std::vector<size_share>& sizes) {
  std::vector<unsigned> parts;
  for (const auto& s : sizes)
    parts.push_back(s.parts);
  return parts;
}

std::vector<std::size_t> bytes_of(const std::vector<size_share>& sizes) {
  std::vector<std::size_t> bytes;
  for (const auto& s : sizes)
    bytes.push_back(s.bytes);
  return bytes;
}

}  // namespace

producer::producer(const load& what, unsigned number, std::shared_ptr<const timetable> whole)
    : share_{what.total() / what.producers + (number < what.total() % what.producers ? 1 : 0)},
      mix_{what.mix},
      classes_{parts_of(what.mix)},
      sizes_{parts_of(what.mix.sizes)},
      writer_{what.seed, number, bytes_of(what.mix.sizes)},
      random_{what.seed * 100 + number},
      publisher_{make_publisher(
          {.broker = what.broker,
           .client_id = fmt::format("bench-producer-{}", number),
           .window = what.window,
           .acknowledged = [this](std::uint64_t due, std::uint8_t r) { note(due, r); }})} {
  if (whole) schedule_.emplace(std::move(whole), number, what.producers);
}

result<void> producer::run(std::stop_token stop, const beginning& begin) {
  begin_ = begin;
  report_.started_at = begin.time;
  while (acknowledged_ < share_) {
    if (stop.stop_requested()) {
      cut();
      return failure{errc::stopping, "asked to stop"};
    }
    last_round_ = steady::now();
    const auto wait = schedule_ ? publish_due() : publish_window();
    if (!wait) return wait.error();
    if (auto r = hand_over(); !r) return r;
    if (refused_ > 0) {
      return failure{errc::broker_refused, fmt::format("the broker refused {} messages", refused_)};
    }
    if (acknowledged_ == share_) break;
    if (*wait >= finest_poll || !queued_.empty()) {
      const auto most = queued_.empty() ? nanoseconds{patience} : nanoseconds{1ms};
      const auto slice = std::chrono::floor<milliseconds>(std::min(*wait, most));
      if (auto r = publisher_->poll(std::max(slice, milliseconds{1})); !r) return r;
    } else if (*wait > 0ns) {
      std::this_thread::sleep_until(last_round_ + *wait);
    }
  }
  report_.took = std::chrono::ceil<milliseconds>(steady::now() - begin_.at);
  report_.id_sum = writer_.id_sum();
  return ok();
}

/// Ends the report where it stands. What was due and has not been sent is late by at least so much.
void producer::cut() {
  const auto at = steady::now() - begin_.at;
  report_.cut = true;
  report_.took = std::chrono::ceil<milliseconds>(at);
  report_.id_sum = writer_.id_sum();
  report_.unsent = share_ - sent_;
  if (report_.unsent > 0 || !queued_.empty())
    report_.handed_over = std::chrono::ceil<milliseconds>(at);
  if (!schedule_) return;
  if (no_room_) no_room_until_ = at;
  for (const auto due : queued_)
    note_lateness(due, at);
  for (auto i = sent_; i < share_; ++i) {
    const auto due = schedule_->due(i);
    if (due > at) break;
    note_lateness(due, at);
  }
}

void producer::note_lateness(nanoseconds due, nanoseconds at) {
  report_.lateness.record(std::chrono::floor<microseconds>(at - due));
  if (due <= no_room_until_) ++report_.held_up;
}

/// An acknowledgement; called by the publisher.
void producer::note(std::uint64_t due_ns, std::uint8_t reason) noexcept {
  if (reason >= 0x80) {
    ++refused_;
    return;
  }
  ++acknowledged_;
  if (reason == nobody_subscribes) ++report_.unheard;
  if (!schedule_) return;
  const auto due = begin_.at + nanoseconds{due_ns};
  report_.acknowledged.record(std::chrono::floor<microseconds>(steady::now() - due));
}

/// Writes the next event, and counts it as what it is.
std::string_view producer::make(std::optional<timestamp> due) {
  auto kind = static_cast<event_class>(classes_.next());
  if (kind == event_class::duplicate && earlier_.empty()) kind = event_class::plain;
  if (kind == event_class::duplicate) {
    ++report_.duplicates;
    return earlier_[split_mix(random_) % earlier_.size()];
  }
  event_wish wish{.occurred_at = due.value_or(now()),
                  .due = due,
                  .invalid = kind == event_class::invalid,
                  .size = sizes_.next()};
  if (kind == event_class::out_of_order) {
    ++report_.out_of_order;
    const auto most = std::uint64_t{mix_.late_by_seconds} * 1'000'000;
    wish.occurred_at -= microseconds{static_cast<std::int64_t>(1 + split_mix(random_) % most)};
  }
  if (wish.invalid) ++report_.invalid;
  ++report_.published;
  const auto body = writer_.next(wish);
  if (mix_.duplicate == 0 || wish.invalid) return body;
  if (earlier_.size() < remembered) return earlier_.emplace_back(body);
  return earlier_[report_.published % remembered] = body;
}

/// False when the window is full: the same event again next time.
result<bool> producer::publish(nanoseconds due) {
  if (next_.empty()) {
    next_ = make(schedule_ ? std::optional{begin_.time + std::chrono::floor<microseconds>(due)}
                           : std::nullopt);
  }
  auto taken =
      publisher_->publish(event_form::topic, next_, static_cast<std::uint64_t>(due.count()));
  if (!taken || !*taken) return taken;
  ++sent_;
  next_ = {};
  return true;
}

/// Gives the system what is queued, and notes how late that was.
result<void> producer::hand_over() {
  if (queued_.empty()) return ok();
  if (auto r = publisher_->poll(0ms); !r) return r;
  if (!publisher_->flushed()) {
    no_room_ = true;  // the broker doesn't read: nothing but it empties the socket
    return ok();
  }
  const auto at = steady::now() - begin_.at;
  for (const auto due : queued_)
    note_lateness(due, at);
  report_.handed_over = std::chrono::ceil<milliseconds>(at);
  queued_.clear();
  return ok();
}

/// Fills the window. How long to wait for acknowledgements then.
result<nanoseconds> producer::publish_window() {
  while (sent_ < share_) {
    const auto taken = publish(0ns);
    if (!taken) return taken.error();
    if (!*taken) break;
  }
  return patience;
}

/// Queues what is due. How long after the round's begin the next round is, or with nothing to send
/// how long to wait for acknowledgements.
result<nanoseconds> producer::publish_due() {
  const auto elapsed = last_round_ - begin_.at;
  if (no_room_) no_room_until_ = elapsed;  // it had none until now, when there may be some again
  no_room_ = false;
  while (sent_ < share_) {
    const auto due = schedule_->due(sent_);
    if (due > elapsed) return std::max<nanoseconds>(due - elapsed, pace_grain);
    const auto taken = publish(due);
    if (!taken) return taken.error();
    if (!*taken) {
      no_room_ = true;
      return patience;
    }
    queued_.push_back(due);
  }
  return patience;
}

}  // namespace td::bench
