#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/uuid.hpp"
#include "projects/entity.hpp"

namespace td {

enum class sort_key : std::uint8_t {
  created,
  updated,
  due,        ///< what has no date is last
  urgency,    ///< none, low ... urgent
  title,      ///< without regard to case
  position,   ///< as people ordered them; components and tasks
  number,     ///< tasks
  relevance,  ///< to the text that is searched for; the best first
};
std::string_view name_of(sort_key k) noexcept;  ///< "created", "priority", "relevance"
std::optional<sort_key> sort_key_named(std::string_view name) noexcept;

/// By what a list of this kind may be sorted. Static storage.
std::span<const sort_key> sort_keys_of(entity_kind kind) noexcept;

enum class archived_filter : std::uint8_t { without, only, with };

/// Which entities, and in which order. What is empty or absent does not narrow.
struct list_query {
  std::optional<uuid> project_id{};     ///< components and tasks
  std::optional<uuid> component_id{};   ///< tasks
  std::optional<uuid> parent_id{};      ///< tasks
  std::vector<std::string> statuses{};  ///< any of these names
  std::vector<std::string> labels{};    ///< all of these
  std::optional<std::string> person{};  ///< owner or assignee; empty: nobody
  std::string text{};  ///< words, "a phrase", -without, or: as web searches have it
  archived_filter archived{};
  std::optional<sort_key> sort{};  ///< absent: relevance where there is a text, else created
  bool descending{};
  std::string cursor{};  ///< where the page before ended
  std::size_t limit{50};

  static constexpr std::size_t max_limit = 200;
  static constexpr std::size_t max_values = 50;

  sort_key order() const noexcept {
    return sort.value_or(text.empty() ? sort_key::created : sort_key::relevance);
  }
  /// Relevance has one direction.
  bool is_descending() const noexcept { return descending || order() == sort_key::relevance; }
};

/// value_invalid, with what is allowed: a parameter that lists of this kind don't have, a status,
/// limit or sort that is not there, relevance without a text, a cursor that is none or belongs to
/// another order.
result<void> check(const list_query& q, entity_kind kind);

/// Where a page ends: the sort key's value of its last row, and the id that tells equals apart. So
/// rows that come in or go meanwhile make no page skip or repeat another row.
struct list_cursor {
  sort_key order{};
  bool descending{};
  std::string value{};  ///< times as microseconds since 1970
  uuid id{};

  bool operator==(const list_cursor&) const = default;
};

/// One word of `A-Z a-z 0-9 - _`.
std::string to_text(const list_cursor& c);

/// Reads it back. value_invalid: it is no cursor, or its value can't be one of its order.
result<list_cursor> list_cursor_from(std::string_view text);

}  // namespace td
