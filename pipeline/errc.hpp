#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace td {

/// What becomes of the work that met an error. Decided by `disposition_of`, and nowhere else.
enum class disposition : std::uint8_t {
  dead_letter,  ///< the event itself is at fault: keep it, with the reason, in the dead-letter
                ///< store
  retry,        ///< the surroundings are at fault and may recover: nothing is acknowledged
  stop,         ///< going on would be unsafe or pointless: stop loudly, a person is needed
};

/// Every expected failure of the product. Each has a name, a sentence and a disposition in the
/// table of errc.cpp; names are stable (they are stored in `dlq_events.code` and shown in metrics).
enum class errc : std::uint16_t {
  // -- the bytes ---
  body_empty,
  body_too_large,
  not_utf8,
  not_json,
  too_deep,
  not_an_object,
  duplicate_key,
  nul_escape,
  surrogate_escape,
  number_too_long,
  number_out_of_range,
  string_too_long,
  // -- the topic ---
  topic_too_long,
  topic_not_allowed,
  // -- the envelope ---
  event_id_missing,
  event_id_invalid,
  occurred_at_missing,
  occurred_at_invalid,
  occurred_at_too_old,
  occurred_at_in_future,
  trace_id_missing,
  trace_id_invalid,
  kind_missing,
  kind_invalid,
  source_missing,
  source_invalid,
  payload_missing,
  payload_invalid,
  schema_version_invalid,
  cloudevent_invalid,
  // -- the schema ---
  unknown_kind,
  schema_version_unknown,
  schema_violation,
  // -- the database's own opinion of a row ---
  refused_by_database,
  event_conflict,
  // -- a consumer's ---
  consumer_failed,
  // -- surroundings ---
  database_away,
  database_refused,
  database_conflict,
  database_busy,
  broker_away,
  broker_refused,
  timed_out,
  overloaded,
  stopping,
  lease_lost,
  // -- who asks ---
  credentials_invalid,
  second_factor_required,
  locked_out,
  token_invalid,
  token_expired,
  token_revoked,
  token_reused,
  password_unfit,
  // -- a person is needed ---
  schema_too_new,
  migration_changed,
  permission_denied,
  configuration_invalid,
  accounting_mismatch,
  not_found,
  conflict,
  value_invalid,
  version_conflict,
  dependency_cycle,
  internal,
};

/// One row of the error table.
struct errc_info {
  errc code;
  std::string_view name;      ///< stable, snake_case, the enumerator's spelling
  std::string_view sentence;  ///< one sentence for a person, no full stop
  disposition what;
};

/// The whole table, in enumerator order.
std::span<const errc_info> errc_table() noexcept;

/// The stable name, for example "not_json".
std::string_view name_of(errc code) noexcept;

/// One sentence for a person.
std::string_view sentence_of(errc code) noexcept;

/// What becomes of the event or the batch.
disposition disposition_of(errc code) noexcept;

/// The code with this name; absent when there is none.
std::optional<errc> errc_named(std::string_view name) noexcept;

}  // namespace td
