#include "config/units.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace td {
namespace {

struct unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<unit, 5> time_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<unit, 4> size_units{
    {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

/// The number in front and the rest; no number: absent. Only digits count as a number.
struct counted {
  std::int64_t number;
  std::string_view rest;
};

std::optional<counted> split(std::string_view text) noexcept {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  counted c{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), c.number);
  if (error != std::errc{}) return std::nullopt;
  c.rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return c;
}

template <std::size_t N>
std::optional<std::int64_t> multiply(const counted& c, const std::array<unit, N>& units) noexcept {
  for (const auto& u : units) {
    if (u.name != c.rest) continue;
    if (c.number > std::numeric_limits<std::int64_t>::max() / u.factor) return std::nullopt;
    return c.number * u.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
  const auto c = split(text);
  const auto ms = c ? multiply(*c, time_units) : std::nullopt;
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds{*ms};
}

std::string format_duration(std::chrono::milliseconds d) {
  const std::int64_t ms = d.count();
  if (ms == 0) return "0s";
  for (const auto& u : time_units) {
    if (ms % u.factor == 0) return std::to_string(ms / u.factor).append(u.name);
  }
  return {};  // not reached: the last factor is 1
}

std::optional<std::int64_t> parse_size(std::string_view text) noexcept {
  const auto c = split(text);
  if (!c) return std::nullopt;
  return c->rest.empty() ? c->number : multiply(*c, size_units);
}

std::string format_size(std::int64_t bytes) {
  for (const auto& u : size_units) {
    if (u.factor > 1 && bytes != 0 && bytes % u.factor == 0) {
      return std::to_string(bytes / u.factor).append(u.name);
    }
  }
  return std::to_string(bytes);
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  std::int64_t n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

}  // namespace td
