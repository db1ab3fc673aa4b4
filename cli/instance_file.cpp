#include "cli/instance_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/files.hpp"

namespace td {
namespace {

constexpr std::size_t max_file_bytes = 64u << 10;

/// What a shell makes of a word that is quoted as a whole, or not at all. A quote inside single
/// quotes is written '\''.
std::string unquoted(std::string_view word) {
  const char quote = word.empty() ? '\0' : word.front();
  if (word.size() < 2 || (quote != '\'' && quote != '"') || word.back() != quote)
    return std::string{word};
  std::string value{word.substr(1, word.size() - 2)};
  for (auto at = value.find("'\\''"); at != value.npos; at = value.find("'\\''", at + 1))
    value.replace(at, 4, "'");
  return value;
}

}  // namespace

std::string variable_in(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with(name) && line.substr(name.size()).starts_with('='))
      return unquoted(line.substr(name.size() + 1));
  }
  return {};
}

boost::system::result<std::string, complaint> instance_variable(const std::string& data_dir,
                                                                std::string_view name) {
  const auto file = data_dir + "/run/env";
  const auto content = config::read_file(file, max_file_bytes);
  if (!content.problem.empty()) {
    return complaint{fmt::format(
        "no standalone instance runs in {} ({} {}); start one with: taylordash standalone "
        "--data-dir {}",
        data_dir, file, content.problem, data_dir)};
  }
  auto value = variable_in(content.text, name);
  if (value.empty()) return complaint{fmt::format("{} names no {}", file, name)};
  // A complaint could be made of a string, too: say which of the two this is.
  return {boost::system::in_place_value, std::move(value)};
}

}  // namespace td
