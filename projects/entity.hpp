#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"
#include "projects/status.hpp"

namespace td {

enum class entity_kind : std::uint8_t { project, component, task };

/// "project": in event kinds and sentences.
std::string_view name_of(entity_kind k) noexcept;

/// What projects, components and tasks have in common. Bounds: fields.hpp.
struct entity {
  uuid id{};
  std::string title{};
  std::string description{};
  priority urgency{};
  std::optional<std::string> person{};  ///< the owner; of a task the assignee
  std::vector<std::string> labels{};
  std::optional<timestamp> due_at{};
  std::string metadata{"{}"};  ///< a JSON object, whatever its owner wants to keep
  std::int64_t version{1};     ///< counts the changes; the ETag
  timestamp created_at{};
  timestamp updated_at{};
  life lived{};                            ///< when it was begun and reached
  std::optional<timestamp> archived_at{};  ///< put away: can't be changed until it is restored

  bool operator==(const entity&) const = default;
};

/// What a request wants changed of them. What is absent stays; an optional that is empty inside is
/// taken away.
struct entity_change {
  std::optional<std::string> title{};
  std::optional<std::string> description{};
  std::optional<priority> urgency{};
  std::optional<std::optional<std::string>> person{};
  std::optional<std::vector<std::string>> labels{};
  std::optional<std::optional<timestamp>> due_at{};
  std::optional<std::string> metadata{};
};

/// Checks what is changed and changes it; the version stays. value_invalid.
result<void> apply(const entity_change& change, entity& to, std::string_view person_field);

/// Equal metadata whatever the order of members and the spaces; both are JSON.
bool same_metadata(std::string_view a, std::string_view b);

/// One more version, at `at`, where anything differs; else what it was. The clock may go back:
/// updated_at never does.
template <class Entity>
Entity next_version(const Entity& before, Entity after, timestamp at) {
  if (same_metadata(before.metadata, after.metadata)) after.metadata = before.metadata;
  if (after == before) return before;
  after.version = before.version + 1;
  after.updated_at = at > before.updated_at ? at : before.updated_at;
  return after;
}

/// Whether it may be changed: conflict where it is archived.
result<void> check_not_archived(const entity& e, entity_kind kind);

/// Put away, or taken back; unchanged where it is so already.
template <class Entity>
Entity archived(const Entity& before, timestamp at) {
  auto after = before;
  if (!after.archived_at) after.archived_at = at;
  return next_version(before, std::move(after), at);
}
template <class Entity>
Entity restored(const Entity& before, timestamp at) {
  auto after = before;
  after.archived_at.reset();
  return next_version(before, std::move(after), at);
}

}  // namespace td
