#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/capacity/bottleneck.hpp"
#include "bench/capacity/knee.hpp"
#include "bench/capacity/rate_runner.hpp"
#include "bench/capacity/search.hpp"
#include "bench/capacity/site.hpp"
#include "bench/capacity/sizing.hpp"
#include "bench/machine.hpp"
#include "pipeline/result.hpp"
#include "pipeline/time.hpp"

namespace td::bench {

/// What `taylordash capacity` is asked.
struct capacity_options {
  search_plan search{};
  run_form form{};
  site_request where{};
};

/// What came of it. Plain data.
struct capacity_result {
  capacity_options asked{};
  timestamp started_at{};
  double took_s{};
  facts machine{};
  facts versions{};
  plant here{};
  search_result search{};
  std::optional<curve_point> knee{};
  std::optional<bottleneck> narrow{};
  std::optional<sizing_basis> basis{};
  std::string left_behind{};  ///< why what was made could not be removed; empty: it was

  /// Whether the target is kept up; absent without a target, and when the generator gave out below
  /// it: nobody knows.
  std::optional<bool> fits() const;
  /// Highest rate over target; absent without either.
  std::optional<double> headroom() const;
  std::vector<curve_point> curve() const;  ///< of the rates that were kept up
};

/// Told how the run goes; the caller's thread.
class capacity_watcher : public run_watcher {
 public:
  virtual void begins(double rate, trial_kind why) = 0;  ///< unused rates are not announced
  virtual void ends(const trial& t) = 0;
  virtual void say(const std::string& line) = 0;
};

/// Makes the site, searches, confirms, measures what sizing needs, and removes what it made, also
/// when it fails or is stopped. Failure: there is no answer, and the detail says why and what could
/// not be removed; stopping: the detail is a sentence for people. Blocks for minutes.
result<capacity_result> run_capacity(const capacity_options& options, stop_signal& stop,
                                     capacity_watcher& watcher);

/// What makes the answer doubtful, a sentence each; empty when nothing does.
std::vector<std::string> caveats_of(const capacity_result& r);

/// One sentence: "20,000 events/s fit: 31,200/s are kept up, 1.56 times the target".
std::string answer_of(const capacity_result& r);

}  // namespace td::bench
