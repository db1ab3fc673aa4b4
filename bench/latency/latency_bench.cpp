#include "bench/latency/latency_bench.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bench/pipeline/run.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;

void say(const std::string& line) {
  fmt::print(stderr, "{}\n", line);
}

/// What the service stores per second when producers publish as fast as the broker lets them.
result<double> saturated_rate(const latency_options& o, runner& runs, const contender& service) {
  // The first run makes WAL files that later ones reuse, and does not count.
  double rate = 0;
  for (const bool counts : {false, true}) {
    auto done = runs.run(service, {.how = method::live,
                                   .events = counts ? o.saturated_events : o.saturated_events / 4,
                                   .seed = o.seed + (counts ? 1000 : 1001)});
    if (!done) return done.error();
    rate = done->rate;
  }
  say(fmt::format("saturated: {:.0f} events/s", rate));
  return rate;
}

load_profile profile_of(const latency_options& o, double capacity) {
  if (o.profile) return *o.profile;
  const double rate = o.rate > 0 ? o.rate : std::max(1.0, std::floor(capacity / 2));
  return {.pieces = {{rate, rate, o.each}}};
}

void say_run(std::uint32_t number, const latency_options& o, const open_result& r) {
  const auto& l = r.away_from_save;
  say(fmt::format(
      "run {}/{}: {} events, {} saves; away from them p50 {:.2f}, p99 {:.2f}, p99.9 "
      "{:.2f}, most {:.2f} ms",
      number, o.runs, r.load.sent(), r.saves.size(), l.p50_ms, l.p99_ms, l.p999_ms, l.most_ms));
  if (const auto why = distrust(r.load)) say(fmt::format("  do not trust it: {}", *why));
}

}  // namespace

result<latency_results> run_latency_bench(const latency_options& options, stop_signal& stop) {
  latency_results all{.options = options, .started_at = now()};
  auto servers = bench_servers::start(options.folder);
  if (!servers) return servers.error();
  auto truth = truth_reader::open((*servers)->database_url());
  if (!truth) return truth.error();
  all.machine = machine_facts((*servers)->folder().string());
  all.versions = version_facts(*truth, options.service, stop);
  const auto service = service_contender(**servers, options.lanes, options.service);

  if (options.rate <= 0 && !options.profile) {
    runner runs{**servers, *truth, stop, options.self};
    const auto rate = saturated_rate(options, runs, service);
    if (!rate) return rate.error();
    all.capacity = *rate;
  }
  auto commit = truth->commit_time();
  if (!commit) return commit.error();
  all.commit_ms = std::chrono::duration<double, std::milli>(*commit).count();
  all.profile = profile_of(options, all.capacity);

  open_runner runs{**servers, *truth, stop, options.self};
  for (std::uint32_t i = 0; i < options.runs; ++i) {
    auto done = runs.run(service, {.profile = all.profile,
                                   .mix = options.mix,
                                   .producers = options.producers,
                                   .window = options.window,
                                   .seed = options.seed + i});
    if (!done) {
      auto why = done.error();
      why.detail = fmt::format("run {} with seed {}: {}", i + 1, options.seed + i, why.detail);
      return why;
    }
    say_run(i + 1, options, *done);
    all.runs.push_back(std::move(*done));
  }
  if (auto gone = (*servers)->stop_and_remove(); !gone) return gone.error();
  return all;
}

}  // namespace td::bench
