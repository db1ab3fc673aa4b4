#include "bench/pipeline/pipeline_bench.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "bench/pipeline/contender.hpp"
#include "bench/servers.hpp"
#include "bench/truth.hpp"

namespace td::bench {

namespace {

constexpr int start_probes = 5;

void say(const std::string& line) {
  fmt::print(stderr, "{}\n", line);
}

class pipeline_bench {
 public:
  pipeline_bench(const pipeline_options& options, bench_servers& servers, truth_reader& truth,
                 stop_signal& stop)
      : options_{options},
        runner_{servers, truth, stop, options.self},
        service_{service_contender(servers, options.lanes, options.service)},
        limit_{limit_contender(servers, options.lanes, options.self)} {}

  result<series> pairs(method how) {
    series s{.how = how};
    // Not counted: the first run on a new cluster makes WAL files that later ones only reuse (a
    // third slower, whoever it is).
    for (const auto* who : {&limit_, &service_}) {
      if (auto warm = run(*who, plan_for(how)); !warm) return warm.error();
    }
    for (std::uint32_t i = 0; i < options_.pairs; ++i) {
      // Who goes first changes from pair to pair, so that drift of the machine favours nobody.
      for (const bool of_service : {i % 2 == 0, i % 2 != 0}) {
        auto done = run(of_service ? service_ : limit_, plan_for(how));
        if (!done) return done.error();
        say(fmt::format("{} pair {}/{}  {:<7} {:>7.0f} events/s  {:5.2f} us CPU per event",
                        name_of(how), i + 1, options_.pairs, done->contender, done->rate,
                        done->microseconds_per_event(done->consumer)));
        (of_service ? s.service : s.limit).push_back(std::move(*done));
      }
    }
    return s;
  }

  result<run_result> paced() {
    auto plan = plan_for(method::paced);
    plan.rate = options_.rate;
    return run(service_, plan);
  }

  /// Share of one core.
  result<double> idle_cpu() {
    const auto used = runner_.idle(service_, options_.idle_for);
    if (!used) return used.error();
    return std::chrono::duration<double>(used->total()) /
           std::chrono::duration<double>(options_.idle_for);
  }

  result<std::vector<double>> start_to_ready_ms() {
    std::vector<double> all;
    for (int i = 0; i < start_probes; ++i) {
      const auto took = runner_.start_to_ready(service_);
      if (!took) return took.error();
      all.push_back(std::chrono::duration<double, std::milli>(*took).count());
    }
    return all;
  }

 private:
  /// Every run has ids of its own.
  run_plan plan_for(method how) {
    return {.how = how,
            .events = options_.events,
            .producers = options_.producers,
            .window = options_.window,
            .seed = options_.seed + runs_++};
  }

  result<run_result> run(const contender& who, const run_plan& plan) {
    auto done = runner_.run(who, plan);
    if (done) return done;
    auto why = done.error();
    why.detail = fmt::format("{} run of {} with seed {}: {}", name_of(plan.how), who.name,
                             plan.seed, why.detail);
    return why;
  }

  const pipeline_options& options_;
  runner runner_;
  contender service_;
  contender limit_;
  std::uint64_t runs_{};
};

}  // namespace

std::vector<double> series::ratios() const {
  std::vector<double> all;
  for (std::size_t i = 0; i < service.size() && i < limit.size(); ++i)
    all.push_back(service[i].rate / limit[i].rate);
  return all;
}

result<pipeline_results> run_pipeline_bench(const pipeline_options& options, stop_signal& stop) {
  pipeline_results all{.options = options, .started_at = now()};
  auto servers = bench_servers::start(options.folder);
  if (!servers) return servers.error();
  auto truth = truth_reader::open((*servers)->database_url());
  if (!truth) return truth.error();
  all.machine = machine_facts((*servers)->folder().string());
  all.versions = version_facts(*truth, options.service, stop);

  pipeline_bench bench{options, **servers, *truth, stop};
  auto idle = bench.idle_cpu();
  if (!idle) return idle.error();
  all.idle_cpu = *idle;
  auto starts = bench.start_to_ready_ms();
  if (!starts) return starts.error();
  all.start_to_ready_ms = std::move(*starts);
  for (const auto how : options.methods) {
    auto done = bench.pairs(how);
    if (!done) return done.error();
    all.methods.push_back(std::move(*done));
  }
  if (options.rate > 0) {
    auto paced = bench.paced();
    if (!paced) return paced.error();
    all.paced = std::move(*paced);
  }
  if (auto gone = (*servers)->stop_and_remove(); !gone) return gone.error();
  return all;
}

}  // namespace td::bench
