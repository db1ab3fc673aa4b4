#include "bench/capacity/search.hpp"

#include <algorithm>
#include <cmath>

namespace td::bench {

namespace {

class search {
 public:
  search(const search_plan& plan, const measure_rate& measure, const search_watch& watch)
      : plan_{plan}, measure_{measure}, watch_{watch} {
    // A wish below the usual least is one all the same.
    plan_.least = std::min({plan_.least, plan_.most, plan_.target.value_or(plan_.first)});
  }

  result<search_result> run() {
    const double start = std::clamp(plan_.target.value_or(plan_.first), plan_.least, plan_.most);
    if (auto r = climb(start); !r) return r.error();
    if (auto r = narrow(); !r) return r.error();
    if (auto r = confirm(); !r) return r.error();
    name_beyond();
    return std::move(found_);
  }

 private:
  /// Measures a rate, twice where the first word is doubtful, and moves the bounds.
  result<bool> try_rate(double rate, trial_kind why, bool long_run = false) {
    auto kept = measure(rate, why, long_run);
    // Surprising: nothing has failed so far, or it was close.
    const auto doubtful = [&](const judgement& j) { return j.close || (!high_ && !j.decisive); };
    if (kept && !*kept && doubtful(found_.trials.back().judged))
      kept = measure(rate, trial_kind::again, long_run);
    if (!kept) return kept;
    if (*kept) {
      low_ = std::max(low_.value_or(0), rate);
    } else {
      high_ = std::min(high_.value_or(rate), rate);
    }
    return kept;
  }

  result<bool> measure(double rate, trial_kind why, bool long_run) {
    if (watch_.begins) watch_.begins(rate, why);
    auto seen = measure_(rate, long_run);
    if (!seen) return seen.error();
    const auto judged = judge(*seen, plan_.wanted);
    found_.trials.push_back({why, std::move(*seen), judged});
    if (watch_.ends) watch_.ends(found_.trials.back());
    return judged.sustained();
  }

  result<void> climb(double rate) {
    auto why = plan_.target ? trial_kind::target : trial_kind::climb;
    for (;;) {
      const auto kept = try_rate(rate, why);
      if (!kept) return kept.error();
      why = trial_kind::climb;
      if (*kept && high_) return ok();  // came down to one that is kept up
      if (!*kept && low_) return ok();  // went up to one that is not
      if (*kept ? rate >= plan_.most : rate <= plan_.least) return ok();
      rate = std::clamp(*kept ? rate * 2 : rate / 2, plan_.least, plan_.most);
    }
  }

  result<void> narrow() {
    while (low_ && high_ && *high_ / *low_ > 1 + plan_.precision) {
      const auto kept = try_rate(std::sqrt(*low_ * *high_), trial_kind::narrow);
      if (!kept) return kept.error();
    }
    return ok();
  }

  result<void> confirm() {
    double step = plan_.precision;
    for (unsigned i = 0; low_ && i < plan_.confirms; ++i) {
      const auto rate = *low_;
      const auto kept = try_rate(rate, trial_kind::confirm, true);
      if (!kept) return kept.error();
      if (*kept) {
        found_.answer = found_.trials.size() - 1;
        return ok();
      }
      if (rate <= plan_.least) break;
      low_ = std::max(plan_.least, rate / (1 + step));
      // What was asked is asked: a step must not go over it.
      if (plan_.target && *plan_.target < rate) low_ = std::max(*low_, *plan_.target);
      step *= 2;
    }
    return ok();
  }

  /// The lowest rate above the answer that failed, as it was measured last.
  void name_beyond() {
    const double above = found_.rate().value_or(0);
    for (std::size_t i = 0; i < found_.trials.size(); ++i) {
      const auto& t = found_.trials[i];
      if (t.judged.sustained() || t.seen.rate <= above) continue;
      if (stood_later(i)) continue;
      if (!found_.beyond || t.seen.rate <= found_.trials[*found_.beyond].seen.rate)
        found_.beyond = i;
    }
    found_.reached_most = found_.answer && !found_.beyond;
    found_.generator_limited =
        found_.beyond && found_.trials[*found_.beyond].judged.what == finding::generator_limited;
  }

  bool stood_later(std::size_t i) const {
    return std::any_of(found_.trials.begin() + static_cast<std::ptrdiff_t>(i), found_.trials.end(),
                       [&](const trial& t) {
                         return t.judged.sustained() && t.seen.rate == found_.trials[i].seen.rate;
                       });
  }

  search_plan plan_;
  const measure_rate& measure_;
  const search_watch& watch_;
  search_result found_;
  std::optional<double> low_;   ///< the highest that is kept up
  std::optional<double> high_;  ///< the lowest that is not
};

}  // namespace

std::string_view name_of(trial_kind k) noexcept {
  switch (k) {
    case trial_kind::target:
      return "target";
    case trial_kind::climb:
      return "climb";
    case trial_kind::narrow:
      return "narrow";
    case trial_kind::again:
      return "again";
    case trial_kind::confirm:
      return "confirm";
  }
  return "";
}

std::vector<const trial*> by_rate(const search_result& s) {
  std::vector<const trial*> all;
  for (const auto& t : s.trials) {
    std::erase_if(all, [&](const trial* other) { return other->seen.rate == t.seen.rate; });
    all.push_back(&t);
  }
  std::sort(all.begin(), all.end(),
            [](const trial* a, const trial* b) { return a->seen.rate < b->seen.rate; });
  return all;
}

result<search_result> search_capacity(const search_plan& plan, const measure_rate& measure,
                                      const search_watch& watch) {
  return search{plan, measure, watch}.run();
}

}  // namespace td::bench
