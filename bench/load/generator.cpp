#include "bench/load/generator.hpp"

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <pthread.h>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include "bench/load/producer.hpp"

namespace td::bench {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

cpu_time used_by_this_thread() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  const auto from = [](const timeval& t) {
    return std::chrono::round<milliseconds>(std::chrono::seconds{t.tv_sec} +
                                            microseconds{t.tv_usec});
  };
  return {from(used.ru_utime), from(used.ru_stime)};
}

void add(load_report& to, const load_report& r) {
  to.published += r.published;
  to.id_sum += r.id_sum;
  to.invalid += r.invalid;
  to.out_of_order += r.out_of_order;
  to.duplicates += r.duplicates;
  to.unheard += r.unheard;
  to.lateness.merge(r.lateness);
  to.acknowledged.merge(r.acknowledged);
  to.held_up += r.held_up;
  to.took = std::max(to.took, r.took);
  to.handed_over = std::max(to.handed_over, r.handed_over);
  to.cut = to.cut || r.cut;
  to.unsent += r.unsent;
}

result<void> check(const load& what) {
  if (what.producers == 0 || what.producers > event_writer::most_producers)
    return failure{errc::configuration_invalid, "1 to 100 producers are possible"};
  return check_mix(what.mix);
}

}  // namespace

result<load_report> generate(const load& what, std::stop_token stop) {
  if (auto r = check(what); !r) return r.error();
  std::shared_ptr<const timetable> times;
  if (what.open_loop()) {
    times = std::make_shared<const timetable>(what.profile ? *what.profile
                                                           : constant_rate(what.rate, what.events));
  }
  std::vector<std::unique_ptr<producer>> producers;
  for (unsigned i = 0; i < what.producers; ++i)
    producers.push_back(std::make_unique<producer>(what, i, times));
  for (auto& p : producers) {
    if (auto r = p->connect(); !r) return r.error();
  }
  std::vector<result<void>> ends(producers.size(), ok());
  std::vector<cpu_time> used(producers.size());
  std::stop_source abandon;
  const std::stop_callback forward{stop, [&] { abandon.request_stop(); }};
  const producer::beginning begin{.at = producer::steady::now(), .time = now()};
  if (what.begins) what.begins(begin.at, begin.time);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < producers.size(); ++i) {
      threads.emplace_back([&, i] {
        pthread_setname_np(pthread_self(), "producer");  // for profilers
        ends[i] = producers[i]->run(abandon.get_token(), begin);
        used[i] = used_by_this_thread();
        if (!ends[i]) abandon.request_stop();
      });
    }
  }
  load_report report{.started_at = begin.time};
  std::optional<failure> first;
  for (std::size_t i = 0; i < producers.size(); ++i) {
    add(report, producers[i]->report());
    report.used = report.used + used[i];
    // What failed first is not "stopping": the others stop because of it.
    if (!ends[i] && (!first || first->code == errc::stopping)) first = ends[i].error();
  }
  if (first && first->code != errc::stopping) return *first;
  return report;
}

}  // namespace td::bench
