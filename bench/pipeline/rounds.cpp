#include "bench/pipeline/rounds.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace td::bench {

bench_record record_of(const bench_setup& setup, const bench_servers& servers, truth_reader& truth,
                       stop_signal& stop) {
  bench_record r{.started_at = now(),
                 .command = own_command_line(),
                 .machine = machine_facts(servers.folder().string()),
                 .versions = version_facts(truth, setup.service, stop)};
  r.versions.emplace_back("bench", version_line(setup.self, stop));
  return r;
}

std::vector<double> rounds::ratios_to(std::size_t other) const {
  std::vector<double> all;
  if (other >= turns.size()) return all;
  const auto& subject = turns.front().runs;
  const auto& against = turns[other].runs;
  for (std::size_t i = 0; i < subject.size() && i < against.size(); ++i)
    all.push_back(subject[i].rate / against[i].rate);
  return all;
}

result<rounds> referee::play(method how, const std::vector<entrant>& all) {
  rounds r{.how = how};
  for (const auto& one : all)
    r.turns.push_back({.name = one.who.name});
  // From the last on, so that the first run of all is not the subject's.
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    if (auto warm = run(*one, how); !warm) return warm.error();
  }
  for (std::uint32_t i = 0; i < setup_.rounds; ++i) {
    for (std::size_t k = 0; k < all.size(); ++k) {
      const auto turn = (i + k) % all.size();
      auto done = run(all[turn], how);
      if (!done) return done.error();
      fmt::print(stderr, "{} {}/{}  {:<14} {:>7.0f} events/s  {:6.2f} us CPU per event\n",
                 name_of(how), i + 1, setup_.rounds, done->contender, done->rate,
                 done->microseconds_per_event(done->consumer));
      r.turns[turn].runs.push_back(std::move(*done));
    }
  }
  return r;
}

result<run_result> referee::run(const entrant& one, method how, double rate) {
  const run_plan plan{.how = how,
                      .events = one.events,
                      .producers = setup_.producers,
                      .window = setup_.window,
                      .rate = rate,
                      .seed = setup_.seed + runs_++};
  auto done = runner_.run(one.who, plan);
  if (done) return done;
  auto why = done.error();
  why.detail = fmt::format("{} run of {} with seed {}: {}", name_of(how), one.who.name, plan.seed,
                           why.detail);
  return why;
}

}  // namespace td::bench
