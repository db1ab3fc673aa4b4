#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "config/suggest.hpp"
#include "pipeline/document.hpp"
#include "pipeline/text.hpp"
#include "schema/compiler.hpp"

namespace td {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

struct type_row {
  std::string_view name;
  std::uint8_t bits;
};

constexpr std::array<type_row, 7> type_rows{{{"null", type_bit::null},
                                             {"boolean", type_bit::boolean},
                                             {"integer", type_bit::integer},
                                             {"number", type_bit::number | type_bit::integer},
                                             {"string", type_bit::string},
                                             {"array", type_bit::array},
                                             {"object", type_bit::object}}};

/// 0 for a name that is no type's.
std::uint8_t type_bits(element name) {
  std::string_view text;
  if (name.get(text) != simdjson::SUCCESS) return 0;
  auto const* const row = std::ranges::find(type_rows, text, &type_row::name);
  return row == type_rows.end() ? 0 : row->bits;
}

}  // namespace

schema_compiler::fault schema_compiler::types(reading& in) {
  if (!in.has(keyword::type)) return std::nullopt;
  auto const value = in[keyword::type];
  auto const where = at(in, keyword::type);
  std::vector<element> names{value};
  if (array list; value.get(list) == simdjson::SUCCESS) names.assign(list.begin(), list.end());
  in.types = 0;
  std::set<std::string_view> seen;
  for (auto const name : names) {
    auto const bits = type_bits(name);
    if (bits == 0) {
      return wrong(where, keyword::type, name,
                   "null, boolean, integer, number, string, array or object");
    }
    if (!seen.insert(std::string_view{name}).second) {
      return refusal(where, fmt::format("\"type\" names {} twice", describe(name)));
    }
    in.types |= bits;
  }
  if (names.empty()) {
    return refusal(where, "\"type\" is an empty array; at least one type is needed");
  }
  return std::nullopt;
}

schema_compiler::fault schema_compiler::constants(reading& in) {
  auto const add = [&](keyword k, std::vector<element> listed) {
    emit(in, group::first, operation::one_of_values, k,
         static_cast<std::uint32_t>(out_.value_sets.size()));
    out_.value_sets.push_back(set_of(std::move(listed)));
  };
  if (in.has(keyword::constant)) add(keyword::constant, {in[keyword::constant]});
  if (!in.has(keyword::enumeration)) return std::nullopt;
  array list;
  if (in[keyword::enumeration].get(list) != simdjson::SUCCESS || list.begin() == list.end()) {
    return wrong(at(in, keyword::enumeration), keyword::enumeration, in[keyword::enumeration],
                 "an array of at least one value");
  }
  add(keyword::enumeration, {list.begin(), list.end()});
  return std::nullopt;
}

value_set schema_compiler::set_of(std::vector<element> listed) const {
  value_set set;
  std::vector<std::string_view> strings;
  std::int64_t visited = 0;
  for (auto const e : listed) {
    auto const v = value::of(e);
    switch (v.kind) {
      case value_kind::null:
      case value_kind::boolean_false:
      case value_kind::boolean_true:
        set.literals |= static_cast<std::uint16_t>(1u << static_cast<unsigned>(v.kind));
        break;
      case value_kind::string:
        strings.push_back(v.text);
        break;
      default:
        set.others.emplace_back(hash_of(v, visited), e);
    }
  }
  std::ranges::sort(strings);
  strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
  set.strings = name_table{strings};
  std::ranges::sort(set.others, {}, &std::pair<std::uint64_t, element>::first);
  set.listed = std::move(listed);
  return set;
}

