#include "verify/run.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "verify/producer.hpp"
#include "verify/workplace.hpp"

namespace td::verify {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto tick = 200ms;
constexpr auto patience_when_stopped = 15s;  // for what is on its way, when someone pressed Ctrl-C

fault_wishes wishes_of(const run_options& o) {
  auto w = o.faults;
  w.seed = o.seed;
  w.events = o.events;
  w.rounds = o.rounds;
  return w;
}

class runner {
 public:
  runner(const run_options& options, observer& watcher, const workplace& place)
      : options_{options},
        watcher_{watcher},
        place_{place},
        shared_{options.producers},
        service_{place_} {}

  result<outcome> go() {
    if (auto begun = start_instance(); !begun) {
      auto why = begun.error();
      if (auto stopped = service_.stop(); !stopped) why.detail += "; " + stopped.error().detail;
      why.detail += fmt::format("\n(left for a look: {})", place_.folder().string());
      return why;
    }
    start_threads();
    watch();
    injecting_ = {};
    settle();
    producing_.clear();
    following_ = {};
    read_back();
    sampling_ = {};
    outcome_.end = look();
    stop_instance();
    return std::move(outcome_);
  }

 private:
  // -- beginning ---

  result<void> start_instance() {
    auto starting =
        std::async(std::launch::async, [this] { return service_.start(early_.get_token()); });
    while (starting.wait_for(0s) != std::future_status::ready)
      show(stage::starting);
    auto found = starting.get();
    if (!found) return found.error();
    addresses_ = std::move(*found);
    return ok();
  }

  void start_threads() {
    const database_options database{.url = addresses_.database_url,
                                    .application_name = "taylordash verify"};
    for (std::size_t i = 0; i < options_.producers; ++i) {
      const auto share =
          options_.events * (i + 1) / options_.producers - options_.events * i / options_.producers;
      producers_.push_back(std::make_unique<producer>(
          producer_options{
              .broker = addresses_.broker, .seed = options_.seed, .number = i, .messages = share},
          shared_));
    }
    follower_ = std::make_unique<follower>(
        database, shared_, options_.producers,
        [this](std::size_t p, const auto& tokens) { producers_[p]->stored(tokens); });
    ledger_ = std::make_unique<ledger_watch>(addresses_.http);
    auto plan = plan_faults(wishes_of(options_));
    planned_faults_ = plan.size();
    injector_ = std::make_unique<fault_injector>(
        std::move(plan), options_.seed, place_, database, service_, shared_,
        [this](const std::string& line) { watcher_.say(line); });
    begun_ = clock::now();
    following_ = thread_of(*follower_);
    sampling_ = thread_of(*ledger_);
    injecting_ = thread_of(*injector_);
    for (auto& p : producers_)
      producing_.push_back(thread_of(*p));
  }

  template <class T>
  static std::jthread thread_of(T& worker) {
    return std::jthread{[&worker](const std::stop_token& stop) { worker.run(stop); }};
  }

  // -- the run ---

  /// Until everything is published, every fault is made and everything is stored.
  void watch() {
    patience_ = options_.patience;
    moved_at_ = clock::now();
    while (true) {
      show(stage::publishing);
      injector_->watch();
      const auto now = look();
      if (early_.stop_requested() && !shared_.closing) close();
      if (all_published() && now.outstanding == 0 &&
          (now.faults.finished || early_.stop_requested())) {
        return;
      }
      if (hopeless(now) || stands_still(now)) return;
    }
  }

  /// Someone has seen enough: nothing new is published or killed.
  void close() {
    outcome_.stopped_early = true;
    shared_.closing = true;
    injecting_.request_stop();
    patience_ = patience_when_stopped;
    moved_at_ = clock::now();
  }

  /// Behind everything that the broker still holds.
  void settle() {
    shared_.finishing = true;
    moved_at_ = clock::now();
    while (!outcome_.stalled) {
      show(stage::settling);
      const auto now = look();
      if (shared_.passage.passed() >= exchange::phase_of(shared_.broker_generation, true) &&
          now.outstanding == 0) {
        return;
      }
      if (early_.stop_requested()) patience_ = patience_when_stopped;
      if (hopeless(now) || stands_still(now)) return;
    }
  }

