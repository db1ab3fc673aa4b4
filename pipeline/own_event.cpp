#include "pipeline/own_event.hpp"

#include <utility>

#include <fmt/format.h>

namespace td {

own_event make_own_event(std::string_view kind, std::string_view topic, std::string payload,
                         std::optional<uuid> entity, const uuid& trace_id, timestamp occurred_at) {
  const auto id = random_uuid();
  return {.event_id = id,
          .occurred_at = occurred_at,
          .trace_id = trace_id == uuid{} ? id : trace_id,
          .kind = std::string{kind},
          .source = std::string{own_source},
          .topic = std::string{topic},
          .entity = entity,
          .payload = std::move(payload)};
}

std::string envelope_of(const own_event& e) {
  return fmt::format(
      R"({{"event_id":"{}","occurred_at":"{}","trace_id":"{}","kind":{},"source":{},"payload":{}}})",
      to_string(e.event_id), to_rfc3339(e.occurred_at), to_string(e.trace_id), json_string(e.kind),
      json_string(e.source), e.payload);
}

std::string json_string(std::string_view text) {
  std::string out{"\""};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace td
