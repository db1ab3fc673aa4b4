#include "bench/soak/soak_bench.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace td::bench {

namespace {

using namespace std::chrono_literals;

constexpr double mebibyte = 1u << 20;

soak_course course_of(const std::vector<soak_sample>& samples, double soak_sample::*figure,
                      double part, double least) {
  std::vector<double> x, y;
  const double all = samples.empty() ? 0 : samples.back().seconds;
  const double warm = std::min(60.0, all / 5);
  for (const auto& s : samples) {
    if (s.seconds < warm) continue;
    x.push_back(s.seconds);
    y.push_back(s.*figure);
  }
  soak_course c{.line = trend_of(x, y)};
  c.tolerance = std::max(least, part * c.line.level);
  c.verdict = c.line.judge(c.tolerance);
  return c;
}

}  // namespace

soak_course memory_course(const std::vector<soak_sample>& samples) {
  return course_of(samples, &soak_sample::memory, 0.02, mebibyte);
}

soak_course descriptor_course(const std::vector<soak_sample>& samples) {
  return course_of(samples, &soak_sample::descriptors, 0, 1);
}

result<soak_results> run_soak_bench(const soak_options& options, stop_signal& stop) {
  soak_results all{.options = options, .started_at = now()};
  auto servers = bench_servers::start(options.folder);
  if (!servers) return servers.error();
  auto truth = truth_reader::open((*servers)->database_url());
  if (!truth) return truth.error();
  all.machine = machine_facts((*servers)->folder().string());
  all.versions = version_facts(*truth, options.service, stop);

  const auto begin = now();
  const std::chrono::duration<double> lasts = options.profile.duration();
  double next_word = 60;
  const auto look = [&](pid_t service) {
    const double at = std::chrono::duration<double>(now() - begin).count();
    const auto memory = memory_of(service);
    const auto descriptors = descriptors_of(service);
    if (!memory || !descriptors) return;
    all.samples.push_back({at, static_cast<double>(*memory), static_cast<double>(*descriptors)});
    if (at < next_word) return;
    next_word += 60;
    fmt::print(stderr, "{:.0f} of {:.0f} s: {:.1f} MiB, {} descriptors\n", at, lasts.count(),
               static_cast<double>(*memory) / mebibyte, *descriptors);
  };
  open_runner runs{**servers, *truth, stop, options.self};
  auto done = runs.run(service_contender(**servers, options.lanes, options.service),
                       {.profile = options.profile,
                        .mix = options.mix,
                        .producers = options.producers,
                        .window = options.window,
                        .seed = options.seed},
                       options.profile.duration() < 2min ? 1s : 1min, look);
  if (!done) return done.error();
  all.run = std::move(*done);
  // On the load's clock, and only while it ran: what is freed afterwards is no trend.
  const double offset = std::chrono::duration<double>(all.run.load.started_at - begin).count();
  for (auto& s : all.samples)
    s.seconds -= offset;
  std::erase_if(all.samples, [&](const soak_sample& s) {
    return s.seconds < 0 || s.seconds > std::chrono::duration<double>(all.run.load.took).count();
  });
  if (auto gone = (*servers)->stop_and_remove(); !gone) return gone.error();
  return all;
}

}  // namespace td::bench
