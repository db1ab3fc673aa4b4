#include "bench/capacity/capacity.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/capacity/kernel_view.hpp"
#include "bench/capacity/numbers.hpp"
#include "bench/process_usage.hpp"

namespace td::bench {

namespace {

using steady = std::chrono::steady_clock;

plant plant_of(const capacity_options& o) {
  const auto& ingest = o.where.set.ingest;
  return {.cores = usable_cores(),
          .lanes = static_cast<unsigned>(ingest.lanes),
          .validators = static_cast<unsigned>(ingest.validators),
          .connections = static_cast<unsigned>(o.where.set.database.connections),
          .producers = o.form.producers,
          .batch_events = static_cast<double>(ingest.batch_events),
          .batch_bytes = static_cast<double>(ingest.batch_bytes)};
}

class planner {
 public:
  planner(const capacity_options& options, stop_signal& stop, capacity_watcher& watcher)
      : options_{options}, stop_{stop}, watcher_{watcher} {}

  result<capacity_result> run() {
    found_.asked = options_;
    found_.started_at = now();
    found_.here = plant_of(options_);
    const auto begun = steady::now();
    watcher_.say(
        options_.where.given
            ? fmt::format("publishing made-up events to {}:{}, stored in the database that "
                          "{} names",
                          options_.where.set.mqtt.host, options_.where.set.mqtt.port,
                          options_.where.given->config)
            : "making an instance to measure: PostgreSQL, Mosquitto, service");
    auto place = site::open(options_.where, stop_);
    if (!place) return place.error();
    const auto done = work(**place);
    const auto closed = (*place)->close();
    if (!done) return with_remains(done.error(), closed, options_.where);
    if (!closed) found_.left_behind = to_string(closed.error());
    found_.took_s = std::chrono::duration<double>(steady::now() - begun).count();
    return std::move(found_);
  }

 private:
  result<void> work(site& place) {
    found_.machine = machine_facts(place.data().string());
    found_.versions = place.versions(stop_);
    rate_runner runner{place, options_.form, found_.here, stop_, watcher_};
    // First: a broker that has held a backlog before has memory for the next one already.
    const auto backlog = runner.backlog_bytes(options_.form.outage);
    if (!backlog) return backlog.error();
    auto searched = search_capacity(
        options_.search, [&](double rate, bool long_run) { return runner.measure(rate, long_run); },
        {[&](double rate, trial_kind why) { watcher_.begins(rate, why); },
         [&](const trial& t) { watcher_.ends(t); }});
    if (!searched) return searched.error();
    found_.search = std::move(*searched);
    found_.knee = knee_of(found_.curve());
    name_bottleneck();
    measure_basis(place, *backlog);
    return ok();
  }

  void name_bottleneck() {
    const auto& s = found_.search;
    const auto* answer = s.answer ? &s.trials[*s.answer].seen : nullptr;
    const auto at = s.beyond ? s.beyond : s.answer;
    if (!at) return;
    found_.narrow = find_bottleneck(s.trials[*at].seen, s.trials[*at].judged, answer, found_.here);
  }

  void measure_basis(site& place, std::optional<double> backlog_bytes) {
    const auto& s = found_.search;
    if (!s.answer) return;
    const auto& answer = s.trials[*s.answer].seen;
    sizing_basis basis{.rate = answer.stored, .cost = answer.cost};
    const auto& seen = place.seen();
    if (seen.service > 0) {
      if (const auto most = peak_memory_of(seen.service))
        basis.service_memory = static_cast<double>(*most);
    }
    if (seen.postgres > 0) basis.postgres_memory = memory_of_family(seen.postgres);
    if (seen.broker > 0) {
      if (const auto bytes = memory_of(seen.broker))
        basis.broker_memory = static_cast<double>(*bytes);
    }
    basis.backlog_bytes = backlog_bytes;
    found_.basis = basis;
  }

