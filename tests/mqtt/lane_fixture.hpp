#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "mqtt/lane_session.hpp"
#include "mqtt/publisher.hpp"
#include "tests/support/broker.hpp"

namespace td::test {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

inline constexpr auto topic = "tracker/events/tasks/updated";

inline lane_options lane_to(broker_options to, std::string client_id = "lane-0") {
  lane_options o;
  o.broker = std::move(to);
  o.client_id = std::move(client_id);
  o.subscription = "$share/test/tracker/events/#";
  return o;
}

/// Event `number` as a body of `bytes`: the number, then padding.
inline std::string body_of(std::uint64_t number, std::size_t bytes = 0) {
  std::string b = std::to_string(number) + ";";
  if (b.size() < bytes) b.append(bytes - b.size(), 'x');
  return b;
}

inline std::uint64_t number_of(std::string_view body) {
  return std::stoull(std::string(body));
}

/// Publishes the numbers [first, first + count) and returns when the broker has acknowledged all.
inline void publish(const broker_options& to, std::uint64_t first, std::size_t count,
                    std::size_t bytes = 0, const std::string& client_id = "producer",
                    bool retain = false) {
  std::size_t refused = 0;
  auto p = make_publisher(
      {.broker = to,
       .client_id = client_id,
       .window = 500,
       .acknowledged = [&](std::uint64_t, std::uint8_t reason) { refused += reason >= 128; }});
  const auto need = [](const auto& r) {
    if (!r) throw std::runtime_error(to_string(r.error()));
  };
  need(p->connect());
  const auto until = steady::now() + 60s;
  for (std::size_t sent = 0; sent < count || p->in_flight() > 0;) {
    if (steady::now() > until) throw std::runtime_error("publishing took over a minute");
    bool room = sent < count;
    while (room) {
      auto queued = p->publish(topic, body_of(first + sent, bytes), first + sent, retain);
      need(queued);
      if (*queued) ++sent;
      room = *queued && sent < count;
    }
    need(p->poll(100ms));
  }
  if (refused > 0) throw std::runtime_error("the broker refused what the test published");
}

/// Reads into one batch until it holds `count` messages, or a read adds nothing for `within`.
inline void read_until(lane_session& lane, batch& into, std::size_t count,
                       milliseconds within = 5s) {
  while (into.size() < count) {
    const auto added = lane.read(into, within);
    if (!added) throw std::runtime_error(to_string(added.error()));
    if (*added == 0) return;
  }
}

inline std::vector<std::uint64_t> numbers(const batch& b) {
  std::vector<std::uint64_t> all;
  for (const message& m : b.messages())
    all.push_back(number_of(b.body(m)));
  return all;
}

inline std::size_t redelivered(const batch& b) {
  std::size_t n = 0;
  for (const message& m : b.messages())
    n += m.redelivered;
  return n;
}

/// How often each number was acknowledged: the test's "database".
class committed_numbers {
 public:
  void commit(const batch& b) {
    for (const message& m : b.messages())
      ++times_[number_of(b.body(m))];
  }
  std::size_t size() const noexcept { return times_.size(); }
  /// Numbers of [first, first + count) that never came.
  std::size_t missing(std::uint64_t first, std::size_t count) const {
    std::size_t n = 0;
    for (std::uint64_t i = first; i < first + count; ++i)
      n += times_.count(i) == 0;
    return n;
  }
  std::size_t repeated() const {
    std::size_t n = 0;
    for (const auto& [number, times] : times_)
      n += times > 1;
    return n;
  }

 private:
  std::map<std::uint64_t, int> times_;
};

/// Reads, commits and acknowledges until `count` different numbers are in.
inline void consume(lane_session& lane, committed_numbers& into, std::size_t count,
                    milliseconds within = 20s) {
  const auto until = steady::now() + within;
  batch b;
  while (into.size() < count && steady::now() < until) {
    b.clear();
    const auto added = lane.read(b, 200ms);
    if (!added) throw std::runtime_error(to_string(added.error()));
    if (b.empty()) continue;
    into.commit(b);
    if (const auto r = lane.acknowledge(); !r) throw std::runtime_error(to_string(r.error()));
  }
}

template <class R>
std::string text_of(const R& r) {
  return r ? "success" : to_string(r.error());
}

}  // namespace td::test
