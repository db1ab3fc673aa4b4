#include "bench/capacity/rate_runner.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "bench/load/event_form.hpp"
#include "bench/process_usage.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr auto look_interval = 150ms;        // one small query each
constexpr auto overtime = 1s;                // a load that can't be placed is cut off this late
constexpr auto cut_limit = 10s;              // and its generator ends within this
constexpr double smallest_believable = 100;  // bytes: an event alone has 350
constexpr auto quiet = 3s;  // longer than a broker's save of some hundred megabytes

double in_seconds(steady::duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace

/// A generator in a thread of its own. Ends it when it goes.
class rate_runner::load_run {
 public:
  /// Returns when the first event is about to be due, or there will be none.
  explicit load_run(offer what) : what_{std::move(what)} {
    what_.begins = [this](steady::time_point at, timestamp time) {
      said_ = true;
      begins_.set_value({at, time});
    };
    thread_ = std::jthread{[this](const std::stop_token& s) {
      auto sent = publish_offer(what_, s);
      if (!said_) begins_.set_value({steady::now(), now()});
      end_.set_value(std::move(sent));
    }};
    begun_ = begins_.get_future().get();
  }

  bool done_within(milliseconds d) const {
    return result_.wait_for(d) == std::future_status::ready;
  }
  void cut() { thread_.request_stop(); }
  result<offered> get() { return result_.get(); }

  /// Events that were due at this moment.
  double due(steady::time_point at) const {
    const double s = std::clamp(in_seconds(at - begun_.at), 0.0, in_seconds(what_.during));
    return s * what_.rate;
  }
  steady::time_point start() const noexcept { return begun_.at; }
  timestamp start_time() const noexcept { return begun_.time; }
  milliseconds during() const noexcept { return what_.during; }

 private:
  struct beginning {
    steady::time_point at{};
    timestamp time{};
  };

  offer what_;
  bool said_{};  ///< the generator's thread
  std::promise<beginning> begins_;
  beginning begun_{};
  std::promise<result<offered>> end_;
  std::future<result<offered>> result_{end_.get_future()};
  std::jthread thread_;  // last: it ends before what it works with
};

result<observation> rate_runner::measure(double rate, bool long_run) {
  if (auto r = where_.check_service(); !r) return r.error();
  if (auto r = where_.forget_events(); !r) return r.error();
  if (auto r = where_.store().follow(); !r) return r.error();
  where_.store().mark();
  const auto before = where_.store().decided();
  const auto window = long_run ? form_.long_window : form_.window;
  load_run load{{.broker = where_.producers(),
                 .rate = rate,
                 .during = form_.warm_up + window,
                 .producers = form_.producers,
                 .window = form_.in_flight,
                 .seed = form_.seed + runs_++,
                 .mix = form_.mix}};
  auto seen = observe(load, rate, window);
  if (!seen) return seen;
  timestamp cut_at{};
  if (!load.done_within(overtime)) {
    cut_at = now();
    load.cut();
  }
  if (!load.done_within(cut_limit + form_.patience))
    return failure{errc::timed_out, "the load generator does not end"};
  const auto sent = load.get();
  if (!sent) return sent.error();
  if (sent->unheard > 0) {
    return failure{errc::broker_refused,
                   fmt::format("the broker had nobody to give {} of {} events to: nothing is "
                               "subscribed where they are published ({})",
                               sent->unheard, sent->published, event_form::topic)};
  }
  if (auto r = settle(before + sent->published, !sent->cut_short); !r) return r.error();

  const auto from = load.start_time() + form_.warm_up;
  unsent_events left;
  if (sent->cut_short) left = {.number = sent->unsent, .rate = rate, .cut_at = cut_at};
  const auto latency = where_.store().latency(from, from + window, left);
  if (!latency) return latency.error();
  if (latency->events == 0 && left.number == 0) {
    return failure{errc::internal,
                   fmt::format("none of the {} events that were published is found again in the "
                               "database with the time at which it was due",
                               sent->published)};
  }
  // The stamp stands just before COMMIT, which only /metrics has seen.
  seen->p50_ms = latency->p50_ms + seen->commit_ms;
  seen->p99_ms = latency->p99_ms + seen->commit_ms;
  seen->p999_ms = latency->p999_ms + seen->commit_ms;
  seen->most_ms = latency->most_ms + seen->commit_ms;
  seen->offered = sent->per_second;
  seen->late_p99_ms = sent->late_p99_ms;
  seen->blocked_share = sent->blocked_share;
  seen->cut = sent->cut_short;
  return seen;
}

/// Samples the backlog over the window, and the counters at both its ends.
result<observation> rate_runner::observe(load_run& load, double rate, milliseconds window) {
  observation seen{.rate = rate};
  auto& store = where_.store();
  const auto base = store.decided();
  std::optional<counters> first;
  steady::time_point begun;
  double decided_first = 0;
  for (;;) {
    if (stop_.wait(look_interval)) return failure{errc::stopping, stop_.reason()};
    if (auto r = where_.check_service(); !r) return r.error();
    if (auto r = store.follow(); !r) return r.error();
    const auto at = steady::now();
    const auto decided = static_cast<double>(store.decided() - base);
    const double waiting = std::max(0.0, load.due(at) - decided);
    const bool warm = at - load.start() >= form_.warm_up;
    run_look look{.rate = rate,
                  .doing = warm ? "measuring" : "warming up",
                  .elapsed = std::chrono::floor<milliseconds>(at - load.start()),
                  .of = load.during(),
                  .backlog = waiting};
    if (warm && !first) {
      auto c = read_counters(where_.seen(), store);
      if (!c) return c.error();
      first = std::move(*c);
      begun = at;
      decided_first = decided;
    }
    if (first) {
      seen.backlog.push_back({in_seconds(at - begun), waiting});
      if (at > begun) look.stored_rate = (decided - decided_first) / in_seconds(at - begun);
    }
    watcher_.look(look);
    // A generator that failed says so; one that is done early would thin out the window's end.
    if (load.done_within(0ms) && at - load.start() < load.during() - look_interval) {
      auto sent = load.get();
      return sent ? failure{errc::internal, "the load generator ended before its time"}
                  : sent.error();
    }
    if (!first || at - begun + look_interval < window) continue;
    seen.window_s = in_seconds(at - begun);
    seen.stored = (decided - decided_first) / seen.window_s;
    auto last = read_counters(where_.seen(), store);
    if (!last) return last.error();
    seen.usage = usage_between(*first, *last, here_);
    seen.cost = cost_between(*first, *last);
    seen.batch_fill = batch_fill_between(*first, *last, here_);
    seen.commit_ms = mean_commit_between(*first, *last) * 1000;
    return seen;
  }
}

/// Until `decided` events are decided; where that isn't known, until nothing more comes.
result<void> rate_runner::settle(std::uint64_t decided, bool exact) {
  auto& store = where_.store();
  auto moved = steady::now();
  const auto begun = moved;
  for (auto last = store.decided();;) {
    if (auto r = store.follow(); !r) return r;
    if (exact && store.decided() >= decided) return ok();
    if (store.decided() != last) {
      last = store.decided();
      moved = steady::now();
    }
    const auto still = steady::now() - moved;
    if (!exact && still > quiet) return ok();
    if (still > form_.patience) {
      return failure{errc::timed_out,
                     fmt::format("{} of {} events are decided, and nothing moves for {} s", last,
                                 decided, in_seconds(form_.patience))};
    }
    if (auto r = where_.check_service(); !r) return r;
    watcher_.look(
        {.doing = "settling", .elapsed = std::chrono::floor<milliseconds>(steady::now() - begun)});
    if (stop_.wait(look_interval)) return failure{errc::stopping, stop_.reason()};
  }
}

result<std::optional<double>> rate_runner::backlog_bytes(std::uint64_t events) {
  const auto broker = where_.seen().broker;
  if (broker <= 0) return std::optional<double>{};
  if (auto r = where_.forget_events(); !r) return r.error();
  if (auto r = where_.store().follow(); !r) return r.error();
  const auto before = where_.store().decided();
  if (auto r = where_.stop_service(); !r) return r.error();
  const auto empty = memory_of(broker);
  constexpr double quickly = 20'000;  // events/s that any broker takes
  const auto during =
      milliseconds{static_cast<std::int64_t>(static_cast<double>(events) / quickly * 1000)};
  load_run load{{.broker = where_.producers(),
                 .rate = quickly,
                 .during = during,
                 .producers = form_.producers,
                 .window = form_.in_flight,
                 .seed = form_.seed + runs_++,
                 .mix = form_.mix}};
  while (!load.done_within(0ms)) {
    watcher_.look({.doing = "filling the broker, the service stopped",
                   .elapsed = std::chrono::floor<milliseconds>(steady::now() - load.start())});
    if (stop_.wait(look_interval)) return failure{errc::stopping, stop_.reason()};
  }
  const auto sent = load.get();
  if (!sent) return sent.error();
  const auto filled = memory_of(broker);
  if (auto r = where_.start_service(stop_); !r) return r.error();
  if (auto r = settle(before + sent->published, true); !r) {
    if (r.error().code != errc::timed_out) return r.error();
    return failure{
        errc::broker_refused,
        fmt::format(
            "of {} events published while no service was there the broker did not keep all: "
            "{}. It has to be made durable (max_queued_messages, persistence): see "
            "docs/operating.md, In production",
            sent->published, r.error().detail)};
  }
  if (!empty || !filled || sent->published == 0) return std::optional<double>{};
  const double bytes = (static_cast<double>(*filled) - static_cast<double>(*empty)) /
                       static_cast<double>(sent->published);
  if (bytes < smallest_believable) return std::optional<double>{};
  return std::optional{bytes};
}

}  // namespace td::bench
