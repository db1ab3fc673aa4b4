#include "pipeline/fault_point.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>

namespace td {

namespace {

constexpr std::array<std::string_view, 9> points{
    "replay.started",    // the job is running, nothing is sent
    "replay.copied",     // the events are committed, nobody has looked at them
    "replay.verified",   // they were seen, the dead letters do not say so
    "replay.marking",    // the transaction that says so is open
    "replay.marked",     // it is committed
    "replay.finishing",  // all is done, the job does not say so
    "outbox.read",       // committed rows were read, nothing of them is published
    "outbox.published",  // the broker has acknowledged them, the rows do not say so
    "outbox.marked",     // they say so, nobody has looked whether they came through
};

struct wanted_point {
  std::string_view name{};
  int passes{1};
};

wanted_point from_environment() {
  const char* set = std::getenv("TAYLORDASH_FAULT_POINT");
  if (set == nullptr) return {};
  std::string_view text{set};
  wanted_point w;
  w.name = text.substr(0, text.find(':'));
  if (w.name.size() < text.size()) {
    const auto number = text.substr(w.name.size() + 1);
    std::from_chars(number.data(), number.data() + number.size(), w.passes);
  }
  return w;
}

}  // namespace

std::span<const std::string_view> fault_points() noexcept {
  return points;
}

void fault_point(std::string_view name) noexcept {
  static const wanted_point wanted = from_environment();
  static std::atomic<int> passed{0};
  if (wanted.name != name) return;
  if (++passed >= wanted.passes) std::raise(SIGKILL);
}

}  // namespace td