  bool all_published() const {
    return std::ranges::all_of(producers_, [](const auto& p) { return p->count().exhausted; });
  }

  bool hopeless(const tally& now) {
    if (now.service.given_up || !now.refused.empty()) outcome_.stalled = now.outstanding > 0;
    return now.service.given_up || !now.refused.empty();
  }

  bool stands_still(const tally& now) {
    const auto sign = now.created + now.book.acknowledged + now.book.stored +
                      now.book.dead_lettered + now.faults.total() + now.producers.lost_by_broker;
    if (std::exchange(sign_, sign) != sign) moved_at_ = clock::now();
    if (clock::now() - moved_at_ < patience_) return false;
    outcome_.stalled = now.outstanding > 0;
    return true;
  }

  // -- the end ---

  void read_back() {
    auto reading = std::async(std::launch::async, [this] { return read_all(); });
    while (reading.wait_for(0s) != std::future_status::ready)
      show(stage::auditing);
    auto report = reading.get();
    if (report) {
      outcome_.audit = std::move(*report);
    } else {
      outcome_.audit_trouble = to_string(report.error());
    }
  }

  result<audit_report> read_all() {
    const auto deadline = clock::now() + options_.patience;
    while (true) {
      auto report = read_once();
      if (report || clock::now() > deadline) return report;
      std::this_thread::sleep_for(tick);
    }
  }

  result<audit_report> read_once() {
    auto source = open_mirror_audit({.url = addresses_.database_url,
                                     .application_name = "taylordash verify",
                                     .statement_timeout = 5min});
    if (!source) return source.error();
    audit judge{shared_.book};
    const auto totals =
        (*source)->read_all([&](const stored_event& row) { judge.event(row); },
                            [&](const stored_dead_letter& row) { judge.dead_letter(row); });
    if (!totals) return totals.error();
    return judge.finish(*totals);
  }

  void stop_instance() {
    auto stopping = std::async(std::launch::async, [this] { return service_.stop(); });
    while (stopping.wait_for(0s) != std::future_status::ready)
      show(stage::stopping);
    const auto stopped = stopping.get();
    outcome_.asked = options_;
    outcome_.end.service = service_.count();
    if (!stopped) outcome_.stop_trouble = to_string(stopped.error());
    if (outcome_.passed() && !options_.keep) {
      if (const auto removed = place_.remove(); removed) return;
    }
    outcome_.kept = place_.folder();
  }

  // -- looking ---

  void show(stage at) {
    watcher_.show(at, look());
    if (watcher_.stop_requested(tick)) early_.request_stop();
  }

  tally look() const {
    tally t{.planned = options_.events, .planned_faults = planned_faults_};
    if (!injector_) return t;
    t.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begun_);
    t.book = shared_.book.count();
    t.created = shared_.published.value();
    for (const auto& p : producers_) {
      const auto c = p->count();
      t.producers.resent += c.box.resent;
      t.producers.repeated += c.box.repeated;
      t.producers.lost_by_broker += c.box.lost_by_broker;
      t.outstanding += c.outstanding;
      t.unheard += c.unheard;
      if (!c.refused.empty()) t.refused.push_back(c.refused);
    }
    t.journal = follower_->count();
    t.faults = injector_->count();
    t.ledger = ledger_->count();
    t.service = service_.count();
    return t;
  }

  const run_options& options_;
  observer& watcher_;
  const workplace& place_;
  std::stop_source early_;
  exchange shared_;
  service_keeper service_;
  addresses addresses_;
  outcome outcome_;
  std::size_t planned_faults_{};
  clock::time_point begun_;

  std::vector<std::unique_ptr<producer>> producers_;
  std::unique_ptr<follower> follower_;
  std::unique_ptr<ledger_watch> ledger_;
  std::unique_ptr<fault_injector> injector_;

  std::chrono::milliseconds patience_{};
  clock::time_point moved_at_;
  std::uint64_t sign_{};

  // Last: they end before what they work with.
  std::jthread following_, sampling_, injecting_;
  std::vector<std::jthread> producing_;
};

}  // namespace

result<outcome> run(const run_options& options, observer& watcher) {
  const auto place = workplace::make(options.directory);
  if (!place) return place.error();
  return runner{options, watcher, *place}.go();
}

}  // namespace td::verify
