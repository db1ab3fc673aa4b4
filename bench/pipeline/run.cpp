#include "bench/pipeline/run.hpp"

#include <algorithm>
#include <csignal>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

namespace td::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr auto ready_limit = 60s;
constexpr auto load_limit = 10min;
constexpr auto stop_limit = 30s;
constexpr auto progress_limit = 60s;  // a batch takes 0.1 s
constexpr auto look_interval = 50ms;  // for one small query each

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

result<run_result> runner::run(const contender& who, const run_plan& plan) {
  if (auto r = servers_.make_fresh(); !r) return r.error();
  auto done = plan.how == method::backlog ? run_backlog(who, plan) : run_beside(who, plan);
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
  if (auto r = await_decided(published->published, **consumer); !r) return r.error();
  return finish(**consumer, plan, *published, before, usage_now(consumer->get()));
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
  if (auto r = await_decided(published->published, **consumer); !r) return r.error();
  auto after = usage_now(consumer->get());
  after.generator = *generator;
  return finish(**consumer, plan, *published, before, after);
}

result<run_result> runner::finish(child& consumer, const run_plan& plan,
                                  const load_report& published, const usage& before,
                                  const usage& after) {
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
  r.peak_memory = peak_memory_of(consumer.pid()).value_or(0);
  if (auto stopped = stop(consumer); !stopped) return stopped.error();

  auto truth = truth_.read();
  if (!truth) return truth.error();
  r.truth = *truth;
  if (auto exact = check_exact(r.truth, published.published, published.id_sum); !exact)
    return exact.error();
  const auto from = plan.how == method::backlog ? r.truth.first_received : r.truth.first_occurred;
  r.seconds = std::chrono::duration<double>(r.truth.last_committed - from).count();
  r.rate = static_cast<double>(r.truth.rows) / r.seconds;
  if (plan.how != method::paced) return r;
  auto latency = truth_.latency();
  if (!latency) return latency.error();
  r.latency = *latency;
  return r;
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

result<void> runner::await_decided(std::uint64_t events, const child& consumer) {
  std::uint64_t before = 0;
  auto progress = steady::now();
  for (;;) {
    auto decided = truth_.decided();
    if (!decided) return decided.error();
    if (*decided >= events) return ok();
    if (*decided != before) {
      before = *decided;
      progress = steady::now();
    }
    if (!consumer.runs() || steady::now() - progress > progress_limit) {
      return failure{errc::timed_out,
                     fmt::format("{} of {} events are committed, and nothing moves; the consumer "
                                 "wrote last: {}",
                                 *decided, events, consumer.last_words())};
    }
    if (stop_.wait(look_interval)) return failure{errc::stopping, stop_.reason()};
  }
}

runner::usage runner::usage_now(const child* consumer) const {
  usage u{.at = steady::now(), .machine = machine_busy()};
  if (consumer != nullptr) u.consumer = cpu_of(consumer->pid()).value_or(cpu_time{});
  u.broker = cpu_of(servers_.broker_pid()).value_or(cpu_time{});
  u.postgres = cpu_of_family(servers_.postgres_pid()).value_or(cpu_time{});
  u.bench = cpu_of(::getpid()).value_or(cpu_time{});
  return u;
}

}  // namespace td::bench
