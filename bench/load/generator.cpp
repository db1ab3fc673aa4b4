#include "bench/load/generator.hpp"

#include <charconv>
#include <memory>
#include <optional>
#include <pthread.h>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench/load/event_form.hpp"
#include "bench/load/schedule.hpp"
#include "mqtt/publisher.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using steady = std::chrono::steady_clock;

/// One connection's share of the load. Made in one thread, run in its own.
class producer {
 public:
  producer(const load& what, unsigned number)
      : share_{what.events / what.producers + (number < what.events % what.producers ? 1 : 0)},
        invalid_{what.invalid},
        writer_{what.seed, number},
        publisher_{
            make_publisher({.broker = what.broker,
                            .client_id = fmt::format("bench-producer-{}", number),
                            .window = what.window,
                            .acknowledged = [this](std::uint64_t, std::uint8_t r) { note(r); }})} {
    if (what.rate > 0) schedule_.emplace(what.rate, number, what.producers);
  }

  result<void> connect() { return publisher_->connect(); }

  result<void> run(std::stop_token stop, steady::time_point start) {
    const auto start_at = now() + std::chrono::duration_cast<microseconds>(start - steady::now());
    while (acknowledged_ < share_) {
      if (stop.stop_requested()) return failure{errc::stopping, "asked to stop"};
      auto wait = schedule_ ? publish_due(start, start_at) : publish_window();
      if (!wait) return wait.error();
      if (auto r = publisher_->poll(*wait); !r) return r;
      if (refused_ > 0) {
        return failure{errc::broker_refused,
                       fmt::format("the broker refused {} messages", refused_)};
      }
    }
    return ok();
  }

  std::uint64_t acknowledged() const noexcept { return acknowledged_; }
  std::uint64_t id_sum() const noexcept { return writer_.id_sum(); }

 private:
  static constexpr auto patience = 100ms;  // for an acknowledgement, before looking at `stop`

  void note(std::uint8_t reason) noexcept { ++(reason >= 0x80 ? refused_ : acknowledged_); }

  /// False when the window is full: the same event again next time.
  result<bool> publish(timestamp occurred_at) {
    if (next_.empty()) {
      // Spread evenly: of 100 events in a row exactly so many.
      const bool broken = sent_ * invalid_ / 100 != (sent_ + 1) * invalid_ / 100;
      next_ = broken ? writer_.next_invalid(occurred_at) : writer_.next(occurred_at);
    }
    auto taken = publisher_->publish(event_form::topic, next_, sent_);
    if (!taken || !*taken) return taken;
    ++sent_;
    next_ = {};
    return true;
  }

  /// Fills the window. How long to wait for acknowledgements then.
  result<std::chrono::milliseconds> publish_window() {
    while (sent_ < share_) {
      const auto taken = publish(now());
      if (!taken) return taken.error();
      if (!*taken) break;
    }
    return patience;
  }

  /// Sends what is due. How long to poll until the next event is.
  result<std::chrono::milliseconds> publish_due(steady::time_point start, timestamp start_at) {
    while (sent_ < share_) {
      const auto due = schedule_->due(sent_);
      const auto left = start + due - steady::now();
      if (left >= 1ms) return std::chrono::floor<std::chrono::milliseconds>(left);
      if (left > 0us) {
        // Polling counts in milliseconds; what is queued has to go out before the rest is slept.
        if (auto r = publisher_->poll(0ms); !r) return r.error();
        std::this_thread::sleep_until(start + due);
      }
      const auto taken = publish(start_at + std::chrono::floor<microseconds>(due));
      if (!taken) return taken.error();
      if (!*taken) break;
    }
    return patience;
  }

  std::uint64_t share_;
  std::uint64_t invalid_;
  event_writer writer_;
  std::unique_ptr<publisher> publisher_;
  std::optional<schedule> schedule_;
  std::uint64_t sent_{};
  std::uint64_t acknowledged_{};
  std::uint64_t refused_{};
  std::string_view next_;  ///< written, and the window had no room for it
};

}  // namespace

std::string to_text(const load_report& report) {
  return fmt::format("load published={} id_sum={}", report.published, report.id_sum);
}

std::optional<load_report> parse_load_report(std::string_view line) {
  load_report report;
  const auto take = [&line](std::string_view before, std::uint64_t& number) {
    if (!line.starts_with(before)) return false;
    line.remove_prefix(before.size());
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return error == std::errc{};
  };
  if (take("load published=", report.published) && take(" id_sum=", report.id_sum) && line.empty())
    return report;
  return std::nullopt;
}

result<load_report> generate(const load& what, std::stop_token stop) {
  std::vector<std::unique_ptr<producer>> producers;
  for (unsigned i = 0; i < what.producers; ++i)
    producers.push_back(std::make_unique<producer>(what, i));
  for (auto& p : producers) {
    if (auto r = p->connect(); !r) return r.error();
  }
  std::vector<result<void>> ends(producers.size(), ok());
  std::stop_source abandon;
  const std::stop_callback forward{stop, [&] { abandon.request_stop(); }};
  {
    const auto start = steady::now();
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < producers.size(); ++i) {
      threads.emplace_back([&, i] {
        pthread_setname_np(pthread_self(), "producer");  // for profilers
        ends[i] = producers[i]->run(abandon.get_token(), start);
        if (!ends[i]) abandon.request_stop();
      });
    }
  }
  load_report report;
  std::optional<failure> first;
  for (std::size_t i = 0; i < producers.size(); ++i) {
    report.published += producers[i]->acknowledged();
    report.id_sum += producers[i]->id_sum();
    // What failed first is not "stopping": the others stop because of it.
    if (!ends[i] && (!first || first->code == errc::stopping)) first = ends[i].error();
  }
  if (first) return *first;
  return report;
}

}  // namespace td::bench
