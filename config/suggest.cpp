#include "config/suggest.hpp"

#include <algorithm>
#include <utility>

namespace td {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view last_part(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Rows i-2, i-1 and i of the usual table.
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0u : 1u)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::vector<std::string> suggestions(std::string_view word,
                                     const std::vector<std::string_view>& candidates) {
  constexpr std::size_t most = 3;
  const std::size_t bound = std::max<std::size_t>(1, last_part(word).size() / 3);
  std::vector<std::pair<std::size_t, std::string_view>> close;
  for (auto candidate : candidates) {
    // Lengths that differ by more can't be within the bound: no table for hostile input.
    const auto longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) > bound) continue;
    const auto distance = edit_distance(word, candidate);
    if (distance <= bound) close.emplace_back(distance, candidate);
  }
  if (close.empty()) {
    for (auto candidate : candidates) {
      if (last_part(candidate) == last_part(word)) close.emplace_back(0, candidate);
    }
  }
  std::stable_sort(close.begin(), close.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  std::vector<std::string> result;
  for (const auto& [distance, candidate] : close) {
    // Only the best ones: with "mqtt.hots" nobody means "http.host".
    if (result.size() == most || distance > close.front().first) break;
    result.emplace_back(candidate);
  }
  return result;
}

std::string did_you_mean(const std::vector<std::string>& suggested) {
  std::string text;
  for (std::size_t i = 0; i < suggested.size(); ++i) {
    text += i == 0 ? "did you mean " : i + 1 == suggested.size() ? " or " : ", ";
    text += suggested[i];
  }
  return text.empty() ? text : text + "?";
}

}  // namespace td
