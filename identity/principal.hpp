#pragma once

#include "identity/role.hpp"

#include <cstdint>
#include <string>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// Who makes a request, after their token or key was checked.
struct principal {
  enum class kind : std::uint8_t { user, api_key };

  kind what{};
  uuid user{};             ///< of a key: its owner
  uuid id{};               ///< of the session or of the key
  std::string name{};      ///< of the user; of a key: its prefix
  td::role role{};         ///< of the user; of a key: its owner's
  scope_set scopes{};      ///< of the role; of a key: those of them that the key was given
  timestamp expires_at{};  ///< of the token or the key; the latest time there is: never

  bool operator==(const principal&) const = default;
};

/// "user anna", "api_key 3xK9sT0a": for the audit log.
std::string described(const principal& who);

/// Whether they may do something of this scope. permission_denied says what is lacking.
result<void> authorize(const principal& who, scope needed);

/// The same for what needs a role. An API key never has more than its scopes: for admin it needs
/// the scope admin.
result<void> authorize(const principal& who, role needed);

}  // namespace td
