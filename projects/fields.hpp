#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"

/// What a field may hold. Every check succeeds or fails with value_invalid: a sentence with the
/// field, its bound and what to do, and the field's JSON pointer. Lengths count characters (code
/// points). The same bounds stand as CHECKs in storage/schema, and no field is wider than the
/// shipped schemas of events allow. Any thread.
namespace td::fields {

inline constexpr std::size_t max_title = 200;
inline constexpr std::size_t max_description = 20'000;
inline constexpr std::size_t max_person = 200;
inline constexpr std::size_t max_labels = 50;
inline constexpr std::size_t max_label = 100;
inline constexpr std::size_t max_metadata_bytes = 16'384;
inline constexpr std::size_t max_metadata_depth = 16;
inline constexpr std::size_t max_position = 200;
inline constexpr std::int32_t max_estimate = 1'000'000;
inline constexpr std::int32_t max_progress = 100;
inline constexpr std::size_t max_search = 400;

/// One line, not blank.
result<void> check_title(std::string_view text);

/// Several lines; may be empty. Line feeds and tabs are the only control characters.
result<void> check_description(std::string_view text);

/// Whoever owns or does something; `field` is "owner" or "assignee".
result<void> check_person(std::string_view field, const std::optional<std::string>& name);

/// Each of one line, not blank, once.
result<void> check_labels(const std::vector<std::string>& labels);

result<void> check_estimate(const std::optional<std::int32_t>& estimate);
result<void> check_progress(std::int32_t percent);

/// Years 1 to 9999, as RFC 3339 can write them.
result<void> check_due(const std::optional<timestamp>& due);

/// A JSON object that PostgreSQL can store as it is: no equal keys, no NUL, bounded in size, depth
/// and numbers.
result<void> check_metadata(std::string_view json);

/// Of a project: PAY, R2D2. In front of its tasks' numbers: PAY-12.
result<void> check_key(std::string_view key);

/// Of a component: lower case letters, digits and dashes, a letter first.
result<void> check_slug(std::string_view slug);

/// See position.hpp.
result<void> check_position(std::string_view position);

/// What a list is searched for: `field` names the parameter.
result<void> check_search(std::string_view field, std::string_view text);

}  // namespace td::fields
