#include "identity/user_name.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/text.hpp"

namespace td {

namespace {

bool is_first(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_further(char c) {
  return is_first(c) || c == '.' || c == '_' || c == '@' || c == '+' || c == '-';
}

}  // namespace

std::optional<std::string> user_name_from(std::string_view text) {
  if (text.size() < 2 || text.size() > max_user_name_bytes) return std::nullopt;
  std::string name{text};
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (!is_first(name.front()) || !std::all_of(name.begin(), name.end(), is_further))
    return std::nullopt;
  return name;
}

result<std::string> check_user_name(std::string_view text) {
  auto name = user_name_from(text);
  if (name) return *std::move(name);
  return failure{errc::configuration_invalid,
                 fmt::format("{} can't be a user's name: 2 to {} of a-z 0-9 . _ @ + -, the first a "
                             "letter or a digit",
                             quoted(text), max_user_name_bytes)};
}

}  // namespace td
