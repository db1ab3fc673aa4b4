#include "bench/limits/limit_broker.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <vector>

#include <fmt/format.h>

#include "bench/limits/bare_lane.hpp"
#include "bench/limits/lane_threads.hpp"
#include "bench/load/event_form.hpp"

namespace td::bench {

namespace {

/// What all lanes have received. Any thread.
class tally {
 public:
  tally(std::uint64_t events, void (*done)(const subscribe_report&))
      : events_{events}, done_{done} {}

  void add(const subscribe_report& burst) {
    const std::lock_guard guard{mutex_};
    const bool first = all_.received == 0;
    all_.first_occurred =
        first ? burst.first_occurred : std::min(all_.first_occurred, burst.first_occurred);
    all_.first_received =
        first ? burst.first_received : std::min(all_.first_received, burst.first_received);
    all_.last_received = std::max(all_.last_received, burst.last_received);
    all_.id_sum += burst.id_sum;
    const bool before = all_.received < events_;
    all_.received += burst.received;
    if (before && all_.received >= events_) done_(all_);
  }

 private:
  std::mutex mutex_;
  std::uint64_t events_;
  void (*done_)(const subscribe_report&);
  subscribe_report all_;
};

class lane {
 public:
  lane(const drain_options& options, std::int32_t number, tally& all)
      : most_{options.limits.events},
        broker_{{.broker = options.broker,
                 .client_id = fmt::format("bench-subscribe-{}", number),
                 .subscription = options.subscription,
                 .receive_maximum = options.receive_maximum},
                [this](std::string_view body, std::string_view, timestamp at) {
                  return take(body, at);
                }},
        all_{all} {}

  bool open() { return broker_.open(); }

  bool run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      if (!broker_.read_burst(burst_.received == 0)) return false;
      if (burst_.received == 0) {
        if (!broker_.keep_alive()) return false;
        continue;
      }
      if (!broker_.acknowledge()) return false;
      burst_.last_received = now();
      all_.add(burst_);
      burst_ = {};
    }
    broker_.leave();
    return true;
  }

  std::string error() const { return broker_.error(); }

 private:
  burst_goes take(std::string_view body, timestamp at) {
    if (body.size() != event_form::text.size()) return burst_goes::awry;
    const auto head = event_form::event_id.in(body).substr(0, 8);
    std::uint32_t id = 0;
    if (std::from_chars(head.data(), head.data() + head.size(), id, 16).ec != std::errc{})
      return burst_goes::awry;
    burst_.id_sum += id;
    if (burst_.received++ == 0) {
      // The first of a burst is the oldest but for some milliseconds.
      const auto occurred_at = parse_rfc3339(event_form::occurred_at.in(body));
      if (!occurred_at) return burst_goes::awry;
      burst_.first_occurred = *occurred_at;
      burst_.first_received = at;
    }
    return burst_.received >= most_ ? burst_goes::full : burst_goes::on;
  }

  std::size_t most_;
  bare_lane broker_;
  tally& all_;
  subscribe_report burst_;
};

}  // namespace

stored_truth subscribe_report::truth() const {
  return {.rows = received,
          .id_sum = id_sum,
          .journalled = received,
          .first_occurred = first_occurred,
          .first_received = first_received,
          .last_committed = last_received};
}

std::string subscribe_report::to_text() const {
  const auto us = [](timestamp t) { return t.time_since_epoch().count(); };
  return fmt::format("{}{} id_sum={} first_occurred_us={} first_received_us={} last_received_us={}",
                     begin, received, id_sum, us(first_occurred), us(first_received),
                     us(last_received));
}

std::optional<subscribe_report> subscribe_report::parse(std::string_view line) {
  const auto take = [&line](std::string_view before, auto& number) {
    if (!line.starts_with(before)) return false;
    line.remove_prefix(before.size());
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return error == std::errc{};
  };
  const auto take_time = [&take](std::string_view before, timestamp& t) {
    std::int64_t us = 0;
    if (!take(before, us)) return false;
    t = timestamp{std::chrono::microseconds{us}};
    return true;
  };
  subscribe_report r;
  if (take(begin, r.received) && take(" id_sum=", r.id_sum) &&
      take_time(" first_occurred_us=", r.first_occurred) &&
      take_time(" first_received_us=", r.first_received) &&
      take_time(" last_received_us=", r.last_received) && line.empty())
    return r;
  return std::nullopt;
}

result<void> subscribe(const drain_options& options, std::uint64_t events, std::stop_token stop,
                       void (*ready)(), void (*done)(const subscribe_report&)) {
  tally all{events, done};
  std::vector<std::unique_ptr<lane>> lanes;
  for (std::int32_t i = 1; i <= options.lanes; ++i)
    lanes.push_back(std::make_unique<lane>(options, i, all));
  for (auto& l : lanes) {
    if (!l->open()) return failure{errc::internal, l->error()};
  }
  ready();
  return run_lanes(lanes, stop, "subscribe");
}

}  // namespace td::bench
