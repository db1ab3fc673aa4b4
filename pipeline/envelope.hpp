#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

inline constexpr std::size_t max_kind_bytes = 100;

/// Between which times an event may have occurred, both included.
struct time_window {
  timestamp first;
  timestamp last;
};

/// What stands around a payload. Views live as long as the document.
struct envelope {
  uuid event_id{};
  uuid trace_id{};
  timestamp occurred_at{};
  std::string_view kind{};
  std::string_view source{};
  slice payload{};                         ///< its text, as offsets into the document
  simdjson::dom::element payload_value{};  ///< an object
  std::string_view payload_pointer{};      ///< "/payload" or "/data"; static storage
  std::int32_t schema_version{};           ///< 0 where the producer named none
};

/// Reads both forms of an event. A member that is null counts as absent; members that are not
/// named here are ignored.
///
/// Native: `event_id` (UUID, not the nil one), `occurred_at` (RFC 3339), `trace_id` (UUID or 32
/// hex digits), `kind` (`[a-z][a-z0-9_]*`, up to 100 bytes), `source` (1 to `max_source_bytes`
/// bytes), `payload` (object), and optionally `schema_version` (1 to 2^31-1).
///
/// CloudEvents 1.0 in structured mode, told by the member `specversion`: `id`, `time` (required
/// here: it is half of the idempotency key), `type` (a kind that may also hold capitals, dots and
/// dashes: `[A-Za-z][A-Za-z0-9_.-]*`), `source`, `data` (object), and optionally `traceparent`
/// (W3C Trace Context; its trace id, else the event's id) and `datacontenttype` (a JSON media
/// type). An `id` that is no UUID becomes uuid_v5(uuid_v5(URL name space, source), id).
///
/// One thread (it remembers the last source's name space).
class envelope_reader {
 public:
  /// Throws std::runtime_error where OpenSSL has no SHA-1, and never later.
  explicit envelope_reader(std::size_t max_source_bytes);

  /// `root` and `members` as `document` gives them. Absent when `out` holds the envelope; else one
  /// of the envelope's codes, with the pointer of the member at fault, or of the one that is
  /// missing.
  std::optional<failure> read(simdjson::dom::object root, std::span<const slice> members,
                              const time_window& window, envelope& out);

 private:
  struct fields;
  std::optional<failure> read_native(const fields& in, const time_window& window,
                                     envelope& out) const;
  std::optional<failure> read_cloud_event(const fields& in, const time_window& window,
                                          envelope& out);
  uuid name_space_of(std::string_view source);

  std::size_t max_source_bytes_;
  std::string last_source_{};
  std::optional<uuid> last_name_space_{};
};

}  // namespace td
