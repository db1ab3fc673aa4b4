#pragma once

#include "identity/crypto.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// What can be recorded. Closed; names are stored and never change. A new one: an enumerator here
/// and a name in audit.cpp.
enum class audit_action : std::uint8_t {
  // -- signing in ---
  login,  ///< ok, or denied: wrong, locked, disabled (detail says which)
  logout,
  session_revoked,
  refresh_reused,  ///< a refresh token was presented twice; its family ended
  recovery_code_used,
  // -- users ---
  user_created,
  user_role_changed,
  user_disabled,
  user_enabled,
  user_unlocked,
  password_changed,  ///< by the user
  password_reset,    ///< by somebody else
  totp_enrolled,
  totp_removed,
  // -- keys ---
  api_key_created,
  api_key_revoked,
  signing_key_made,
  signing_key_retired,
  // -- what people write ---
  project_created,
  project_changed,
  project_archived,
  component_created,
  component_changed,
  component_archived,
  task_created,
  task_changed,
  task_archived,
  dependency_added,
  dependency_removed,
  event_published,
  dead_letter_changed,
  replay_changed,
  schema_changed,
  retention_changed,
  pipeline_paused,
  pipeline_resumed,
};
std::string_view name_of(audit_action a) noexcept;
std::optional<audit_action> audit_action_named(std::string_view name) noexcept;

enum class audit_result : std::uint8_t {
  ok,      ///< it was done
  denied,  ///< whoever asked may not, or is not who they say
  failed,  ///< it could not be done
};
std::string_view name_of(audit_result r) noexcept;
std::optional<audit_result> audit_result_named(std::string_view name) noexcept;

/// Who did what, on what, from where. Texts of the outside are made printable and cut when they are
/// stored.
struct audit_entry {
  audit_action action{};
  audit_result result{audit_result::ok};
  std::string actor{};             ///< "user anna", "api_key 3xK9sT0a", "anna@desk", "service"
  std::optional<uuid> actor_id{};  ///< of the user or the key
  std::string target{};            ///< "user anna", "task 5f0c..."; empty: the actor itself
  std::string before{};            ///< JSON where small; empty: nothing
  std::string after{};
  std::string address{};  ///< where the request came from; empty: this machine
  std::string request_id{};
  std::string detail{};  ///< a sentence, or a word
};

/// An entry as it is stored.
struct audit_row {
  uuid id{};
  timestamp at{};
  audit_entry entry{};
  std::string unread{};     ///< names that this program does not know; then `entry` lacks them
  std::int64_t position{};  ///< in the chain, from 1; 0: not chained yet
  crypto::digest mac{};     ///< of this row alone
  crypto::digest link{};    ///< of this row and all before it
};

/// Where a chain ends: what is exported, and kept where whoever can write to the database can't.
struct audit_head {
  std::int64_t position{};  ///< 0: an empty chain
  crypto::digest link{};

  bool operator==(const audit_head&) const = default;
};

/// "1234:9f86d081...": what logs show and `audit verify --head` takes.
std::string to_string(const audit_head& head);
std::optional<audit_head> parse_audit_head(std::string_view text);

/// The row as bytes: each member with its size before it, so that no two rows have the same.
std::string canonical(const audit_row& row);

/// Gives a row its place behind `head`, and returns the new head. HMAC-SHA-256: mac over position
/// and canonical row, link over the previous link and mac. So a row that was changed shows by
/// itself, and the last link vouches for all rows.
audit_head chain(audit_row& row, const audit_head& head, const crypto::key& k);

}  // namespace td
