#include "http/request.hpp"

#include <algorithm>

#include "pipeline/uuid.hpp"

namespace td {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) {
  return text.find_first_not_of('0') == text.npos;
}

}  // namespace

std::optional<std::string_view> request::cookie(std::string_view name) const {
  std::string_view rest = headers["Cookie"];
  while (!rest.empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (pair.starts_with(' '))
      pair.remove_prefix(1);
    const auto equals = pair.find('=');
    if (equals != pair.npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> request::bearer() const {
  constexpr std::string_view scheme = "Bearer ";
  auto value = headers["Authorization"];
  if (value.size() <= scheme.size()) return std::nullopt;
  if (!equal_without_case(value.substr(0, scheme.size()), scheme)) return std::nullopt;
  value.remove_prefix(scheme.size());
  while (value.starts_with(' '))
    value.remove_prefix(1);
  return value;
}

std::optional<std::string> trace_id_of(std::string_view t) {
  constexpr std::size_t size = 55;
  if (t.size() < size || t[2] != '-' || t[35] != '-' || t[52] != '-') return std::nullopt;
  const auto version = t.substr(0, 2), trace = t.substr(3, 32), parent = t.substr(36, 16);
  if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) ||
      !is_lower_hex(t.substr(53, 2))) {
    return std::nullopt;
  }
  if (version == "ff" || all_zero(trace) || all_zero(parent)) return std::nullopt;
  if (version == "00" ? t.size() != size : t.size() > size && t[size] != '-') return std::nullopt;
  return std::string{trace};
}

std::string random_trace_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  id.reserve(32);
  for (const auto byte : random_uuid().bytes) {
    id += digits[byte >> 4];
    id += digits[byte & 15];
  }
  return id;
}

}  // namespace td
