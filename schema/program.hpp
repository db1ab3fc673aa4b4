#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "schema/format.hpp"
#include "schema/keywords.hpp"
#include "schema/name_table.hpp"
#include "schema/pattern.hpp"
#include "schema/values.hpp"

namespace td {

/// Numbers into the vectors of `schema_program`.
using subschema_id = std::uint32_t;
using location_id = std::uint32_t;

/// A subschema that every value matches: nothing is run for it.
inline constexpr subschema_id anything = 0xffffffff;

/// A bound that is not there.
inline constexpr std::uint32_t unbounded = 0xffffffff;

/// Members `a` to `b - 1` of the vector that the instruction is about.
struct range {
  std::uint32_t begin{};
  std::uint32_t end{};
};

/// What an instruction does; in the comment, what `a` and `b` are.
enum class operation : std::uint8_t {
  // -- any value ---
  one_of_values,  ///< a: value_sets
  // -- numbers ---
  multiple_of,        ///< a: numbers
  maximum,            ///< a: numbers
  exclusive_maximum,  ///< a: numbers
  minimum,            ///< a: numbers
  exclusive_minimum,  ///< a: numbers
  // -- strings ---
  max_length,  ///< a: code points
  min_length,  ///< a: code points
  matches,     ///< a: patterns
  has_format,  ///< a: format
  // -- arrays ---
  max_items,     ///< a: how many
  min_items,     ///< a: how many
  unique_items,  ///<
  each_item,     ///< a: item_rules
  contains,      ///< a: contains_rules
  // -- objects ---
  max_properties,      ///< a: how many
  min_properties,      ///< a: how many
  members,             ///< a: member_rules
  dependent_required,  ///< a, b: range of needs
  dependent_schemas,   ///< a, b: range of triggers
  // -- any value, by other subschemas ---
  reference,   ///< a: subschema
  all_of,      ///< a, b: range of branches
  any_of,      ///< a, b: range of branches
  one_of,      ///< a, b: range of branches
  negation,    ///< a: subschema
  conditional  ///< a: conditionals
};

struct instruction {
  operation op{};
  keyword word{};       ///< that asks for it
  location_id where{};  ///< of that keyword
  std::uint32_t a{};
  std::uint32_t b{};
};

/// The types of a `type` keyword as bits.
namespace type_bit {
inline constexpr std::uint8_t null = 1;
inline constexpr std::uint8_t boolean = 2;
inline constexpr std::uint8_t integer = 4;
inline constexpr std::uint8_t number = 8;  ///< all of them, integers included
inline constexpr std::uint8_t string = 16;
inline constexpr std::uint8_t array = 32;
inline constexpr std::uint8_t object = 64;
inline constexpr std::uint8_t all = 127;
}  // namespace type_bit

/// Which instructions of a subschema concern which values. They stand in this order.
enum class group : std::uint8_t { first, numbers, strings, arrays, objects, last };
inline constexpr std::size_t group_count = 6;

/// One schema within the schema: its types and its instructions, in groups one behind the other.
struct subschema {
  std::uint8_t types{type_bit::all};  ///< 0: nothing matches (`false`)
  location_id where{};
  location_id type_where{};
  std::array<std::uint32_t, group_count + 1> begins{};  ///< group g: begins[g] to begins[g + 1] - 1

  range of(group g) const noexcept {
    auto const i = static_cast<std::size_t>(g);
    return {begins[i], begins[i + 1]};
  }
};

/// The values of an `enum` or a `const`.
struct value_set {
  name_table strings{};
  std::uint16_t literals{};  ///< bits 1 << value_kind of null, false and true
  /// The others with their hashes, ascending by hash.
  std::vector<std::pair<std::uint64_t, simdjson::dom::element>> others{};
  std::vector<simdjson::dom::element> listed{};  ///< all, as written: for messages
};

struct item_rules {
  std::vector<subschema_id> prefix{};
  subschema_id rest{anything};
  location_id prefix_where{};
  location_id rest_where{};
  keyword prefix_word{keyword::prefix_items};
  keyword rest_word{keyword::items};
};

struct contains_rules {
  subschema_id item{anything};
  std::uint32_t min{1};
  std::uint32_t max{unbounded};
  location_id where{};
  location_id min_where{};
  location_id max_where{};
};

/// `properties`, `required`, `patternProperties`, `additionalProperties` and `propertyNames`: one
/// walk over the members.
struct member_rules {
  struct named {
    std::string_view name{};
    subschema_id schema{anything};
    bool declared{};  ///< in `properties`, and so not additional
    bool required{};
  };
  struct by_pattern {
    std::uint32_t pattern{};
    subschema_id schema{anything};
  };

  name_table table{};
  std::vector<named> names{};  ///< by the table's number
  std::uint32_t required{};    ///< how many
  std::vector<by_pattern> patterns{};
  subschema_id additional{anything};
  subschema_id name_schema{anything};
  bool only_named{};  ///< members that the table does not have need no look
  location_id required_where{};
};

/// Where member `name` is, `needed` must be.
struct need {
  std::string_view name{};
  std::vector<std::string_view> needed{};
  location_id where{};
};

/// Where member `name` is, the object must match.
struct trigger {
  std::string_view name{};
  subschema_id schema{anything};
};

struct conditional {
  subschema_id condition{anything};
  subschema_id then{anything};
  subschema_id otherwise{anything};
};

/// A place in the schema: a step from its parent. Rendered for messages only, so that deep schemas
/// take no more memory than their text.
struct location {
  location_id parent{};
  std::string_view token{};
  std::uint32_t index{};  ///< where `token` has no data
};

/// A schema as a flat program. Built by `compile_program`, never changed afterwards; any thread may
/// read. Never moved: its elements refer to `source`.
struct schema_program {
  simdjson::dom::document source{};  ///< holds every name, text and constant below

  subschema_id root{anything};
  std::vector<subschema> subschemas{};
  std::vector<instruction> instructions{};
  std::vector<location> locations{};

  std::vector<number> numbers{};
  std::vector<pattern> patterns{};
  std::vector<std::string_view> pattern_texts{};
  std::vector<value_set> value_sets{};
  std::vector<item_rules> items{};
  std::vector<contains_rules> contains{};
  std::vector<member_rules> members{};
  std::vector<need> needs{};
  std::vector<trigger> triggers{};
  std::vector<subschema_id> branches{};
  std::vector<conditional> conditionals{};

  /// RFC 6901.
  std::string pointer_to(location_id where) const;
};

}  // namespace td
