#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "bench/capacity/observation.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// Why a rate is tried.
enum class trial_kind : std::uint8_t {
  target,   ///< the rate that was asked about
  climb,    ///< doubling (or halving, until one is kept up)
  narrow,   ///< between the highest that was kept up and the lowest that was not
  again,    ///< a failure that may have been noise, once more
  confirm,  ///< the answer, for longer
};
std::string_view name_of(trial_kind k) noexcept;

struct trial {
  trial_kind why{};
  observation seen{};
  judgement judged{};
};

/// What to search for, and between which bounds. Rates in events per second.
struct search_plan {
  wish wanted{};
  std::optional<double> target{};
  double first{2000};      ///< where to begin without a target
  double least{10};        ///< below this, and below what is asked, nothing is looked for
  double most{1'000'000};  ///< above this nothing is looked for
  double precision{0.05};  ///< of the answer
  unsigned confirms{16};   ///< long runs until one stands; each step down twice the last: these
                           ///< reach from `most` to `least`
};

struct search_result {
  std::vector<trial> trials{};          ///< in order
  std::optional<std::size_t> answer{};  ///< into trials: the highest rate, confirmed
  std::optional<std::size_t> beyond{};  ///< into trials: the lowest rate that failed above it
  bool generator_limited{};  ///< the generator gave out first: the answer is a lower bound
  bool reached_most{};       ///< no rate failed: the answer is a lower bound

  std::optional<double> rate() const {
    if (!answer) return std::nullopt;
    return trials[*answer].seen.rate;
  }
};

/// Every rate once, rising; of several measurements the last, which counts.
std::vector<const trial*> by_rate(const search_result& s);

/// Finds the highest rate that is kept up. `measure` offers a load and says what it saw
/// (`long_run`: take longer); its first failure ends the search. Doubles from the target (or
/// `first`) up to the first failure, or halves down to the first success; narrows the gap by its
/// geometric middle until it is within `precision`; then confirms with a long run, and takes a rate
/// back that doesn't stand, down to `least`; a target on the way is tried itself. The first failure
/// of all unless it is decisive, and one close to the line, may be noise: they are measured once
/// more, and the second word counts. Deterministic.
using measure_rate = std::function<result<observation>(double rate, bool long_run)>;

/// Told before and after each measurement. Either may be empty.
struct search_watch {
  std::function<void(double rate, trial_kind why)> begins{};
  std::function<void(const trial& t)> ends{};
};
result<search_result> search_capacity(const search_plan& plan, const measure_rate& measure,
                                      const search_watch& watch = {});

}  // namespace td::bench
