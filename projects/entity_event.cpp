#include "projects/entity_event.hpp"

#include <array>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace td {

namespace {

namespace json = boost::json;

/// Large ones, which an event has only where they changed and are small.
bool is_bulky(std::string_view member) {
  return member == "description" || member == "metadata";
}

/// Differ with every write: no news.
bool is_bookkeeping(std::string_view member) {
  return member == "version" || member == "updated_at";
}

json::object change_of(const json::value& before, const json::value& after) {
  const auto was = json::serialize(before);
  const auto is = json::serialize(after);
  if (was.size() + is.size() > max_change_bytes)
    return {{"bytes", json::array{was.size(), is.size()}}};
  return {{"before", before}, {"after", after}};
}

json::object changes(const json::object& before, const json::object& after) {
  json::object all;
  for (const auto& [member, is] : after) {
    const auto* was = before.if_contains(member);
    if (was != nullptr && *was != is && !is_bookkeeping(member)) all[member] = change_of(*was, is);
  }
  return all;
}

}  // namespace

std::string_view name_of(entity_verb v) noexcept {
  constexpr std::array<std::string_view, 5> names{"created", "updated", "archived", "restored",
                                                  "deleted"};
  return names[static_cast<std::size_t>(v)];
}

own_event event_of(entity_kind kind, entity_verb verb, const uuid& id, const json::object& before,
                   const json::object& after, const write_context& by, timestamp at) {
  json::object payload;
  for (const auto& [member, value] : after.empty() ? before : after) {
    if (!is_bulky(member)) payload[member] = value;
  }
  payload["actor"] = by.actor;
  if (verb == entity_verb::updated) payload["changed"] = changes(before, after);
  return make_own_event(fmt::format("{}_{}", name_of(kind), name_of(verb)),
                        fmt::format("tracker/events/{}s/{}", name_of(kind), name_of(verb)),
                        json::serialize(payload), id, by.trace_id, at);
}

}  // namespace td
