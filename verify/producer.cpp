#include "verify/producer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "mqtt/reason.hpp"
#include "verify/waiting.hpp"

namespace td::verify {

namespace {

using namespace std::chrono_literals;

// A repeat's acknowledgement is nobody's business: its token says so.
constexpr std::uint64_t repeated_bit = std::uint64_t{1} << 63;

constexpr std::uint8_t no_matching_subscribers = 0x10;  // MQTT 5.0, section 3.4.2.1
constexpr std::uint8_t first_failure = 0x80;

constexpr std::size_t at_a_time = 256;    // messages made between two looks at the socket
constexpr auto nothing_to_do = 10ms;      // how long to listen to the socket alone
constexpr auto between_attempts = 100ms;  // to connect

}  // namespace

producer::producer(producer_options options, exchange& shared)
    : options_{std::move(options)}, shared_{shared}, maker_{options_.seed, options_.number} {
  publisher_ = make_publisher({.broker = options_.broker,
                               .client_id = fmt::format("taylordash-verify-{}", options_.number),
                               .acknowledged = [this](std::uint64_t token, std::uint8_t reason) {
                                 on_acknowledged(token, reason);
                               }});
}

void producer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    take_stored();
    if (ensure_connected(stop)) {
      probe_where_due();
      const bool more = send();
      const auto polled = publisher_->poll(more ? 0ms : nothing_to_do);
      if (!polled) drop_connection();
    }
    publish_counts();
  }
  publisher_->close();
}

void producer::stored(const std::vector<std::uint64_t>& tokens) {
  const std::lock_guard lock{mutex_};
  stored_.insert(stored_.end(), tokens.begin(), tokens.end());
}

producer_counts producer::count() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

// -- the connection ---

bool producer::ensure_connected(const std::stop_token& stop) {
  const auto current = shared_.broker_generation.load();
  // Its broker is dead, or it found the next one before we were told: it can't be known which.
  if (publisher_->connected() && generation_ != current) drop_connection();
  if (publisher_->connected()) return true;
  if (!mine_.refused.empty()) {
    pause(between_attempts, stop);
    return false;
  }
  generation_ = current;
  if (publisher_->connect()) {
    ++mine_.connections;
    return true;
  }
  pause(between_attempts, stop);
  return false;
}

void producer::drop_connection() {
  publisher_->close();
  box_.connection_lost();
}

void producer::on_acknowledged(std::uint64_t token, std::uint8_t reason) {
  if (reason >= first_failure) {
    mine_.refused = mqtt_reason(reason);
    return;
  }
  if ((token & repeated_bit) != 0) return;
  if (reason == no_matching_subscribers) {
    ++mine_.unheard;
    box_.unheard(token);
    return;
  }
  box_.acknowledged(token, generation_);
  shared_.book.acknowledged(token);
}

// -- the messages ---

void producer::take_stored() {
  std::vector<std::uint64_t> tokens;
  {
    const std::lock_guard lock{mutex_};
    tokens.swap(stored_);
  }
  for (const auto t : tokens) {
    box_.stored(t);
    std::erase(probes_, t);
  }
}

/// Behind a new broker process, and at the end: probes first, then, once everybody's have passed,
/// what the old process took with it.
void producer::probe_where_due() {
  const auto phase = exchange::phase_of(generation_, shared_.finishing);
  if (phase > probed_) {
    probed_ = phase;
    probes_.clear();
    for (std::size_t i = 0; i < barrier::probes_per_producer; ++i) {
      auto m = std::make_shared<const planned_message>(maker_.probe(now()));
      const auto token =
          shared_.book.expect(m->expected, static_cast<std::uint32_t>(options_.number));
      probes_.push_back(token);
      box_.add_in_front(token, std::move(m));
    }
  }
  if (probes_.empty()) shared_.passage.arrive(options_.number, probed_);
  if (resent_for_ < generation_ &&
      shared_.passage.passed() >= exchange::phase_of(generation_, false)) {
    resent_for_ = generation_;
    box_.resend_from_before(generation_);
  }
}

bool producer::plan_done() const noexcept {
  return made_ == options_.messages || shared_.closing;
}

bool producer::may_make() const noexcept {
  return !plan_done() && box_.outstanding() < options_.holds;
}

void producer::make_one() {
  auto m = std::make_shared<const planned_message>(maker_.next(now()));
  const auto token = shared_.book.expect(m->expected, static_cast<std::uint32_t>(options_.number));
  box_.add(token, std::move(m));
  ++made_;
  shared_.published.add();
}

bool producer::send() {
  for (std::size_t i = 0; i < at_a_time; ++i) {
    if (!box_.waiting()) {
      if (!may_make()) return false;
      make_one();
    }
    const auto o = box_.next();
    if (!o) continue;  // it was stored while it waited
    const auto token = o->token | (o->repeated ? repeated_bit : 0);
    const auto taken = publisher_->publish(o->what->topic, o->what->body, token);
    if (!taken) {
      if (taken.error().code == errc::broker_away) return false;  // `poll` will say so too
      // No broker will ever acknowledge it: waited for, it would look lost.
      box_.put_back(*o);
      mine_.refused = to_string(taken.error());
      return false;
    }
    if (!*taken) {
      box_.put_back(*o);
      return false;
    }
  }
  return true;
}

void producer::publish_counts() {
  mine_.box = box_.count();
  mine_.outstanding = box_.outstanding();
  mine_.exhausted = plan_done() && !box_.waiting();
  const std::lock_guard lock{mutex_};
  counts_ = mine_;
}

}  // namespace td::verify
