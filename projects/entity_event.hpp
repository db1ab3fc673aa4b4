#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "pipeline/own_event.hpp"
#include "projects/entity_json.hpp"

namespace td {

/// On whose behalf something is written: what goes into its event besides the change itself.
struct write_context {
  std::string actor{};  ///< who, for people: "anna", "key ci-1"
  uuid trace_id{};      ///< of the request; all zeros: the event's own id
};

enum class entity_verb : std::uint8_t { created, updated, archived, restored, deleted };
std::string_view name_of(entity_verb v) noexcept;

/// A member of the payload's `changed` is left out, but for its size, where before and after are
/// larger than this.
inline constexpr std::size_t max_change_bytes = 2000;

/// The event of a write: kind `task_updated`, topic `tracker/events/tasks/updated`, the entity's id
/// for its order. The payload is the entity as it is now (or was, when it is deleted) without
/// description and metadata, `actor`, and of an update `changed`: for each member that differs
/// `{"before": ..., "after": ...}`, or `{"bytes": [n, m]}` where that is large. `before` is empty
/// for what is new, `after` for what is deleted.
own_event event_of(entity_kind kind, entity_verb verb, const uuid& id,
                   const boost::json::object& before, const boost::json::object& after,
                   const write_context& by, timestamp at);

/// The event of an entity's change; one of them may be null.
template <class Entity>
own_event event_of(entity_kind kind, entity_verb verb, const Entity* before, const Entity* after,
                   const write_context& by, timestamp at) {
  return event_of(kind, verb, (after != nullptr ? after : before)->id,
                  before != nullptr ? to_json(*before) : boost::json::object{},
                  after != nullptr ? to_json(*after) : boost::json::object{}, by, at);
}

}  // namespace td
