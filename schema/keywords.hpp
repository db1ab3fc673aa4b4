#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace td {

/// The drafts of JSON Schema that are spoken here.
enum class draft : std::uint8_t { draft_7, draft_2020_12 };

/// "draft 7", "draft 2020-12".
std::string_view name_of(draft d) noexcept;

/// Of a `$schema`, with or without an empty fragment.
std::optional<draft> draft_named(std::string_view uri) noexcept;

/// "http://json-schema.org/draft-07/schema# (draft 7) or ...": for messages.
std::string draft_names();

/// Every keyword that is obeyed (or is known to have no effect), in the order of names.
enum class keyword : std::uint8_t {
  anchor,
  comment,
  defs,
  id,
  ref,
  schema,
  additional_items,
  additional_properties,
  all_of,
  any_of,
  constant,
  contains,
  default_value,
  definitions,
  dependencies,
  dependent_required,
  dependent_schemas,
  deprecated,
  description,
  otherwise,
  enumeration,
  examples,
  exclusive_maximum,
  exclusive_minimum,
  format,
  condition,
  items,
  max_contains,
  max_items,
  max_length,
  max_properties,
  maximum,
  min_contains,
  min_items,
  min_length,
  min_properties,
  minimum,
  multiple_of,
  negation,
  one_of,
  pattern,
  pattern_properties,
  prefix_items,
  properties,
  property_names,
  read_only,
  required,
  then,
  title,
  type,
  unique_items,
  write_only,
};
inline constexpr std::size_t keyword_count = static_cast<std::size_t>(keyword::write_only) + 1;

/// "minLength", ...; static storage.
std::string_view name_of(keyword k) noexcept;

/// Whether a draft has it.
bool is_in(keyword k, draft d) noexcept;

/// Absent when the name is not in the list.
std::optional<keyword> keyword_named(std::string_view name) noexcept;

/// Why a member of a schema that is no keyword of the list is refused, and what is allowed.
std::string unsupported(std::string_view name, draft d);

/// Why a keyword of the list is refused in a schema of draft `d`, which does not have it.
std::string not_in_draft(keyword k, draft d);

}  // namespace td
