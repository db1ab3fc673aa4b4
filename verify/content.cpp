#include "verify/content.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "storage/sha256.hpp"

namespace td::verify {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// Its length in front: no two strings can be mistaken for one, whatever they hold.
void append_text(std::string_view text, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}:", text.size());
  out += text;
}

void append_double(double value, std::string& out) {
  constexpr double exact = 9007199254740992.0;  // 2^53: every integer below has its own double
  if (std::trunc(value) == value && std::abs(value) < exact) {
    fmt::format_to(std::back_inserter(out), "{}", static_cast<std::int64_t>(value));
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

/// The value, whose type has been looked at.
template <class T>
T as(element value) {
  T out{};
  [[maybe_unused]] const auto error = value.get(out);
  return out;
}

void append(element value, std::string& out);

void append_object(simdjson::dom::object object, std::string& out) {
  std::vector<std::pair<std::string_view, element>> members;
  for (const auto [key, value] : object)
    members.emplace_back(key, value);
  std::ranges::stable_sort(members, {}, [](const auto& m) { return m.first; });
  out += '{';
  for (const auto& [key, value] : members) {
    append_text(key, out);
    append(value, out);
  }
  out += '}';
}

void append(element value, std::string& out) {
  switch (value.type()) {
    case element_type::OBJECT:
      append_object(as<simdjson::dom::object>(value), out);
      break;
    case element_type::ARRAY:
      out += '[';
      for (const auto one : as<simdjson::dom::array>(value))
        append(one, out);
      out += ']';
      break;
    case element_type::STRING:
      out += 's';
      append_text(as<std::string_view>(value), out);
      break;
    case element_type::INT64:
      fmt::format_to(std::back_inserter(out), "{}", as<std::int64_t>(value));
      break;
    case element_type::UINT64:
      fmt::format_to(std::back_inserter(out), "{}", as<std::uint64_t>(value));
      break;
    case element_type::DOUBLE:
      append_double(as<double>(value), out);
      break;
    case element_type::BOOL:
      out += as<bool>(value) ? 't' : 'f';
      break;
    case element_type::NULL_VALUE:
      out += 'n';
      break;
  }
  out += ',';
}

}  // namespace

std::optional<std::string> canonical_json(std::string_view text) {
  thread_local simdjson::dom::parser parser;
  element root;
  if (parser.parse(text.data(), text.size(), true).get(root) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::string out;
  append(root, out);
  return out;
}

std::uint64_t fingerprint(std::string_view bytes) noexcept {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : bytes)
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
  return h ^ (h >> 32);
}

std::uint64_t envelope_fingerprint(const uuid& trace_id, std::int32_t schema_version,
                                   std::string_view kind, std::string_view source,
                                   std::string_view topic) {
  std::string all = fmt::format("{} {} ", to_string(trace_id), schema_version);
  append_text(kind, all);
  append_text(source, all);
  append_text(topic, all);
  return fingerprint(all);
}

std::uint64_t payload_fingerprint(std::string_view payload) {
  const auto canonical = canonical_json(payload);
  return fingerprint(canonical ? *canonical : payload);
}

uuid delivery_key(std::string_view topic, std::string_view body) {
  thread_local sha256 hasher;
  const auto digest = hasher.add(topic).add(std::string_view{"\0", 1}).add(body).finish();
  uuid key;
  std::copy_n(digest.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

}  // namespace td::verify
