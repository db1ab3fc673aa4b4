#include "bench/pipeline/run.hpp"

#include <algorithm>
#include <csignal>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "bench/limits/limit_broker.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr auto ready_limit = 60s;
constexpr auto load_limit = 10min;
constexpr auto stop_limit = 30s;
constexpr auto progress_limit = 60s;          // a batch takes 0.1 s
constexpr milliseconds look_interval = 50ms;  // for one small query each
constexpr milliseconds shortest_count_wait = 10ms;
constexpr milliseconds longest_count_wait = 500ms;

}  // namespace

std::string_view name_of(method m) noexcept {
  switch (m) {
    case method::backlog:
      return "backlog";
    case method::live:
      return "live";
    case method::paced:
      return "paced";
  }
  return "";
}

// -- one run ---

/// Everybody's CPU at one moment.
struct runner::usage {
  steady::time_point at{};
  cpu_time consumer{};
  cpu_time broker{};
  cpu_time postgres{};
  cpu_time generator{};
  cpu_time bench{};
  milliseconds machine{};
};

/// What there is to judge when the last event has arrived.
struct runner::end_of_run {
  child& consumer;
  load_report published;
  stored_truth seen;  ///< see await_done
  usage before;
  usage after;
};

result<run_result> runner::run(const contender& who, const run_plan& plan) {
  if (auto r = servers_.make_fresh(); !r) return r.error();
  auto done = who.feeds_itself              ? run_alone(who, plan)
              : plan.how == method::backlog ? run_backlog(who, plan)
                                            : run_beside(who, plan);
  if (done) done->contender = who.name;
  return done;
}

result<run_result> runner::run_backlog(const contender& who, const run_plan& plan) {
  {
    // The sessions have to be there before the events, or the broker has nowhere to put them.
    auto once = start_ready(who);
    if (!once) return once.error();
    if (auto r = stop(**once); !r) return r.error();
  }
  auto load = start_load(plan);
  if (!load) return load.error();
  auto published = await_load(**load, plan);
  if (!published) return published.error();
  if (auto r = (*load)->end(0, stop_limit); !r) return r.error();

  const auto before = usage_now(nullptr);
  auto consumer = start_ready(who);
  if (!consumer) return consumer.error();
  auto seen = await_done(who, published->published, **consumer);
  if (!seen) return seen.error();
  return finish(who, plan, {**consumer, *published, *seen, before, usage_now(consumer->get())});
}

result<run_result> runner::run_beside(const contender& who, const run_plan& plan) {
  auto consumer = start_ready(who);
  if (!consumer) return consumer.error();
  const auto before = usage_now(consumer->get());
  auto load = start_load(plan);
  if (!load) return load.error();
  auto published = await_load(**load, plan);
  if (!published) return published.error();
  auto generator = (*load)->end(0, stop_limit);
  if (!generator) return generator.error();
  auto seen = await_done(who, published->published, **consumer);
  if (!seen) return seen.error();
  auto after = usage_now(consumer->get());
  after.generator = *generator;
  return finish(who, plan, {**consumer, *published, *seen, before, after});
}

result<run_result> runner::run_alone(const contender& who, const run_plan& plan) {
  const auto before = usage_now(nullptr);
  auto consumer = start_ready(who);
  if (!consumer) return consumer.error();
  auto published = await_load(**consumer, plan);
  if (!published) return published.error();
  return finish(who, plan, {**consumer, *published, {}, before, usage_now(consumer->get())});
}

