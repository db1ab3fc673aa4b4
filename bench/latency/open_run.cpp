#include "bench/latency/open_run.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "bench/latency/save_watch.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto ready_limit = 60s;
constexpr auto stop_limit = 30s;
constexpr auto progress_limit = 60s;
constexpr auto look_interval = 50ms;  // for one small query each

/// A folder that nobody else writes to, which goes with us.
class passing_folder {
 public:
  static result<passing_folder> make() {
    auto name = (std::filesystem::temp_directory_path() / "taylordash-load-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return system_failure("cannot make", name);
    return passing_folder{std::move(name)};
  }
  passing_folder(passing_folder&& other) noexcept : name_{std::exchange(other.name_, {})} {}
  passing_folder& operator=(passing_folder&&) = delete;
  ~passing_folder() {
    std::error_code gone;
    if (!name_.empty()) std::filesystem::remove_all(name_, gone);
  }

  std::string file(const char* name) const { return name_ + "/" + name; }

 private:
  explicit passing_folder(std::string name) : name_{std::move(name)} {}

  std::string name_;
};

}  // namespace

struct open_runner::usage {
  cpu_time consumer{};
  cpu_time broker{};
  cpu_time postgres{};
};

result<open_result> open_runner::run(const contender& who, const open_plan& plan,
                                     std::chrono::milliseconds step, const look& each_second) {
  if (auto r = servers_.make_fresh(); !r) return r.error();
  auto consumer = child::start(who.command);
  if (!consumer) return consumer.error();
  if (auto r = (*consumer)->await_line(who.ready_line, ready_limit, stop_); !r) return r.error();
  auto watch = save_watch::start(servers_.broker_folder());
  if (!watch) return watch.error();

  const auto before = usage_now(**consumer);
  const auto folder = passing_folder::make();
  if (!folder) return folder.error();
  const auto report = folder->file("load.json");
  auto load = start_load(plan, report);
  if (!load) return load.error();
  if (auto r = await_load(**load, **consumer, plan, each_second); !r) return r.error();
  if (auto r = (*load)->end(0, stop_limit); !r) return r.error();
  auto read = parse_load_json(read_text(report).value_or(""));
  if (!read) return read.error();
  open_result r{.load = std::move(*read)};
  if (auto done = await_delivered(r.load, **consumer, each_second); !done) return done.error();
  const auto after = usage_now(**consumer);
  r.consumer = after.consumer - before.consumer;
  r.broker = after.broker - before.broker;
  r.postgres = after.postgres - before.postgres;
  r.saves = (*watch)->saves();
  if (auto stopped = (*consumer)->end(SIGTERM, stop_limit); !stopped) return stopped.error();
  if (auto proven = prove(r, step); !proven) return proven.error();
  return r;
}

result<open_runner::child_ptr> open_runner::start_load(const open_plan& plan,
                                                       const std::string& report_file) {
  const auto broker = servers_.as_producer();
  const auto& mix = plan.mix;
  return child::start(
      {.arguments = {program_,         "load",
                     "--profile",      to_text(plan.profile),
                     "--producers",    std::to_string(plan.producers),
                     "--window",       std::to_string(plan.window),
                     "--seed",         std::to_string(plan.seed),
                     "--sizes",        to_text(mix.sizes),
                     "--invalid",      std::to_string(mix.invalid),
                     "--duplicate",    std::to_string(mix.duplicate),
                     "--out-of-order", std::to_string(mix.out_of_order),
                     "--late-by",      std::to_string(mix.late_by_seconds),
                     "--report",       report_file},
       .environment = {{"MQTT_URL", fmt::format("mqtt://{}:{}", broker.host, broker.port)},
                       {"MQTT_USER", broker.username},
                       {"MQTT_PASSWORD", broker.password}}});
}

result<void> open_runner::await_load(child& load, const child& consumer, const open_plan& plan,
                                     const look& each_second) {
  const auto deadline = steady::now() + plan.profile.duration() + 2 * progress_limit;
  for (;;) {
    auto line = load.await_line("load published=", 1s, stop_);
    if (line) return ok();
    if (line.error().code != errc::timed_out || steady::now() > deadline) return line.error();
    if (!consumer.runs()) {
      return failure{errc::internal, fmt::format("the consumer ended during the load; it wrote "
                                                 "last: {}",
                                                 consumer.last_words())};
    }
    if (each_second) each_second(consumer.pid());
  }
}

result<void> open_runner::await_delivered(const load_report& load, const child& consumer,
                                          const look& each_second) {
  std::uint64_t before = 0;
  auto progress = steady::now();
  auto looked = progress;
  for (;;) {
    const auto counts = truth_.journal();
    if (!counts) return counts.error();
    if (counts->decided >= load.published && counts->delivered >= load.sent()) return ok();
    const auto at = steady::now();
    if (counts->delivered != before) {
      before = counts->delivered;
      progress = at;
    }
    if (!consumer.runs() || at - progress > progress_limit) {
      return failure{
          errc::timed_out,
          fmt::format("{} of {} events are committed, and nothing moves; {} reached "
                      "nobody; the consumer wrote last: {}",
                      counts->decided, load.published, load.unheard, consumer.last_words())};
    }
    if (each_second && at - looked >= 1s) {
      each_second(consumer.pid());
      looked = at;
    }
    if (stop_.wait(look_interval)) return failure{errc::stopping, stop_.reason()};
  }
}

/// Reads what the run has left, and checks it before any of it is believed.
result<void> open_runner::prove(open_result& r, std::chrono::milliseconds step) {
  auto truth = truth_.read();
  if (!truth) return truth.error();
  r.truth = *truth;
  if (auto exact = check_exact(
          r.truth,
          {.published = r.load.published, .id_sum = r.load.id_sum, .invalid = r.load.invalid});
      !exact)
    return exact;
  if (r.load.unheard > 0) {
    return failure{errc::accounting_mismatch,
                   fmt::format("{} events were acknowledged for nobody", r.load.unheard)};
  }
  const auto due = truth_.read_due_times();
  if (!due) return due.error();
  if (*due != r.load.published) {
    return failure{
        errc::accounting_mismatch,
        fmt::format("{} events have a due time, {} were published", *due, r.load.published)};
  }
  const auto end = r.load.started_at + r.load.took;
  std::erase_if(r.saves,
                [&](const time_span& s) { return s.to < r.load.started_at || s.from > end; });
  const auto affected = affected_by(r.saves);
  const auto take = [&](commit_latency& to, const std::vector<time_span>& spans, bool outside) {
    auto read = truth_.latency_within(spans, outside);
    if (!read) return result<void>{read.error()};
    to = *read;
    return ok();
  };
  if (auto all = take(r.all, {}, true); !all) return all;
  if (auto away = take(r.away_from_save, affected, true); !away) return away;
  if (auto during = take(r.during_save, affected, false); !during) return during;
  auto steps = truth_.latency_series(r.load.started_at, step);
  if (!steps) return steps.error();
  r.steps = std::move(*steps);
  return ok();
}

open_runner::usage open_runner::usage_now(const child& consumer) const {
  return {.consumer = cpu_of(consumer.pid()).value_or(cpu_time{}),
          .broker = cpu_of(servers_.broker_pid()).value_or(cpu_time{}),
          .postgres = cpu_of_family(servers_.postgres_pid()).value_or(cpu_time{})};
}

}  // namespace td::bench
