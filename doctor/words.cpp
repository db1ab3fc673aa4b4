#include "doctor/words.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace td::words {

namespace {

std::string quoted(std::string_view text, char quote) {
  std::string q(1, quote);
  for (const char c : text)
    q.append(c == quote ? 2 : 1, c);
  return q + quote;
}

}  // namespace

std::string grouped(std::uint64_t n) {
  auto text = std::to_string(n);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

std::string size(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit)
    value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 || value >= 10 ? 0 : 1, units[unit]);
}

std::string duration(std::chrono::seconds d) {
  const auto s = d.count();
  if (s < 120) return fmt::format("{} s", s);
  if (s < 120 * 60) return fmt::format("{} min", s / 60);
  if (s < 48 * 3600) return fmt::format("{} h", s / 3600);
  return fmt::format("{} d", s / 86400);
}

std::string signed_duration(std::chrono::microseconds d) {
  const auto us = static_cast<double>(d.count());
  if (us > -1e6 && us < 1e6) return fmt::format("{:+.1f} ms", us / 1e3);
  return fmt::format("{:+.3f} s", us / 1e6);
}

std::string postgres_version(int number) {
  return fmt::format("{}.{}", number / 10'000, number % 10'000);
}

std::string listed(const std::vector<std::string>& all, std::size_t shown) {
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), shown); ++i)
    text += (i > 0 ? ", " : "") + all[i];
  if (all.size() > shown) text += fmt::format(" and {} more", all.size() - shown);
  return text;
}

std::string sql_name(std::string_view name) {
  const bool plain = !name.empty() && (name.front() < '0' || name.front() > '9') &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                     });
  return plain ? std::string{name} : quoted(name, '"');
}

std::string sql_text(std::string_view text) {
  return quoted(text, '\'');
}

}  // namespace td::words