result<run_result> runner::finish(const contender& who, const run_plan& plan,
                                  const end_of_run& end) {
  const auto& before = end.before;
  const auto& after = end.after;
  run_result r;
  r.consumer = after.consumer - before.consumer;
  r.broker = after.broker - before.broker;
  r.postgres = after.postgres - before.postgres;
  r.generator = after.generator;
  const auto ours = (r.consumer + r.broker + r.postgres + r.generator).total() +
                    (after.bench - before.bench).total();
  const auto whole = (after.at - before.at) * std::max(1u, std::thread::hardware_concurrency());
  r.other_cpu = std::max(0.0, std::chrono::duration<double>(after.machine - before.machine - ours) /
                                  std::chrono::duration<double>(whole));
  r.peak_memory = peak_memory_of(end.consumer.pid()).value_or(0);
  if (auto stopped = stop(end.consumer); !stopped) return stopped.error();

  auto truth = truth_of(who, end);
  if (!truth) return truth.error();
  r.truth = *truth;
  if (auto exact = check_exact(r.truth, end.published.published, end.published.id_sum); !exact)
    return exact.error();
  const bool from_the_first_event = plan.how != method::backlog || who.feeds_itself;
  const auto from = from_the_first_event ? r.truth.first_occurred : r.truth.first_received;
  r.seconds = std::chrono::duration<double>(r.truth.last_committed - from).count();
  r.rate = static_cast<double>(r.truth.rows) / r.seconds;
  if (plan.how != method::paced) return r;
  auto latency = truth_.latency();
  if (!latency) return latency.error();
  r.latency = *latency;
  return r;
}

result<stored_truth> runner::truth_of(const contender& who, const end_of_run& end) {
  if (who.truth == truth_source::itself) return end.seen;
  auto truth = truth_.read();
  if (!truth || who.truth == truth_source::journal) return truth;
  truth->journalled = truth->rows;
  truth->last_committed = end.seen.last_committed;
  return truth;
}

// -- beside the runs ---

result<cpu_time> runner::idle(const contender& who, milliseconds during) {
  if (auto r = servers_.make_fresh(); !r) return r.error();
  auto consumer = start_ready(who);
  if (!consumer) return consumer.error();
  const auto before = usage_now(consumer->get());
  if (stop_.wait(during)) return failure{errc::stopping, stop_.reason()};
  const auto used = usage_now(consumer->get()).consumer - before.consumer;
  if (auto r = stop(**consumer); !r) return r.error();
  return used;
}

result<std::chrono::microseconds> runner::start_to_ready(const contender& who) {
  const auto begin = steady::now();
  auto consumer = start_ready(who);
  if (!consumer) return consumer.error();
  const auto took = std::chrono::floor<std::chrono::microseconds>(steady::now() - begin);
  if (auto r = stop(**consumer); !r) return r.error();
  return took;
}

result<std::chrono::microseconds> runner::stop_under_load(const contender& who,
                                                          const run_plan& plan) {
  if (auto r = servers_.make_fresh(); !r) return r.error();
  auto first = start_ready(who);
  if (!first) return first.error();
  auto load = start_load(plan);
  if (!load) return load.error();
  if (auto r = await_done(who, plan.events / 10, **first); !r) return r.error();
  const auto begin = steady::now();
  if (auto r = stop(**first); !r) return r.error();
  const auto took = std::chrono::floor<std::chrono::microseconds>(steady::now() - begin);
  const auto stored = look(who);
  if (!stored) return stored.error();
  if (stored->rows >= plan.events) {
    return failure{
        errc::internal,
        fmt::format("{} events are too few: all were stored before the stop", plan.events)};
  }
  auto second = start_ready(who);
  if (!second) return second.error();
  auto published = await_load(**load, plan);
  if (!published) return published.error();
  if (auto r = await_done(who, published->published, **second); !r) return r.error();
  if (auto r = stop(**second); !r) return r.error();
  auto truth = truth_.read();
  if (!truth) return truth.error();
  if (auto r = check_exact(*truth, published->published, published->id_sum); !r) return r.error();
  return took;
}

// -- processes ---

result<runner::child_ptr> runner::start_ready(const contender& who) {
  auto started = child::start(who.command);
  if (!started) return started;
  if (auto r = (*started)->await_line(who.ready_line, ready_limit, stop_); !r) return r.error();
  return started;
}

