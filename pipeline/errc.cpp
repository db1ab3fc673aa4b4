#include "pipeline/errc.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace td {
namespace {

constexpr auto dead_letter = disposition::dead_letter;
constexpr auto retry = disposition::retry;
constexpr auto stop = disposition::stop;

constexpr std::array table{
    // -- the bytes ---
    errc_info{errc::body_empty, "body_empty", "the body is empty", dead_letter},
    errc_info{errc::body_too_large, "body_too_large", "the body is larger than allowed",
              dead_letter},
    errc_info{errc::not_utf8, "not_utf8", "the body is not valid UTF-8", dead_letter},
    errc_info{errc::not_json, "not_json", "the body is not valid JSON", dead_letter},
    errc_info{errc::too_deep, "too_deep", "the document is nested deeper than allowed",
              dead_letter},
    errc_info{errc::not_an_object, "not_an_object", "the document is not a JSON object",
              dead_letter},
    errc_info{errc::duplicate_key, "duplicate_key", "an object has the same key twice",
              dead_letter},
    errc_info{errc::nul_escape, "nul_escape",
              "a string holds the NUL character, which PostgreSQL cannot store", dead_letter},
    errc_info{errc::surrogate_escape, "surrogate_escape",
              "a string holds half of a surrogate pair, which is no character", dead_letter},
    errc_info{errc::number_too_long, "number_too_long",
              "a number is written with more characters than allowed", dead_letter},
    errc_info{errc::number_out_of_range, "number_out_of_range",
              "a number is beyond what 64-bit integers and doubles can hold", dead_letter},
    errc_info{errc::string_too_long, "string_too_long", "a string is longer than allowed",
              dead_letter},
    // -- the topic ---
    errc_info{errc::topic_too_long, "topic_too_long", "the topic is longer than allowed",
              dead_letter},
    errc_info{errc::topic_not_allowed, "topic_not_allowed",
              "the topic is not one that events may be published to", dead_letter},
    // -- the envelope ---
    errc_info{errc::event_id_missing, "event_id_missing", "the event has no id", dead_letter},
    errc_info{errc::event_id_invalid, "event_id_invalid", "the event's id is not usable",
              dead_letter},
    errc_info{errc::occurred_at_missing, "occurred_at_missing",
              "the event does not say when it occurred", dead_letter},
    errc_info{errc::occurred_at_invalid, "occurred_at_invalid",
              "the event's time is not an RFC 3339 date-time", dead_letter},
    errc_info{errc::occurred_at_too_old, "occurred_at_too_old",
              "the event occurred before the retention period", dead_letter},
    errc_info{errc::occurred_at_in_future, "occurred_at_in_future",
              "the event's time is further ahead than the allowed clock skew", dead_letter},
    errc_info{errc::trace_id_missing, "trace_id_missing", "the event has no trace id", dead_letter},
    errc_info{errc::trace_id_invalid, "trace_id_invalid",
              "the trace id is neither a UUID nor 32 hex digits", dead_letter},
    errc_info{errc::kind_missing, "kind_missing", "the event has no kind", dead_letter},
    errc_info{errc::kind_invalid, "kind_invalid", "the event's kind is not a valid name",
              dead_letter},
    errc_info{errc::source_missing, "source_missing", "the event has no source", dead_letter},
    errc_info{errc::source_invalid, "source_invalid", "the event's source is not usable",
              dead_letter},
    errc_info{errc::payload_missing, "payload_missing", "the event has no payload", dead_letter},
    errc_info{errc::payload_invalid, "payload_invalid", "the payload is not a JSON object",
              dead_letter},
    errc_info{errc::schema_version_invalid, "schema_version_invalid",
              "the schema version is not a positive 32-bit integer", dead_letter},
    errc_info{errc::cloudevent_invalid, "cloudevent_invalid",
              "the event breaks the CloudEvents 1.0 format", dead_letter},
    // -- the schema ---
    errc_info{errc::unknown_kind, "unknown_kind", "no schema is registered for this kind",
              dead_letter},
    errc_info{errc::schema_version_unknown, "schema_version_unknown",
              "the kind has no active schema of this version", dead_letter},
    errc_info{errc::schema_violation, "schema_violation", "the payload breaks its kind's schema",
              dead_letter},
    // -- the database's own opinion of a row ---
    errc_info{errc::refused_by_database, "refused_by_database", "the database refused the row",
              dead_letter},
    errc_info{errc::event_conflict, "event_conflict",
              "an event with this id and time is stored with other content", dead_letter},
    // -- a consumer's ---
    errc_info{errc::consumer_failed, "consumer_failed", "the consumer could not handle the event",
              dead_letter},
    // -- surroundings ---
    errc_info{errc::database_away, "database_away", "the database cannot be reached", retry},
    errc_info{errc::database_refused, "database_refused", "the database does not let us in", retry},
    errc_info{errc::database_conflict, "database_conflict",
              "the transaction met another one and was rolled back", retry},
    errc_info{errc::database_busy, "database_busy",
              "the database lacks the resources to go on for now", retry},
    errc_info{errc::broker_away, "broker_away", "the MQTT broker cannot be reached", retry},
    errc_info{errc::broker_refused, "broker_refused", "the MQTT broker refused the request", retry},
    errc_info{errc::timed_out, "timed_out", "no answer came in time", retry},
    errc_info{errc::overloaded, "overloaded", "no more work is taken for now", retry},
    errc_info{errc::stopping, "stopping", "the service is stopping", retry},
    errc_info{errc::lease_lost, "lease_lost", "the lane's lease is no longer held", retry},
    // -- who asks ---
    errc_info{errc::credentials_invalid, "credentials_invalid", "name, password or code is wrong",
              stop},
    errc_info{errc::second_factor_required, "second_factor_required",
              "the account asks for a code of its authenticator as well", stop},
    errc_info{errc::locked_out, "locked_out", "too many logins have failed: wait", retry},
    errc_info{errc::token_invalid, "token_invalid", "the token or key is none of ours", stop},
    errc_info{errc::token_expired, "token_expired", "the token or key has expired", stop},
    errc_info{errc::token_revoked, "token_revoked", "the session or key has been ended", stop},
    errc_info{errc::token_reused, "token_reused",
              "the refresh token was used before: its session has been ended", stop},
    errc_info{errc::password_unfit, "password_unfit", "the password breaks the rules", stop},
    // -- a person is needed ---
    errc_info{errc::schema_too_new, "schema_too_new", "the database is newer than this program",
              stop},
    errc_info{errc::migration_changed, "migration_changed",
              "a migration that was applied differs from the one in this program", stop},
    errc_info{errc::permission_denied, "permission_denied",
              "the account lacks a permission that is needed", stop},
    errc_info{errc::configuration_invalid, "configuration_invalid",
              "the configuration is not usable", stop},
    errc_info{errc::accounting_mismatch, "accounting_mismatch",
              "the counts of a batch do not add up", stop},
    errc_info{errc::not_found, "not_found", "there is nothing of that name", stop},
    errc_info{errc::conflict, "conflict", "it is not in a state that allows this", stop},
    errc_info{errc::value_invalid, "value_invalid", "a value is outside what is allowed", stop},
    errc_info{errc::version_conflict, "version_conflict", "it was changed since it was read", stop},
    errc_info{errc::dependency_cycle, "dependency_cycle", "it would end up waiting for itself",
              stop},
    errc_info{errc::internal, "internal", "an assumption of the program does not hold", stop},
};

constexpr bool in_enumerator_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].code) != i) return false;
  }
  return table.back().code == errc::internal;
}
static_assert(in_enumerator_order(), "errc_table must list every errc in its order");

const errc_info& row_of(errc code) noexcept {
  return table[std::min(static_cast<std::size_t>(code), table.size() - 1)];
}

}  // namespace

std::span<const errc_info> errc_table() noexcept {
  return table;
}

std::string_view name_of(errc code) noexcept {
  return row_of(code).name;
}

std::string_view sentence_of(errc code) noexcept {
  return row_of(code).sentence;
}

disposition disposition_of(errc code) noexcept {
  return row_of(code).what;
}

std::optional<errc> errc_named(std::string_view name) noexcept {
  auto const* const row = std::ranges::find(table, name, &errc_info::name);
  if (row == table.end()) return std::nullopt;
  return row->code;
}

}  // namespace td
