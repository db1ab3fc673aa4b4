#pragma once

#include <chrono>
#include <string>

#include "bench/capacity/observation.hpp"
#include "bench/capacity/offer.hpp"
#include "bench/capacity/site.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// How each rate is measured.
struct run_form {
  std::chrono::milliseconds warm_up{2000};        ///< loaded already, not looked at
  std::chrono::milliseconds window{8000};         ///< of a step of the search
  std::chrono::milliseconds long_window{20'000};  ///< of a confirmation: a broker's save and more
  std::chrono::milliseconds patience{60'000};     ///< without any progress: something is broken
  unsigned producers{4};
  std::size_t in_flight{1000};  ///< unacknowledged messages of each producer
  std::uint64_t seed{1};
  event_mix mix{};
  std::uint64_t outage{40'000};  ///< events that wait while the broker's memory is looked at
};

/// A look at a run while it goes on.
struct run_look {
  double rate{};
  std::string doing{};  ///< "warming up", "measuring", "settling"
  std::chrono::milliseconds elapsed{};
  std::chrono::milliseconds of{};
  double stored_rate{};  ///< so far
  double backlog{};
};

/// Told about a run. The caller's thread.
class run_watcher {
 public:
  virtual ~run_watcher() = default;
  virtual void look(const run_look& now) = 0;
};

/// Puts one rate after the other on a site. One thread.
class rate_runner {
 public:
  rate_runner(site& where, const run_form& form, const plant& here, stop_signal& stop,
              run_watcher& watcher)
      : where_{where}, form_{form}, here_{here}, stop_{stop}, watcher_{watcher} {}

  /// Offers `rate` for warm-up and window, looks at everything meanwhile, and returns once all of
  /// it is decided. A load that the system can't take is cut off soon after the window. timed_out:
  /// nothing moved for `patience`; internal: the service ended; stopping.
  result<observation> measure(double rate, bool long_run);

  /// Bytes of memory that the broker takes for each event that waits: stops the service, publishes
  /// `events`, looks, and starts the service again, which stores them. Absent when the broker can't
  /// be seen.
  result<std::optional<double>> backlog_bytes(std::uint64_t events);

 private:
  class load_run;
  result<void> settle(std::uint64_t published, bool exact);
  result<observation> observe(load_run& load, double rate, std::chrono::milliseconds window);

  site& where_;
  const run_form& form_;
  plant here_;
  stop_signal& stop_;
  run_watcher& watcher_;
  std::uint64_t runs_{};
};

}  // namespace td::bench
