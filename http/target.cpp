#include "http/target.hpp"

#include <optional>

#include <fmt/format.h>

#include "pipeline/text.hpp"

namespace td {
namespace {

problem bad(std::string detail) {
  return {&problems::bad_target, std::move(detail), {}, {}, {}};
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto c = first_character(text);
    if (c.size == 0) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

bool is_control(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

/// Null on success.
const char* decode(std::string_view raw, bool plus_is_space, std::string& out) {
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '+' && plus_is_space) {
      out += ' ';
      continue;
    }
    if (raw[i] != '%') {
      if (is_control(static_cast<unsigned char>(raw[i]))) return "has a control character";
      out += raw[i];
      continue;
    }
    const auto high = i + 2 < raw.size() ? hex_digit(raw[i + 1]) : std::nullopt;
    const auto low = i + 2 < raw.size() ? hex_digit(raw[i + 2]) : std::nullopt;
    if (!high || !low) return "has a % that is not followed by two hex digits; write %25 for one";
    out += static_cast<char>(*high << 4 | *low);
    i += 2;
  }
  if (!is_utf8(out)) return "is not UTF-8 once it is decoded";
  return nullptr;
}

const char* segment_fault(std::string_view raw, const std::string& decoded) {
  if (decoded == "." || decoded == "..") return "has a dot segment; write the path without";
  for (char c : decoded) {
    if (is_control(static_cast<unsigned char>(c))) return "has an encoded control character";
    if (c == '/' || c == '\\') return "has an encoded slash or a backslash";
  }
  if (raw.find('\\') != raw.npos) return "has an encoded slash or a backslash";
  return nullptr;
}

/// "http://host:80/a?b" -> "host:80" and "/a?b".
void take_authority(std::string_view& target, parsed_target& out) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    const auto end = std::min(target.find_first_of("/?"), target.size());
    out.authority = target.substr(0, end);
    target.remove_prefix(end);
    return;
  }
}

std::optional<problem> read_path(std::string_view path, parsed_target& out) {
  if (path.empty() && !out.authority.empty()) path = "/";
  if (!path.starts_with('/')) return bad("the target must be a path that begins with /");
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const auto raw = path.substr(0, end);
    std::string segment;
    const char* fault = decode(raw, false, segment);
    if (fault == nullptr) fault = segment_fault(raw, segment);
    if (fault != nullptr) return bad(fmt::format("the path {}", fault));
    if (out.segments.size() == most_segments) {
      return bad(fmt::format("the path has more than {} segments", most_segments));
    }
    out.segments.push_back(std::move(segment));
    path.remove_prefix(end);
  }
  return std::nullopt;
}

std::optional<problem> read_query(std::string_view query, parsed_target& out) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (out.query.size() == most_query_pairs) {
      return bad(fmt::format("the query has more than {} parameters", most_query_pairs));
    }
    const auto equals = std::min(pair.find('='), pair.size());
    std::string name, value;
    const char* fault = decode(pair.substr(0, equals), true, name);
    if (fault == nullptr && equals < pair.size()) {
      fault = decode(pair.substr(equals + 1), true, value);
    }
    if (fault != nullptr) return bad(fmt::format("the query {}", fault));
    out.query.emplace_back(std::move(name), std::move(value));
  }
  return std::nullopt;
}

}  // namespace

http_result<parsed_target> parse_target(std::string_view target) {
  parsed_target out;
  if (target == "*") {
    out.asterisk = true;
    return out;
  }
  take_authority(target, out);
  target = target.substr(0, target.find('#'));  // no client should send one
  const auto question = std::min(target.find('?'), target.size());
  if (auto fault = read_path(target.substr(0, question), out)) return *std::move(fault);
  if (question < target.size()) {
    if (auto fault = read_query(target.substr(question + 1), out)) return *std::move(fault);
  }
  return out;
}

}  // namespace td
