#include "storage/event_place.hpp"

#include <charconv>

#include <fmt/format.h>

namespace td {
namespace {

/// Takes a decimal number and the hyphen behind it from the front.
template <class T>
bool take(std::string_view& text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty()) return true;
  if (text.front() != '-') return false;
  text.remove_prefix(1);
  return true;
}

// Years 1 to 9999: what PostgreSQL and RFC 3339 both can say.
constexpr std::chrono::sys_days first_day{std::chrono::year{1} / 1 / 1};
constexpr std::chrono::sys_days last_day{std::chrono::year{9999} / 12 / 31};

}  // namespace

std::string to_string(const event_place& place) {
  const auto line = place.line.time_since_epoch().count();
  if (const auto* t = std::get_if<place_in_time>(&place.at)) {
    return fmt::format("t{}-{}-{}", line, t->occurred_at.time_since_epoch().count(),
                       to_string(t->event_id));
  }
  const auto& j = std::get<place_in_journal>(place.at);
  return fmt::format("j{}-{}-{}", line, j.position, j.batch_index);
}

std::optional<event_place> parse_event_place(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  const char form = text.front();
  text.remove_prefix(1);
  int line = 0;
  if (!take(text, line)) return std::nullopt;
  event_place place{.line = std::chrono::sys_days{std::chrono::days{line}}};
  if (place.line < first_day || place.line > last_day) return std::nullopt;
  if (form == 'j') {
    place_in_journal j;
    if (!take(text, j.position) || !take(text, j.batch_index) || !text.empty()) return std::nullopt;
    if (j.position < 0 || j.batch_index < 0) return std::nullopt;
    place.at = j;
    return place;
  }
  if (form != 't') return std::nullopt;
  std::int64_t micros = 0;
  if (!take(text, micros)) return std::nullopt;
  const timestamp at{std::chrono::microseconds{micros}};
  const auto id = parse_uuid(text);
  if (!id || at < first_day || at >= last_day + std::chrono::days{1}) return std::nullopt;
  place.at = place_in_time{at, *id};
  return place;
}

}  // namespace td
