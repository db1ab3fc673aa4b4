#pragma once

#include "identity/crypto.hpp"
#include "identity/role.hpp"

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

/// A user as lists show them.
struct user_record {
  uuid id{};
  std::string name{};
  td::role role{};
  bool disabled{};
  bool second_factor{};
  std::uint32_t recovery_codes{};  ///< left
  std::uint32_t sessions{};        ///< that are alive
  std::uint32_t locked_from{};     ///< addresses that are locked out now
  std::optional<timestamp> last_login_at{};
  timestamp password_changed_at{};
  timestamp created_at{};
  std::string created_by{};
};

/// What a password or a code is checked against.
struct user_secrets {
  uuid id{};
  std::string name{};
  std::string password_hash{};
  std::string totp_sealed{};  ///< empty: none
  bool totp_confirmed{};
  std::int64_t totp_last_step{};
};

/// Users. Each change is in the audit log by its own transaction. Names are as `check_user_name`
/// gives them. not_found: there is no such user. The last admin who can sign in is never disabled
/// or given another role (conflict).
class user_store : public store {
 public:
  virtual result<std::vector<user_record>> list(timestamp at) = 0;
  virtual result<user_record> find(std::string_view name, timestamp at) = 0;
  virtual result<user_secrets> secrets(const uuid& user) = 0;

  /// conflict: the name is taken.
  virtual result<uuid> add(std::string_view name, role r, std::string_view password_hash,
                           const acting& by) = 0;

  /// The same for an admin, if there is no user at all; absent: there is one. Of several nodes that
  /// ask at once, one makes it.
  virtual result<std::optional<uuid>> add_first_admin(std::string_view name,
                                                      std::string_view password_hash,
                                                      const acting& by) = 0;
  virtual result<bool> empty() = 0;

  virtual result<void> set_role(std::string_view name, role r, const acting& by) = 0;

  /// Also ends the user's sessions, but for `keep`. `by_user`: it is their own, changed by
  /// themselves.
  virtual result<void> set_password(std::string_view name, std::string_view password_hash,
                                    const acting& by, bool by_user,
                                    std::optional<uuid> keep = {}) = 0;

  /// Disabling also ends the user's sessions; their API keys don't work while it lasts. conflict:
  /// they are already.
  virtual result<void> disable(std::string_view name, const acting& by) = 0;
  virtual result<void> enable(std::string_view name, const acting& by) = 0;

  /// Forgets failed logins of this account; returns from how many addresses there were some.
  virtual result<std::uint32_t> unlock(std::string_view name, const acting& by) = 0;

  /// Ends all sessions; returns how many.
  virtual result<std::uint32_t> revoke_sessions(std::string_view name, const acting& by) = 0;

  // -- the second factor ---

  /// Keeps a sealed secret that is not in force before it is confirmed. conflict: there is one in
  /// force.
  virtual result<void> offer_totp(const uuid& user, std::string_view sealed) = 0;

  /// Puts it in force: the user has shown a code of `step`, and the other sessions than `keep`,
  /// which were opened without, end. conflict: none is offered, or it is in force.
  virtual result<void> confirm_totp(const uuid& user, std::int64_t step,
                                    const std::vector<crypto::digest>& recovery_hashes,
                                    const acting& by, std::optional<uuid> keep) = 0;

  /// A success also where there is none.
  virtual result<void> remove_totp(std::string_view name, const acting& by) = 0;
};

/// configuration_invalid, database_away, database_refused.
result<std::unique_ptr<user_store>> open_user_store(const database_options& options);

/// The same on a connection that several stores share; `reconnect` of one is that of all.
std::unique_ptr<user_store> make_user_store(const database_options& options,
                                            std::shared_ptr<pg::session> shared);

}  // namespace td
