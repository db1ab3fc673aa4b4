#include "http/entity_tag.hpp"

#include <charconv>

#include <fmt/format.h>

namespace td {
namespace {

std::optional<std::int64_t> version_in(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return std::nullopt;
  tag = tag.substr(1, tag.size() - 2);
  std::int64_t version{};
  const auto [end, e] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
  if (e != std::errc{} || end != tag.data() + tag.size() || version < 0) return std::nullopt;
  return version;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

}  // namespace

std::string entity_tag(std::int64_t version) {
  return fmt::format("\"{}\"", version);
}

http_result<std::optional<std::int64_t>> version_to_change(const request& r) {
  const auto given = r.headers.find("If-Match");
  if (!given) {
    return problem{&problems::precondition_required,
                   "say which version you change: If-Match with the ETag that you have read, or *",
                   "If-Match",
                   {},
                   {}};
  }
  if (trimmed(*given) == "*") return std::optional<std::int64_t>{};
  if (const auto version = version_in(trimmed(*given))) return version;
  return problem{&problems::parameter_invalid,
                 "If-Match must be one ETag as it was read, such as \"7\", or *",
                 "If-Match",
                 {},
                 {}};
}

bool unchanged_for(const request& r, std::int64_t version) {
  auto list = r.headers["If-None-Match"];
  if (trimmed(list) == "*") return true;
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (version_in(trimmed(list.substr(0, comma))) == version) return true;
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace td
