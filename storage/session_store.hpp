#pragma once

#include "identity/crypto.hpp"
#include "identity/lockout.hpp"
#include "identity/refresh_token.hpp"
#include "identity/role.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/acting.hpp"
#include "storage/stores.hpp"

namespace td {

namespace pg {
class session;
}

/// How long sessions live.
struct session_life {
  std::chrono::seconds idle{14 * 86400};     ///< of a refresh token
  std::chrono::seconds longest{90 * 86400};  ///< of a session, however often it is refreshed
};

/// What a login is checked against. Of an account that does not exist, or is disabled: no user.
struct login_facts {
  struct account {
    uuid id{};
    std::string password_hash{};
    bool second_factor{};
    std::string totp_sealed{};
    std::int64_t totp_last_step{};
  };
  std::optional<account> user{};
  std::chrono::seconds wait{};  ///< locked out for so long yet; 0: not
};

/// A login that was found right.
struct new_session {
  uuid user{};
  std::string password_hash{};  ///< that the password was checked against
  std::string rehashed{};       ///< the same password at today's cost; empty: as it is
  std::optional<std::int64_t> totp_step{};
  std::optional<crypto::digest> recovery_hash{};
  crypto::digest refresh_hash{};  ///< of the first refresh token
  std::string account{};          ///< name and address that failures were counted for
  std::string address_group{};
  std::string user_agent{};
  bool cookie{};
};

/// A session that is alive, and whose it is.
struct live_session {
  uuid id{};
  uuid user{};
  std::string name{};
  td::role role{};
  bool cookie{};
  timestamp expires_at{};          ///< of the session
  timestamp refresh_expires_at{};  ///< of its newest refresh token
};

/// A session as its user sees it.
struct session_record {
  uuid id{};
  timestamp created_at{};
  timestamp last_seen_at{};
  timestamp expires_at{};
  std::string address{};
  std::string user_agent{};
  bool cookie{};
  bool second_factor{};
};

/// Logins, sessions and their refresh tokens. Each authentication event is in the audit log by the
/// transaction that brings it about.
class session_store : public store {
 public:
  /// `account`: a user's name, whether there is one or not.
  virtual result<login_facts> look_up(std::string_view account, std::string_view address_group,
                                      timestamp at) = 0;

  /// Counts a failure; returns how long to wait now. `why` is for the audit log.
  virtual result<std::chrono::seconds> note_failure(std::string_view account,
                                                    std::string_view address_group,
                                                    const lockout_rule& rule, std::string_view why,
                                                    const acting& by) = 0;

  /// Opens a session and takes what was used up: the step of the code, the recovery code, the
  /// failures. credentials_invalid: meanwhile the password has changed, the user was disabled, or
  /// the code was used by somebody else.
  virtual result<live_session> open(const new_session& s, const session_life& life,
                                    const acting& by) = 0;

  /// Presents a refresh token. `rotate`: `successor` takes its place. `repeat`: within the grace,
  /// nothing changes, and the caller gives the same successor. token_invalid, token_expired,
  /// token_revoked; token_reused: the session has been ended by this call.
  struct refreshed {
    refresh_verdict verdict{};
    live_session session{};
  };
  virtual result<refreshed> refresh(const crypto::digest& presented,
                                    const crypto::digest& successor, const session_life& life,
                                    const acting& by) = 0;

  /// The session, if it is alive and its user enabled. token_revoked, token_expired; not there:
  /// token_revoked.
  virtual result<live_session> find(const uuid& session, timestamp at) = 0;

  /// Those of a user that are alive, newest first.
  virtual result<std::vector<session_record>> list(const uuid& user, timestamp at) = 0;

  /// Ends one of a user's sessions, as logout or because they say so. not_found: the user has no
  /// such session alive.
  virtual result<void> end(const uuid& user, const uuid& session, bool logout,
                           const acting& by) = 0;

  /// Deletes tokens that have expired, sessions long after their end and failures long after the
  /// last one, a few thousand rows of each; returns how many.
  virtual result<std::uint64_t> forget(const lockout_rule& rule, timestamp at) = 0;
};

/// configuration_invalid, database_away, database_refused.
result<std::unique_ptr<session_store>> open_session_store(const database_options& options);

/// The same on a connection that several stores share; `reconnect` of one is that of all.
std::unique_ptr<session_store> make_session_store(const database_options& options,
                                                  std::shared_ptr<pg::session> shared);

}  // namespace td
