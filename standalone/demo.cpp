#include "standalone/demo.hpp"

#include <chrono>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "mqtt/publisher.hpp"
#include "pipeline/backoff.hpp"
#include "pipeline/log.hpp"
#include "standalone/demo_world.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr std::size_t most_held = 2000;
constexpr std::size_t window = 200;
constexpr auto look_up = 100ms;  // how often a stop is looked for
constexpr auto farewell = 1s;
constexpr std::uint8_t no_subscriber = 16;
constexpr std::uint8_t refused = 128;

/// An event that nobody has confirmed yet.
struct held_event {
  demo_message message;
  std::uint32_t published{};  // times
  bool on_its_way{};          // on the present connection
  clock::time_point not_before{};
};

/// Everything between making an event and its PUBACK. One thread.
class holder {
 public:
  holder(broker_options broker, std::uint64_t seed)
      : publisher_{make_publisher(
            {.broker = std::move(broker),
             .client_id = fmt::format("demo-{:016x}", seed),
             .window = window,
             .acknowledged = [this](auto token, auto reason) { on_acknowledged(token, reason); }})},
        delays_{200ms, 5s, seed} {}

  bool full() const { return held_.size() >= most_held; }
  bool empty() const { return held_.empty(); }
  void hold(demo_message message) {
    held_.emplace(next_++, held_event{std::move(message), 0, false, {}});
  }

  /// Publishes what is due and moves bytes, for about `wait`.
  void work(std::chrono::milliseconds wait) {
    if (!publisher_->connected() && !reconnect(wait)) return;
    if (!publish_due() || !publisher_->poll(wait)) publisher_->close();
  }

  std::uint64_t acknowledged{};
  std::uint64_t resent{};

 private:
  bool reconnect(std::chrono::milliseconds wait) {
    for (auto& [token, event] : held_)
      event.on_its_way = false;
    if (clock::now() < connect_at_) {
      std::this_thread::sleep_for(std::min<clock::duration>(wait, connect_at_ - clock::now()));
      return false;
    }
    if (const auto connected = publisher_->connect(); !connected) {
      if (delays_.failures() == 0) {
        log_info("demo producer waits for the broker",
                 {kv("reason", to_string(connected.error()))});
      }
      connect_at_ = clock::now() + delays_.next();
      return false;
    }
    delays_.reset();
    return true;
  }

  /// False: the connection is gone.
  bool publish_due() {
    const auto now = clock::now();
    for (auto& [token, event] : held_) {
      if (event.on_its_way || event.not_before > now) continue;
      const auto taken = publisher_->publish(event.message.topic, event.message.body, token);
      if (!taken) return false;
      if (!*taken) return true;  // the window is full
      event.on_its_way = true;
      if (event.published++ > 0) ++resent;
    }
    return true;
  }

  void on_acknowledged(std::uint64_t token, std::uint8_t reason) {
    const auto found = held_.find(token);
    if (found == held_.end()) return;
    if (reason == no_subscriber) {  // nobody has it: the same event again, a moment later
      found->second.on_its_way = false;
      found->second.not_before = clock::now() + 250ms;
      return;
    }
    if (reason >= refused) {
      log_warning("demo event refused by the broker",
                  {kv("topic", found->second.message.topic), kv("reason", reason)});
    } else {
      ++acknowledged;
    }
    held_.erase(found);
  }

  std::map<std::uint64_t, held_event> held_;  // by token, so oldest first
  std::uint64_t next_{1};
  std::unique_ptr<publisher> publisher_;
  backoff delays_;
  clock::time_point connect_at_{};
};

}  // namespace

demo_producer::demo_producer(broker_options broker, std::uint64_t seed)
    : thread_{[this, broker = std::move(broker), seed] { run(broker, seed); }} {}

demo_producer::~demo_producer() {
  stop_ = true;
  thread_.join();
}

demo_counts demo_producer::counts() const noexcept {
  return {events_, broken_, acknowledged_, resent_};
}

void demo_producer::run(broker_options broker, std::uint64_t seed) {
  log_info("demo producer started", {kv("seed", seed)});
  demo_world world{seed};
  demo_pace pace{seed};
  holder events{std::move(broker), seed};
  auto due = clock::now();
  const auto work = [&](std::chrono::milliseconds wait) {
    events.work(wait);
    acknowledged_ = events.acknowledged;
    resent_ = events.resent;
  };
  while (!stop_) {
    for (; !events.full() && due <= clock::now(); due += pace.next()) {
      auto message = world.next(now());
      ++events_;
      if (message.broken) ++broken_;
      events.hold(std::move(message));
    }
    // What could not be made while too many were held is not made up for.
    if (events.full()) due = clock::now() + look_up;
    work(std::clamp(std::chrono::ceil<std::chrono::milliseconds>(due - clock::now()), 1ms,
                    std::chrono::milliseconds{look_up}));
  }
  for (const auto until = clock::now() + farewell; !events.empty() && clock::now() < until;) {
    work(look_up);
  }
}

}  // namespace td
