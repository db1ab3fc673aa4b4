#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/time.hpp"
#include "projects/entity.hpp"
#include "storage/entity_connection.hpp"

namespace td {

/// One event of the mirror that is about an entity.
struct history_event {
  uuid event_id{};
  timestamp occurred_at{};
  std::string kind{};
  std::string source{};
  std::string topic{};
  uuid trace_id{};
  std::string payload{};  ///< JSON
};

struct history_page {
  std::vector<history_event> events{};  ///< newest first
  std::string next{};                   ///< cursor of what came before; empty: there is nothing
  /// The day of now, which has no search indexes, was too large to be searched in time: of it only
  /// TaylorDash's own writes are there, not what producers said about the entity.
  bool only_own_today{};
};

/// What happened to an entity, as the mirror has it: whatever says its id in the payload's
/// `project_id`, `component_id` or `task_id`, from TaylorDash or from producers, while retention
/// keeps it.
class entity_history : public store {
 public:
  static constexpr std::size_t max_limit = 200;
  /// For how long the day of now is searched.
  static constexpr std::chrono::milliseconds search_time{2000};

  /// value_invalid: a limit or cursor that is none. An entity that never was has no events.
  virtual result<history_page> read(entity_kind kind, const uuid& id, std::string_view cursor,
                                    std::size_t limit) = 0;
};

std::unique_ptr<entity_history> make_entity_history(shared_connection connection);

}  // namespace td