  const capacity_options& options_;
  stop_signal& stop_;
  capacity_watcher& watcher_;
  capacity_result found_;
};

}  // namespace

std::optional<bool> capacity_result::fits() const {
  if (!asked.search.target) return std::nullopt;
  if (search.rate().value_or(0) >= *asked.search.target) return true;
  // A rate that the system itself refused, at the target or below it, settles it.
  const auto refused = [&](const trial* t) {
    return !t->judged.sustained() && t->judged.what != finding::generator_limited &&
           t->seen.rate <= *asked.search.target;
  };
  const auto words = by_rate(search);
  if (search.generator_limited && std::none_of(words.begin(), words.end(), refused))
    return std::nullopt;
  return false;
}

std::optional<double> capacity_result::headroom() const {
  if (!asked.search.target || !search.rate()) return std::nullopt;
  return *search.rate() / *asked.search.target;
}

std::vector<curve_point> capacity_result::curve() const {
  std::vector<curve_point> points;
  for (const auto& t : search.trials) {
    if (t.judged.sustained()) points.push_back({t.seen.rate, t.seen.p99_ms});
  }
  return curve_of(std::move(points));
}

result<capacity_result> run_capacity(const capacity_options& options, stop_signal& stop,
                                     capacity_watcher& watcher) {
  return planner{options, stop, watcher}.run();
}

std::vector<std::string> caveats_of(const capacity_result& r) {
  std::vector<std::string> all;
  double others = 0;
  for (const auto* t : by_rate(r.search))
    others = std::max(others, foreign_cores(t->seen));
  if (others > 0.1 * r.here.cores) {
    all.push_back(
        fmt::format("The machine was not idle: somebody else used up to {:.1f} of its {} "
                    "cores. Without that it takes more.",
                    others, r.here.cores));
  }
  if (r.search.generator_limited) {
    all.emplace_back(
        "The load generator gave out before the system did: the rate is a lower bound. More "
        "connections (--producers), more of them unacknowledged (--in-flight) or a free core "
        "help.");
  }
  if (std::any_of(r.search.trials.begin(), r.search.trials.end(),
                  [](const trial& t) { return t.seen.cut; })) {
    all.emplace_back(
        "Loads that could not be placed were cut: of these rates latency is at least what is "
        "shown.");
  }
  if (!r.left_behind.empty()) all.push_back("Not everything was removed: " + r.left_behind);
  if (r.search.reached_most) all.emplace_back("No rate failed: the rate is a lower bound.");
  return all;
}

namespace {

std::string nothing_kept(const search_result& s) {
  if (s.trials.empty()) return "no rate was kept up";
  double least = s.trials.front().seen.rate;
  for (const auto& t : s.trials)
    least = std::min(least, t.seen.rate);
  const bool shortly = std::any_of(s.trials.begin(), s.trials.end(),
                                   [](const trial& t) { return t.judged.sustained(); });
  return fmt::format("no rate was {}, down to {}",
                     shortly ? "confirmed by a longer run" : "kept up", per_second(least));
}

}  // namespace

std::string answer_of(const capacity_result& r) {
  const auto rate = r.search.rate();
  const auto target = r.asked.search.target;
  const char* at_least = r.search.generator_limited || r.search.reached_most ? "at least " : "";
  const bool unknown = target && !r.fits();
  if (!rate) {
    const auto none = nothing_kept(r.search);
    if (!target) return none;
    return fmt::format("{} {}: {}", per_second(*target),
                       unknown ? "is not known to fit" : "does not fit",
                       unknown ? "the load generator gave out first" : none);
  }
  const auto kept = fmt::format("{}{} kept up with p99 {}", at_least, per_second(*rate),
                                milliseconds_text(r.search.trials[*r.search.answer].seen.p99_ms));
  if (!target) return kept;
  if (unknown)
    return fmt::format("{} is not known to fit: the load generator gave out first; {}",
                       per_second(*target), kept);
  if (*r.fits())
    return fmt::format("{} fits: {}, {:.2f} times the target", per_second(*target), kept,
                       *r.headroom());
  return fmt::format("{} does not fit: {}, {:.0f} % of the target", per_second(*target), kept,
                     *r.headroom() * 100);
}

}  // namespace td::bench
