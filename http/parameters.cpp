#include "http/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/suggest.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

using type = parameter::type;

problem invalid(std::string_view name, std::string detail) {
  return {&problems::parameter_invalid, std::move(detail), std::string{name}, {}, {}};
}

std::optional<parameter_value> read_integer(const parameter& p, std::string_view written) {
  std::int64_t n = 0;
  const auto [end, e] = std::from_chars(written.data(), written.data() + written.size(), n);
  if (e != std::errc{} || end != written.data() + written.size()) return std::nullopt;
  if (n < p.least || n > p.most) return std::nullopt;
  return n;
}

std::optional<parameter_value> read_text(const parameter& p, std::string_view written) {
  const auto bytes = static_cast<std::int64_t>(written.size());
  if (bytes < p.least || bytes > p.most || written.find('\0') != written.npos) return std::nullopt;
  return std::string{written};
}

std::optional<parameter_value> read_value(const parameter& p, std::string_view written) {
  switch (p.what) {
    case type::text:
      return read_text(p, written);
    case type::integer:
      return read_integer(p, written);
    case type::flag:
      if (written == "true" || written == "1") return true;
      if (written == "false" || written == "0") return false;
      return std::nullopt;
    case type::time:
      if (const auto t = parse_rfc3339(written)) return *t;
      return std::nullopt;
    case type::uuid:
      if (const auto id = parse_uuid(written)) return *id;
      return std::nullopt;
    case type::choice:
      if (std::find(p.choices.begin(), p.choices.end(), written) == p.choices.end())
        return std::nullopt;
      return std::string{written};
  }
  return std::nullopt;
}

std::string unknown_sentence(std::string_view name, std::span<const parameter> rows) {
  if (rows.empty())
    return fmt::format("{} is unknown: this route takes no parameters", quoted(name));
  std::vector<std::string_view> known;
  for (const auto& row : rows)
    known.push_back(row.name);
  const auto hint = did_you_mean(suggestions(name, known));
  return fmt::format("{} is unknown{}{}; this route takes {}", quoted(name),
                     hint.empty() ? "" : "; ", hint, fmt::join(known, ", "));
}

}  // namespace

std::string allowed_by(const parameter& p) {
  switch (p.what) {
    case type::text:
      return fmt::format("text of {} to {} bytes", p.least, p.most);
    case type::integer:
      return fmt::format("an integer from {} to {}", p.least, p.most);
    case type::flag:
      return "true or false";
    case type::time:
      return "an RFC 3339 date-time such as 2026-11-20T12:00:00Z";
    case type::uuid:
      return "a UUID such as 4bf92f35-77b3-4da6-a3ce-929d0e0e4736";
    case type::choice:
      break;
  }
  return fmt::format("one of {}", fmt::join(p.choices, ", "));
}

http_result<parameter_value> read_parameter(const parameter& p, std::string_view written) {
  if (auto value = read_value(p, written)) return *std::move(value);
  return invalid(p.name,
                 fmt::format("{} is {}; allowed: {}", p.name, quoted(written), allowed_by(p)));
}

http_result<parameter_values> parameter_values::from_query(std::span<const parameter> rows,
                                                           pairs given, bool any) {
  parameter_values values;
  for (const auto& row : rows)
    values.entries_.push_back({&row, std::nullopt, false});
  for (const auto& [name, written] : given) {
    const auto found = std::find_if(values.entries_.begin(), values.entries_.end(),
                                    [&name = name](const entry& e) { return e.row->name == name; });
    if (found == values.entries_.end()) {
      if (any) continue;
      return invalid(name, unknown_sentence(name, rows));
    }
    if (found->given) {
      return invalid(name, fmt::format("{} is there twice; name it once", name));
    }
    auto value = read_parameter(*found->row, written);
    if (!value) return value.error();
    found->value = *std::move(value);
    found->given = true;
  }
  for (auto& e : values.entries_) {
    if (e.given) continue;
    if (e.row->required) {
      return invalid(e.row->name, fmt::format("{} is missing; {}: {}", e.row->name, e.row->meaning,
                                              allowed_by(*e.row)));
    }
    if (e.row->fallback.empty()) continue;
    if (auto value = read_parameter(*e.row, e.row->fallback)) e.value = *std::move(value);
  }
  return values;
}

http_result<parameter_values> parameter_values::from_path(std::span<const parameter> rows,
                                                          std::span<const std::string> values) {
  parameter_values result;
  for (std::size_t i = 0; i < rows.size() && i < values.size(); ++i) {
    auto value = read_parameter(rows[i], values[i]);
    if (!value) return value.error();
    result.entries_.push_back({&rows[i], *std::move(value), true});
  }
  return result;
}

const parameter_values::entry& parameter_values::entry_of(std::string_view name) const {
  for (const auto& e : entries_) {
    if (e.row->name == name) return e;
  }
  throw std::logic_error(fmt::format("parameter {} has no row in the route table", name));
}

template <class T>
const T* parameter_values::find(std::string_view name) const {
  const auto& e = entry_of(name);
  if (!e.value) return nullptr;
  if (const auto* value = std::get_if<T>(&*e.value)) return value;
  throw std::logic_error(fmt::format("parameter {} has another type in the route table", name));
}

std::optional<std::string_view> parameter_values::text(std::string_view name) const {
  const auto* value = find<std::string>(name);
  return value == nullptr ? std::nullopt : std::optional<std::string_view>{*value};
}

std::optional<std::int64_t> parameter_values::integer(std::string_view name) const {
  const auto* value = find<std::int64_t>(name);
  return value == nullptr ? std::nullopt : std::optional{*value};
}

bool parameter_values::flag(std::string_view name) const {
  const auto* value = find<bool>(name);
  return value != nullptr && *value;
}

std::optional<timestamp> parameter_values::time(std::string_view name) const {
  const auto* value = find<timestamp>(name);
  return value == nullptr ? std::nullopt : std::optional{*value};
}

std::optional<uuid> parameter_values::id(std::string_view name) const {
  const auto* value = find<uuid>(name);
  return value == nullptr ? std::nullopt : std::optional{*value};
}

bool parameter_values::given(std::string_view name) const {
  return entry_of(name).given;
}

}  // namespace td
