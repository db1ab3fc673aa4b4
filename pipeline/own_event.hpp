#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// An event that TaylorDash itself makes: what a write has to say. Id and time are fixed when it is
/// made, so that it can be sent any number of times and is stored once. Plain data.
struct own_event {
  uuid event_id{};
  timestamp occurred_at{};
  uuid trace_id{};  ///< of the request that caused it
  std::string kind{};
  std::string source{};
  std::string topic{};  ///< tracker/events/<family>/<verb>
  std::optional<uuid>
      entity{};           ///< events of one entity are published in the order of their writes
  std::string payload{};  ///< a JSON object, as text
};

/// An event of now with a new id; a trace id of all zeros is replaced by the event's own. Any
/// thread. Throws std::system_error where the system has no random numbers.
own_event make_own_event(std::string_view kind, std::string_view topic, std::string payload,
                         std::optional<uuid> entity, const uuid& trace_id,
                         timestamp occurred_at = now());

/// Who `make_own_event` says they come from.
inline constexpr std::string_view own_source = "taylordash";

/// The native envelope as it is published: the same bytes for the same event, always.
std::string envelope_of(const own_event& e);

/// A text as a JSON string, quotes included. Valid UTF-8 is taken for granted.
std::string json_string(std::string_view text);

}  // namespace td
