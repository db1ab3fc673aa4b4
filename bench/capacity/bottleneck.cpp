#include "bench/capacity/bottleneck.hpp"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

namespace td::bench {

namespace {

constexpr double full = 0.88;  // clock ticks, start and end of the window: full looks like this
constexpr double idle_lanes = 0.5;
constexpr double full_batches = 0.5;  // of their bound: the lanes were never empty

std::optional<busy_stage> busiest(const stage_usage& u, std::initializer_list<stage> of) {
  std::optional<busy_stage> best;
  for (const auto s : of) {
    if (u[s] && (!best || *u[s] > best->share)) best = busy_stage{s, *u[s]};
  }
  return best;
}

std::string per_cent(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

/// The longest part of a batch's way.
busy_stage longest_part(const stage_usage& u, const plant& here) {
  // In seconds a lane: each stage's share is one of its own places.
  const auto part = [&](stage s, unsigned places) {
    return busy_stage{s, u.value(s) * places / std::max(1u, here.lanes)};
  };
  const auto parts = {part(stage::commit, here.connections), part(stage::write, here.connections),
                      part(stage::validate, here.validators), part(stage::read, here.lanes)};
  return *std::max_element(parts.begin(), parts.end(),
                           [](const auto& a, const auto& b) { return a.share < b.share; });
}

class finder {
 public:
  finder(const observation& beyond, const judgement& judged, const plant& here)
      : seen_{beyond}, u_{beyond.usage}, judged_{judged}, here_{here} {}

  bottleneck find() {
    if (judged_.what == finding::generator_limited) {
      const bool no_core = u_.value(stage::cpu) >= full && cores_are_ours(seen_);
      return no_core ? crowded() : generator();
    }
    const auto thing = cores_are_ours(seen_) ? busiest(u_, {stage::cpu, stage::broker, stage::disk})
                                             : busiest(u_, {stage::broker, stage::disk});
    const bool overrun = judged_.what == finding::backlog_grows || held_up_by_broker(seen_);
    const bool idle = u_[stage::lane] && *u_[stage::lane] < idle_lanes;
    if (overrun && idle && u_.value(stage::broker) < full) return starved();
    if (thing && thing->share >= full) return worker(*thing);
    if (const auto pool = fullest_pool()) return *pool;
    if (u_.value(stage::lane) >= full && seen_.batch_fill >= full_batches) return lanes();
    return nobody();
  }

 private:
  bottleneck generator() const {
    return {
        .what = stage::generator,
        .share = u_.value(stage::generator),
        .certain = true,
        .why = fmt::format("the generator sent {:.0f} of {:.0f} events/s, its p99 was {:.0f} ms "
                           "late, and the broker did not hold it up: what comes behind was not "
                           "put to the test",
                           seen_.offered, seen_.rate, seen_.late_p99_ms)};
  }

  bottleneck worker(const busy_stage& thing) const {
    return {
        .what = thing.what,
        .share = thing.share,
        .certain = true,
        .why = fmt::format("{} worked {} of the time", what_of(thing.what), per_cent(thing.share))};
  }

  /// The generator had to wait for a core like everybody else.
  bottleneck crowded() const {
    auto b = worker({stage::cpu, u_.value(stage::cpu)});
    b.why += fmt::format(", and the load generator, which shares them, was {:.0f} ms late",
                         seen_.late_p99_ms);
    return b;
  }

  bottleneck starved() const {
    const auto own = u_[stage::broker];
    return {.what = stage::broker,
            .share = own.value_or(0),
            .certain = true,
            .why = fmt::format(
                "the queue stands in front of the lanes, which had nothing to do {} of the time: "
                "the broker does not pass events on{}",
                per_cent(1 - u_.value(stage::lane)),
                own ? fmt::format(", although it used only {} of a core", per_cent(*own)) : "")};
  }

  std::optional<bottleneck> fullest_pool() const {
    const bool no_room = seen_.batch_fill >= full_batches;
    const double connections = no_room ? u_.value(stage::write) + u_.value(stage::commit) : 0;
    const double validators = u_.value(stage::validate);
    if (std::max(connections, validators) < full) return std::nullopt;
    if (validators >= connections) {
      return bottleneck{
          .what = stage::validate,
          .share = validators,
          .certain = true,
          .why = fmt::format("{} worked {} of the time",
                             here_.validators == 1 ? "the one validator" : "the validators",
                             per_cent(validators))};
    }
    const auto part =
        u_.value(stage::commit) > u_.value(stage::write) ? stage::commit : stage::write;
    return bottleneck{
        .what = part,
        .share = std::min(1.0, connections),
        .certain = true,
        .why = fmt::format("the database connections were busy {} of the time: {} in COMMIT, {} in "
                           "the rest",
                           per_cent(std::min(1.0, connections)), per_cent(u_.value(stage::commit)),
                           per_cent(u_.value(stage::write)))};
  }

  bottleneck lanes() const {
    const auto part = longest_part(u_, here_);
    return {.what = part.what,
            .share = u_.value(stage::lane),
            .certain = true,
            .why = fmt::format("the lanes were never idle ({} of the time under way), and {} of "
                               "that time went into {}",
                               per_cent(u_.value(stage::lane)),
                               per_cent(part.share / std::max(0.01, u_.value(stage::lane))),
                               name_of(part.what))};
  }

  bottleneck nobody() const {
    const auto most = by_share(seen_);
    const busy_stage top = most.empty() ? busy_stage{} : most.front();
    return {.what = top.what,
            .share = top.share,
            .why = fmt::format("nothing was busy all the time; nearest to it: {}, {}",
                               what_of(top.what), per_cent(top.share))};
  }

  const observation& seen_;
  const stage_usage& u_;
  const judgement& judged_;
  const plant& here_;
};

}  // namespace

std::vector<busy_stage> by_share(const observation& seen) {
  const auto& usage = seen.usage;
  std::vector<busy_stage> all;
  for (std::size_t i = 0; i < stages; ++i) {
    const auto s = static_cast<stage>(i);
    // A lane waits for everybody: it is a sum of the others, not a place.
    if (s == stage::lane || s == stage::generator || !usage[s]) continue;
    // Connections are busy whenever events come; that they are full shows in their batches.
    const bool elastic = s == stage::write || s == stage::commit;
    if (!elastic || seen.batch_fill >= full_batches) all.push_back({s, *usage[s]});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.share > b.share; });
  return all;
}

bottleneck find_bottleneck(const observation& beyond, const judgement& judged,
                           const observation* answer, const plant& here) {
  auto found = finder{beyond, judged, here}.find();
  if (answer != nullptr) found.share_at_answer = answer->usage.value(found.what);
  for (const auto& other : by_share(beyond)) {
    if (other.what == found.what) continue;
    found.next = other;
    break;
  }
  found.changes = advice_for(found.what, beyond, here);
  return found;
}

}  // namespace td::bench
