#include "bench/limits/limit_copy.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "bench/limits/drain_row.hpp"
#include "bench/limits/lane_threads.hpp"
#include "bench/limits/row_copier.hpp"
#include "bench/load/event_form.hpp"

namespace td::bench {

namespace {

class lane {
 public:
  lane(const copy_options& options, std::int32_t number)
      : options_{options}, database_{number}, writer_{options.seed, static_cast<unsigned>(number)} {
    const auto count = static_cast<std::uint64_t>(options.lanes);
    const auto rest = options.events % count;
    left_ = options.events / count + (static_cast<std::uint64_t>(number) <= rest ? 1 : 0);
    most_ = std::max<std::size_t>(
        1, std::min(options.limits.events, options.limits.bytes / event_form::text.size()));
    rows_.reserve(most_);
  }

  bool open() { return database_.open(options_.database_url); }

  bool run(std::stop_token stop) {
    while (left_ > 0 && !stop.stop_requested()) {
      const auto received_at = now();
      rows_.clear();
      for (std::int32_t i = 0; rows_.size() < std::min<std::uint64_t>(most_, left_); ++i) {
        rows_.emplace_back().cut(writer_.next(received_at), event_form::topic,
                                 {received_at, database_.batch_id(), i});
      }
      if (!database_.store(rows_, received_at, received_at)) return false;
      left_ -= rows_.size();
      stored_ += rows_.size();
    }
    return true;
  }

  std::string error() const { return database_.error(); }
  std::uint64_t stored() const noexcept { return stored_; }
  std::uint64_t id_sum() const noexcept { return writer_.id_sum(); }

 private:
  const copy_options& options_;
  row_copier database_;
  event_writer writer_;
  std::vector<drain_row> rows_;
  std::size_t most_{};
  std::uint64_t left_{};
  std::uint64_t stored_{};
};

}  // namespace

result<load_report> copy_rows(const copy_options& options, std::stop_token stop, void (*ready)()) {
  std::vector<std::unique_ptr<lane>> lanes;
  for (std::int32_t i = 1; i <= options.lanes; ++i)
    lanes.push_back(std::make_unique<lane>(options, i));
  for (auto& l : lanes) {
    if (!l->open()) return failure{errc::internal, l->error()};
  }
  ready();
  if (auto r = run_lanes(lanes, stop, "copy"); !r) return r.error();
  load_report report;
  for (const auto& l : lanes) {
    report.published += l->stored();
    report.id_sum += l->id_sum();
  }
  if (report.published < options.events) return failure{errc::stopping, "asked to stop"};
  return report;
}

}  // namespace td::bench
