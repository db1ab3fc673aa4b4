#pragma once

#include "identity/api_key.hpp"
#include "identity/role.hpp"

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

/// An API key as lists show it: its secret is nowhere.
struct api_key_record {
  uuid id{};
  std::string prefix{};
  std::string name{};
  uuid owner{};
  std::string owner_name{};
  td::role owner_role{};
  bool owner_disabled{};
  scope_set scopes{};
  timestamp created_at{};
  std::string created_by{};
  std::optional<timestamp> expires_at{};
  std::optional<timestamp> revoked_at{};
  std::optional<timestamp> last_used_at{};  ///< to the minute
  std::string last_used_from{};

  bool alive(timestamp at) const {
    return !revoked_at && !owner_disabled && (!expires_at || *expires_at > at);
  }
};

struct new_api_key {
  std::string owner{};  ///< a user's name
  std::string name{};   ///< what it is for, 1 to 100 bytes
  scope_set scopes{};
  std::optional<timestamp> expires_at{};
};

/// API keys. Each change is in the audit log by its own transaction.
class api_key_store : public store {
 public:
  /// Of one user, or of all where `owner` is empty; newest first.
  virtual result<std::vector<api_key_record>> list(std::string_view owner) = 0;

  /// Keeps a key that `make_api_key` has made. not_found: no such owner. permission_denied: a scope
  /// that the owner's role does not have. configuration_invalid: no name, or it has expired
  /// already.
  virtual result<uuid> add(const new_api_key& k, const api_key_text& text, const acting& by) = 0;

  /// By prefix or id. not_found; conflict: it is revoked.
  virtual result<void> revoke(std::string_view key, const acting& by) = 0;

  /// The key with this text, if it is good. token_invalid: none of ours (the same for an unknown
  /// prefix and a wrong secret); token_revoked, also where the owner is disabled; token_expired.
  virtual result<api_key_record> check(const api_key_text& text, timestamp at) = 0;

  /// Notes that it was used; written at most once a minute.
  virtual result<void> note_use(const uuid& key, std::string_view address, timestamp at) = 0;
};

/// configuration_invalid, database_away, database_refused.
result<std::unique_ptr<api_key_store>> open_api_key_store(const database_options& options);

/// The same on a connection that several stores share; `reconnect` of one is that of all.
std::unique_ptr<api_key_store> make_api_key_store(const database_options& options,
                                                  std::shared_ptr<pg::session> shared);

}  // namespace td
