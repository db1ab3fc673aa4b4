#include "pipeline/finding.hpp"

#include <algorithm>

namespace td {

namespace {

constexpr std::array<std::string_view, severities.size()> names{"ok", "note", "warning", "danger"};

bool same(const finding& a, const finding& b) {
  return a.code == b.code && a.level == b.level && a.area == b.area;
}

}  // namespace

std::string_view name_of(severity s) noexcept {
  return names[static_cast<std::size_t>(s)];
}

std::optional<severity> severity_named(std::string_view name) noexcept {
  for (const auto s : severities) {
    if (name_of(s) == name) return s;
  }
  return std::nullopt;
}

severity worst_of(std::span<const finding> findings) noexcept {
  auto worst = severity::ok;
  for (const auto& f : findings)
    worst = std::max(worst, f.level);
  return worst;
}

std::size_t count_of(std::span<const finding> findings, severity level) noexcept {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(),
                                                [level](auto& f) { return f.level == level; }));
}

void sort_by_severity(std::vector<finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](auto& a, auto& b) { return a.level > b.level; });
}

std::vector<finding> new_findings(std::span<const finding> now, std::span<const finding> before) {
  std::vector<finding> fresh;
  for (const auto& f : now) {
    if (std::none_of(before.begin(), before.end(), [&f](auto& b) { return same(f, b); }))
      fresh.push_back(f);
  }
  return fresh;
}

}  // namespace td
