#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "bench/limits/burst.hpp"
#include "bench/limits/drain_row.hpp"
#include "bench/limits/lane_threads.hpp"
#include "bench/limits/limit_drain.hpp"
#include "bench/limits/row_copier.hpp"
#include "bench/load/event_form.hpp"

namespace td::bench {

/// One lane of a drain: reads through a `Reader` (`bare_lane` or what is like it), cuts rows, has
/// them stored, acknowledges. One thread.
template <class Reader>
class drain_lane {
 public:
  drain_lane(const drain_options& options, std::int32_t number, std::string client_id)
      : limits_{options.limits},
        database_url_{options.database_url},
        broker_{{.broker = options.broker,
                 .client_id = std::move(client_id),
                 .subscription = options.subscription,
                 .receive_maximum = options.receive_maximum},
                [this](std::string_view body, std::string_view topic, timestamp at) {
                  return take(body, topic, at);
                }},
        database_{number} {
    rows_.reserve(limits_.events + 1);
  }

  bool open() { return database_.open(database_url_) && broker_.open(); }

  /// Reads, stores, acknowledges until `stop`.
  bool run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      if (!broker_.read_burst(rows_.empty())) return false;
      if (rows_.empty()) {
        if (!broker_.keep_alive()) return false;
        continue;
      }
      if (!database_.store(rows_, first_, last_)) return false;
      rows_.clear();
      if (!broker_.acknowledge()) return false;
    }
    if (rows_.empty()) broker_.leave();  // else: never stored, and delivered again
    return true;
  }

  std::string error() const {
    return broker_.error().empty() ? database_.error() : broker_.error();
  }

 private:
  burst_goes take(std::string_view body, std::string_view topic, timestamp at) {
    if (body.size() != event_form::text.size() || topic.size() != event_form::topic.size())
      return burst_goes::awry;
    const auto index = static_cast<std::int32_t>(rows_.size());
    const auto occurred_at =
        rows_.emplace_back().cut(body, topic, {at, database_.batch_id(), index});
    if (index == 0) first_ = last_ = occurred_at;
    first_ = std::min(first_, occurred_at);
    last_ = std::max(last_, occurred_at);
    const bool full =
        rows_.size() >= limits_.events || rows_.size() * event_form::text.size() >= limits_.bytes;
    return full ? burst_goes::full : burst_goes::on;
  }

  batch_limits limits_;
  std::string database_url_;
  Reader broker_;
  row_copier database_;
  std::vector<drain_row> rows_;
  timestamp first_{};
  timestamp last_{};
};

/// `drain`, through such readers, whose sessions are called CLIENT-1 and so on.
template <class Reader>
result<void> drain_through(const drain_options& options, std::string_view client,
                           std::stop_token stop, void (*ready)()) {
  std::vector<std::unique_ptr<drain_lane<Reader>>> lanes;
  for (std::int32_t i = 1; i <= options.lanes; ++i)
    lanes.push_back(
        std::make_unique<drain_lane<Reader>>(options, i, fmt::format("{}-{}", client, i)));
  for (auto& l : lanes) {
    if (!l->open()) return failure{errc::internal, l->error()};
  }
  ready();
  return run_lanes(lanes, stop, "drain");
}

}  // namespace td::bench
