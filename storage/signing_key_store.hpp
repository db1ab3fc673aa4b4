#pragma once

#include "identity/signing_key.hpp"

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/acting.hpp"
#include "storage/stores.hpp"

namespace td {

namespace pg {
class session;
}

/// The keys that access tokens are signed with. Their private halves are sealed (`sealing`, derived
/// from the deployment's secret file): so all nodes have them at once and a rotation copies no
/// files, but a dump of the database signs nothing.
class signing_key_store : public store {
 public:
  /// All of them; those that `sealing` does not open have no private half.
  virtual result<std::vector<signing_key>> load(const crypto::key& sealing) = 0;

  /// Makes and retires keys as the rule says now, and returns what there is then. One node at a
  /// time; nothing is done twice. configuration_invalid: there are keys, and `sealing` opens none
  /// of them: the secret file is not the one that this database was made with.
  virtual result<std::vector<signing_key>> rotate(const crypto::key& sealing,
                                                  const rotation_rule& rule, const acting& by) = 0;
};

/// configuration_invalid, database_away, database_refused.
result<std::unique_ptr<signing_key_store>> open_signing_key_store(const database_options& options);

/// The same on a connection that several stores share; `reconnect` of one is that of all.
std::unique_ptr<signing_key_store> make_signing_key_store(const database_options& options,
                                                          std::shared_ptr<pg::session> shared);

}  // namespace td
