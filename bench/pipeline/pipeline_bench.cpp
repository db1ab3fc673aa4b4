#include "bench/pipeline/pipeline_bench.hpp"

#include <algorithm>

#include "bench/pipeline/contender.hpp"
#include "bench/servers.hpp"
#include "bench/truth.hpp"

namespace td::bench {

namespace {

constexpr int start_probes = 5;
constexpr int stop_probes = 3;
// Half a second's load at least, some seconds' at most: it has to go on when the service stops.
constexpr std::uint64_t fewest_stop_events = 30'000;
constexpr std::uint64_t most_stop_events = 200'000;

/// Share of one core.
result<double> idle_cpu(runner& with, const contender& service, std::chrono::milliseconds during) {
  const auto used = with.idle(service, during);
  if (!used) return used.error();
  return std::chrono::duration<double>(used->total()) / std::chrono::duration<double>(during);
}

result<std::vector<double>> start_to_ready_ms(runner& with, const contender& service) {
  std::vector<double> all;
  for (int i = 0; i < start_probes; ++i) {
    const auto took = with.start_to_ready(service);
    if (!took) return took.error();
    all.push_back(std::chrono::duration<double, std::milli>(*took).count());
  }
  return all;
}

result<std::vector<double>> stop_under_load_ms(runner& with, const contender& service,
                                               const bench_setup& setup) {
  std::vector<double> all;
  for (int i = 0; i < stop_probes; ++i) {
    const auto events = std::clamp(setup.events, fewest_stop_events, most_stop_events);
    const auto took = with.stop_under_load(service, {.how = method::live,
                                                     .events = events,
                                                     .producers = setup.producers,
                                                     .window = setup.window,
                                                     .seed = setup.seed});
    if (!took) return took.error();
    all.push_back(std::chrono::duration<double, std::milli>(*took).count());
  }
  return all;
}

}  // namespace

result<pipeline_results> run_pipeline_bench(const pipeline_options& options, stop_signal& stop) {
  pipeline_results all{.options = options};
  const auto& setup = options.setup;
  auto servers = bench_servers::start(setup.folder);
  if (!servers) return servers.error();
  auto truth = truth_reader::open((*servers)->database_url());
  if (!truth) return truth.error();
  all.record = record_of(setup, **servers, *truth, stop);

  runner with{**servers, *truth, stop, setup.self};
  referee match{setup, with};
  const entrant service{service_contender(**servers, setup.lanes, setup.service), setup.events};
  const entrant limit{limit_contender(**servers, setup.lanes, setup.self), setup.events};
  const entrant usual{mosquitto_contender(**servers, setup.lanes, setup.self), setup.events};
  auto idle = idle_cpu(with, service.who, options.idle_for);
  if (!idle) return idle.error();
  all.idle_cpu = *idle;
  auto starts = start_to_ready_ms(with, service.who);
  if (!starts) return starts.error();
  all.start_to_ready_ms = std::move(*starts);
  auto stops = stop_under_load_ms(with, service.who, setup);
  if (!stops) return stops.error();
  all.stop_under_load_ms = std::move(*stops);
  for (const auto how : setup.methods) {
    auto done = match.play(how, {service, limit, usual});
    if (!done) return done.error();
    all.methods.push_back(std::move(*done));
  }
  if (options.rate > 0) {
    auto paced = match.run(service, method::paced, options.rate);
    if (!paced) return paced.error();
    all.paced = std::move(*paced);
  }
  if (auto gone = (*servers)->stop_and_remove(); !gone) return gone.error();
  return all;
}

}  // namespace td::bench
