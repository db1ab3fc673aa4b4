#include "projects/list_query.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "projects/fields.hpp"
#include "projects/position.hpp"

namespace td {

namespace {

constexpr std::array<std::string_view, 8> sort_names{"created", "updated",  "due",    "priority",
                                                     "title",   "position", "number", "relevance"};

constexpr std::array project_sorts{sort_key::created, sort_key::updated, sort_key::due,
                                   sort_key::urgency, sort_key::title,   sort_key::relevance};
constexpr std::array component_sorts{sort_key::created,  sort_key::updated, sort_key::due,
                                     sort_key::urgency,  sort_key::title,   sort_key::position,
                                     sort_key::relevance};
constexpr std::array task_sorts{sort_key::created, sort_key::updated,  sort_key::due,
                                sort_key::urgency, sort_key::title,    sort_key::position,
                                sort_key::number,  sort_key::relevance};

failure invalid(std::string_view parameter, std::string detail) {
  return {errc::value_invalid, fmt::format("{} {}", parameter, detail),
          fmt::format("/{}", parameter)};
}

std::span<const std::string_view> statuses_of(entity_kind kind) {
  switch (kind) {
    case entity_kind::project:
      return names_of<project_status>();
    case entity_kind::component:
      return names_of<component_status>();
    case entity_kind::task:
      break;
  }
  return names_of<task_status>();
}

template <class Range, class Name>
std::string join(const Range& all, Name name) {
  std::string out;
  for (const auto& one : all)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", name(one));
  return out;
}

result<void> check_places(const list_query& q, entity_kind kind) {
  if (q.project_id && kind == entity_kind::project)
    return invalid("project_id", "narrows components and tasks; leave it out for projects");
  if (q.component_id && kind != entity_kind::task)
    return invalid("component_id", "narrows tasks only; leave it out");
  if (q.parent_id && kind != entity_kind::task)
    return invalid("parent_id", "narrows tasks only; leave it out");
  return ok();
}

result<void> check_values(const list_query& q, entity_kind kind) {
  const auto known = statuses_of(kind);
  for (const auto& s : q.statuses) {
    if (std::find(known.begin(), known.end(), s) != known.end()) continue;
    return invalid("status", fmt::format("{} is not known; allowed: {}", quoted(s),
                                         join(known, [](std::string_view n) { return n; })));
  }
  if (q.statuses.size() > list_query::max_values || q.labels.size() > list_query::max_values) {
    return invalid(q.labels.size() > list_query::max_values ? "label" : "status",
                   fmt::format("is given too often; at most {} times", list_query::max_values));
  }
  for (const auto& label : q.labels) {
    if (auto r = fields::check_search("label", label); !r) return r;
  }
  if (q.person) {
    const auto name = kind == entity_kind::task ? "assignee" : "owner";
    if (auto r = fields::check_search(name, *q.person); !r) return r;
  }
  return fields::check_search("q", q.text);
}

// -- cursors ---

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t max_cursor = 3000;

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6)
      out += alphabet[held >> (bits - 6) & 63];
  }
  if (bits > 0) out += alphabet[held << (6 - bits) & 63];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == alphabet.npos) return std::nullopt;
    held = held << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(held >> bits & 255);
  }
  if (base64url(out) != text) return std::nullopt;  // one text for one cursor
  return out;
}

template <class Number>
bool is_number(std::string_view text, Number least, Number most) {
  Number n{};
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  return wrong == std::errc{} && end == text.data() + text.size() && least <= n && n <= most;
}

/// Years 1 to 9999 in microseconds since 1970.
constexpr std::int64_t first_micros = -62'135'596'800'000'000;
constexpr std::int64_t last_micros = 253'402'300'799'999'999;

bool can_be_of(sort_key order, std::string_view value) {
  switch (order) {
    case sort_key::created:
    case sort_key::updated:
    case sort_key::due:
      return is_number(value, first_micros, last_micros);
    case sort_key::urgency:
      return is_number(value, 0, 4);
    case sort_key::number:
      return is_number(value, 1, 2'147'483'647);
    case sort_key::relevance:
      return is_number(value, 0.0F, 1e30F);
    case sort_key::position:
      return is_position(value);
    case sort_key::title:
      break;
  }
  return fields::check_search("cursor", value).has_value();
}

failure no_cursor() {
  return invalid("cursor",
                 "is none of this service's; take `next` of the page before, or leave it "
                 "out to begin anew");
}

}  // namespace

std::string_view name_of(sort_key k) noexcept {
  return sort_names[static_cast<std::size_t>(k)];
}

std::optional<sort_key> sort_key_named(std::string_view name) noexcept {
  const auto* const at = std::find(sort_names.begin(), sort_names.end(), name);
  if (at == sort_names.end()) return std::nullopt;
  return static_cast<sort_key>(at - sort_names.begin());
}

std::span<const sort_key> sort_keys_of(entity_kind kind) noexcept {
  switch (kind) {
    case entity_kind::project:
      return project_sorts;
    case entity_kind::component:
      return component_sorts;
    case entity_kind::task:
      break;
  }
  return task_sorts;
}

result<void> check(const list_query& q, entity_kind kind) {
  if (auto r = check_places(q, kind); !r) return r;
  if (auto r = check_values(q, kind); !r) return r;
  if (q.limit < 1 || q.limit > list_query::max_limit) {
    return invalid("limit", fmt::format("is {}; allowed: 1 to {}", q.limit, list_query::max_limit));
  }
  const auto sorts = sort_keys_of(kind);
  if (std::find(sorts.begin(), sorts.end(), q.order()) == sorts.end()) {
    return invalid(
        "sort", fmt::format("{} does not fit {}s; allowed: {}", name_of(q.order()), name_of(kind),
                            join(sorts, [](sort_key k) { return name_of(k); })));
  }
  if (q.order() == sort_key::relevance && q.text.empty())
    return invalid("sort", "relevance needs a text to search for; add q, or sort by another key");
  if (q.cursor.empty()) return ok();
  const auto cursor = list_cursor_from(q.cursor);
  if (!cursor) return cursor.error();
  if (cursor->order != q.order() || cursor->descending != q.is_descending())
    return invalid("cursor", "belongs to another order; leave it out to begin anew");
  return ok();
}

std::string to_text(const list_cursor& c) {
  return base64url(fmt::format("1{}{}{} {}", static_cast<char>('a' + static_cast<int>(c.order)),
                               c.descending ? '-' : '+', to_string(c.id), c.value));
}

result<list_cursor> list_cursor_from(std::string_view text) {
  constexpr std::size_t head = 3;        // form, order, direction
  constexpr std::size_t id_length = 36;  // and a space
  if (text.size() > max_cursor) return no_cursor();
  const auto plain = from_base64url(text);
  if (!plain || plain->size() <= head + id_length) return no_cursor();
  const std::string_view t{*plain};
  const auto order = t[1] - 'a';
  const auto id = parse_uuid(t.substr(head, id_length));
  if (t[0] != '1' || order < 0 || order >= static_cast<int>(sort_names.size()) ||
      (t[2] != '+' && t[2] != '-') || !id || t[head + id_length] != ' ') {
    return no_cursor();
  }
  list_cursor c{.order = static_cast<sort_key>(order),
                .descending = t[2] == '-',
                .value = std::string{t.substr(head + id_length + 1)},
                .id = *id};
  if (!can_be_of(c.order, c.value)) return no_cursor();
  return c;
}

}  // namespace td
