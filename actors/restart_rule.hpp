#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace td {

/// How often a child may be restarted, and how soon.
struct restart_rule {
  std::uint32_t budget{10};  ///< restarts within `window`; one more gives up
  std::chrono::seconds window{60};
  std::chrono::milliseconds base{100};  ///< delay of the first restart, doubled by each further one
  std::chrono::milliseconds cap{5000};
};

/// For a child whose end is the end of the service.
inline constexpr restart_rule never_restart{
    0, std::chrono::seconds{60}, std::chrono::milliseconds{0}, std::chrono::milliseconds{0}};

/// Remembers one child's recent ends. A healthy stretch of `window` makes the delay `base` again.
/// Plain; the caller brings the clock.
class restart_history {
 public:
  using clock = std::chrono::steady_clock;

  explicit restart_history(restart_rule rule) : rule_{rule} {}

  /// The child has ended at `now`: the delay before its restart; absent when the budget is spent.
  std::optional<std::chrono::milliseconds> on_end(clock::time_point now);

  /// Restarts so far, over the whole life.
  std::uint64_t restarts() const noexcept { return restarts_; }

 private:
  restart_rule rule_;
  std::deque<clock::time_point> ends_;
  std::uint64_t restarts_{};
};

}  // namespace td