schema_compiler::fault schema_compiler::numeric(reading& in) {
  for (auto const& [k, op] : {std::pair{keyword::minimum, operation::minimum},
                              {keyword::exclusive_minimum, operation::exclusive_minimum},
                              {keyword::maximum, operation::maximum},
                              {keyword::exclusive_maximum, operation::exclusive_maximum},
                              {keyword::multiple_of, operation::multiple_of}}) {
    if (!in.has(k)) continue;
    if (!in[k].is_number()) return wrong(at(in, k), k, in[k], "a number");
    auto const n = number_of(in[k]);
    if (k == keyword::multiple_of && compare(n, number{}) <= 0) {
      return wrong(at(in, k), k, in[k], "a number above 0");
    }
    emit(in, group::numbers, op, k, static_cast<std::uint32_t>(out_.numbers.size()));
    out_.numbers.push_back(n);
  }
  return std::nullopt;
}

schema_compiler::fault schema_compiler::textual(reading& in) {
  if (auto f = counted(in, group::strings, operation::min_length, keyword::min_length)) return f;
  if (auto f = counted(in, group::strings, operation::max_length, keyword::max_length)) return f;
  if (in.has(keyword::format)) {
    std::string_view name;
    if (in[keyword::format].get(name) != simdjson::SUCCESS) {
      return wrong(at(in, keyword::format), keyword::format, in[keyword::format], "a string");
    }
    auto const f = format_named(name);
    if (!f) {
      auto const names = format_names();
      auto const meant = did_you_mean(suggestions(name, {names.begin(), names.end()}));
      return refusal(
          at(in, keyword::format),
          fmt::format("the format {} is not supported; those that are: {}{}{}", quoted(name),
                      fmt::join(names, ", "), meant.empty() ? "" : "; ", meant));
    }
    emit(in, group::strings, operation::has_format, keyword::format,
         static_cast<std::uint32_t>(*f));
  }
  if (in.has(keyword::pattern)) {
    std::string_view text;
    if (in[keyword::pattern].get(text) != simdjson::SUCCESS) {
      return wrong(at(in, keyword::pattern), keyword::pattern, in[keyword::pattern], "a string");
    }
    std::uint32_t number = 0;
    if (auto f = add_pattern(text, at(in, keyword::pattern), number)) return f;
    emit(in, group::strings, operation::matches, keyword::pattern, number);
  }
  return std::nullopt;
}

schema_compiler::fault schema_compiler::add_pattern(std::string_view text, location_id where,
                                                    std::uint32_t& out) {
  if (out_.patterns.size() == max_schema_patterns) {
    return refusal(where, fmt::format("this is one pattern too many; at most {} are allowed",
                                      max_schema_patterns));
  }
  auto compiled = pattern::compile(text);
  if (!compiled) return refusal(where, compiled.error().detail);
  pattern_bytes_ += compiled->program_bytes();
  if (pattern_bytes_ > max_pattern_programs) {
    return refusal(where,
                   fmt::format("with this pattern those of the schema take {} bytes compiled; "
                               "at most {} are allowed",
                               pattern_bytes_, max_pattern_programs));
  }
  out = static_cast<std::uint32_t>(out_.patterns.size());
  out_.patterns.push_back(std::move(*compiled));
  out_.pattern_texts.push_back(text);
  return std::nullopt;
}

/// A count may be written 2.0, and may be larger than anything can be long.
schema_compiler::fault schema_compiler::count(const reading& in, keyword k, std::uint32_t& out) {
  number const most{.i = unbounded - 1};
  auto const value = in[k];
  if (value.is_number()) {
    auto const n = number_of(value);
    if (is_integral(n) && compare(n, number{}) >= 0) {
      if (compare(n, most) > 0) {
        out = unbounded - 1;
      } else {
        out =
            static_cast<std::uint32_t>(n.kind == value_kind::real ? n.d : static_cast<double>(n.i));
      }
      return std::nullopt;
    }
  }
  return wrong(at(in, k), k, value, "an integer from 0 on");
}

schema_compiler::fault schema_compiler::counted(reading& in, group g, operation op, keyword k) {
  if (!in.has(k)) return std::nullopt;
  std::uint32_t bound = 0;
  if (auto f = count(in, k, bound)) return f;
  emit(in, g, op, k, bound);
  return std::nullopt;
}

}  // namespace td