result<void> runner::stop(child& consumer) {
  if (auto r = consumer.end(SIGTERM, stop_limit); !r) return r.error();
  return ok();
}

result<runner::child_ptr> runner::start_load(const run_plan& plan) {
  const auto broker = servers_.as_producer();
  child_command load{
      .arguments = {program_, "load", "--events", std::to_string(plan.events), "--producers",
                    std::to_string(plan.producers), "--window", std::to_string(plan.window),
                    "--seed", std::to_string(plan.seed)},
      .environment = {{"MQTT_URL", fmt::format("mqtt://{}:{}", broker.host, broker.port)},
                      {"MQTT_USER", broker.username},
                      {"MQTT_PASSWORD", broker.password}}};
  if (plan.how == method::paced) {
    load.arguments.emplace_back("--rate");
    load.arguments.push_back(fmt::format("{}", plan.rate));
  }
  return child::start(load);
}

result<load_report> runner::await_load(child& load, const run_plan& plan) {
  auto line = load.await_line("load published=", load_limit, stop_);
  if (!line) return line.error();
  const auto report = parse_load_report(*line);
  if (report && report->published == plan.events) return *report;
  return failure{
      errc::accounting_mismatch,
      fmt::format("{} events were to be published; the generator says '{}'", plan.events, *line)};
}

/// Waits until everything is there. What is known of the truth by then: everything (`itself`), the
/// end (`rows`), nothing (`journal`).
result<stored_truth> runner::await_done(const contender& who, std::uint64_t events,
                                        child& consumer) {
  if (who.truth == truth_source::itself) {
    auto line = consumer.await_line(subscribe_report::begin, load_limit, stop_);
    if (!line) return line.error();
    if (const auto report = subscribe_report::parse(*line)) return report->truth();
    return failure{errc::internal, fmt::format("{} wrote '{}'", who.name, *line)};
  }
  truth_reader::seen_rows before;
  auto progress = steady::now();
  for (;;) {
    auto seen = look(who);
    if (!seen) return seen.error();
    if (seen->rows >= events) return stored_truth{.last_committed = seen->at};
    const auto now = steady::now();
    auto wait = look_interval;
    if (seen->rows != before.rows) {
      // Counting rows costs the server something, so it is done seldom until the end is near.
      if (who.truth == truth_source::rows) {
        const auto left = (now - progress) * static_cast<double>(events - seen->rows) /
                          static_cast<double>(seen->rows - before.rows);
        wait = std::clamp(std::chrono::duration_cast<milliseconds>(left / 2), shortest_count_wait,
                          longest_count_wait);
      }
      before = *seen;
      progress = now;
    }
    if (!consumer.runs() || now - progress > progress_limit) {
      return failure{errc::timed_out,
                     fmt::format("{} of {} events are committed, and nothing moves; the consumer "
                                 "wrote last: {}",
                                 seen->rows, events, consumer.last_words())};
    }
    if (stop_.wait(wait)) return failure{errc::stopping, stop_.reason()};
  }
}

result<truth_reader::seen_rows> runner::look(const contender& who) {
  if (who.truth == truth_source::rows) return truth_.rows_now();
  auto decided = truth_.decided();
  if (!decided) return decided.error();
  return truth_reader::seen_rows{.rows = *decided};
}

runner::usage runner::usage_now(const child* consumer) const {
  usage u{.at = steady::now(), .machine = machine_busy()};
  if (consumer != nullptr) u.consumer = cpu_of_family(consumer->pid()).value_or(cpu_time{});
  u.broker = cpu_of(servers_.broker_pid()).value_or(cpu_time{});
  u.postgres = cpu_of_family(servers_.postgres_pid()).value_or(cpu_time{});
  u.bench = cpu_of(::getpid()).value_or(cpu_time{});
  return u;
}

}  // namespace td::bench
