#include "bench/limits/limit_drain.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "bench/limits/bare_lane.hpp"
#include "bench/limits/drain_row.hpp"
#include "bench/limits/lane_threads.hpp"
#include "bench/limits/row_copier.hpp"
#include "bench/load/event_form.hpp"

namespace td::bench {

namespace {

class lane {
 public:
  lane(const drain_options& options, std::int32_t number)
      : options_{options},
        broker_{
            {.broker = options.broker,
             .client_id = fmt::format("bench-drain-{}", number),
             .subscription = options.subscription,
             .receive_maximum = options.receive_maximum},
            [this](std::string_view body, std::string_view topic) { return take(body, topic); }},
        database_{number} {
    rows_.reserve(options.limits.events + 1);
  }

  bool open() { return database_.open(options_.database_url) && broker_.open(); }

  /// Reads, stores, acknowledges until `stop`.
  bool run(std::stop_token stop) {
    const auto full = [this] {
      return rows_.size() >= options_.limits.events ||
             rows_.size() * event_form::text.size() >= options_.limits.bytes;
    };
    while (!stop.stop_requested()) {
      if (!broker_.read_burst(rows_.empty(), full)) return false;
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
  bool take(std::string_view body, std::string_view topic) {
    if (body.size() != event_form::text.size() || topic.size() != event_form::topic.size())
      return false;
    const auto index = static_cast<std::int32_t>(rows_.size());
    const auto occurred_at =
        rows_.emplace_back().cut(body, topic, {broker_.burst_at(), database_.batch_id(), index});
    if (index == 0) first_ = last_ = occurred_at;
    first_ = std::min(first_, occurred_at);
    last_ = std::max(last_, occurred_at);
    return true;
  }

  const drain_options& options_;
  bare_lane broker_;
  row_copier database_;
  std::vector<drain_row> rows_;
  timestamp first_{};
  timestamp last_{};
};

}  // namespace

result<void> drain(const drain_options& options, std::stop_token stop, void (*ready)()) {
  mosquitto_lib_init();
  std::vector<std::unique_ptr<lane>> lanes;
  for (std::int32_t i = 1; i <= options.lanes; ++i)
    lanes.push_back(std::make_unique<lane>(options, i));
  for (auto& l : lanes) {
    if (!l->open()) return failure{errc::internal, l->error()};
  }
  ready();
  return run_lanes(lanes, stop, "drain");
}

}  // namespace td::bench
