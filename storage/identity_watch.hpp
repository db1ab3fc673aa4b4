#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/uuid.hpp"
#include "storage/stores.hpp"

namespace td {

/// Something of which a copy may be kept holds no longer.
struct identity_change {
  enum class kind : std::uint8_t {
    user,     ///< role, name, disabled: with all their sessions and keys
    session,  ///< ended
    key,      ///< revoked, or changed
    unknown,  ///< another version's word: forget everything
  };
  kind what{};
  uuid id{};
};

/// Hears at once (LISTEN) what any node, command or person changes. Whoever keeps copies must have
/// forgotten all of them before the first `wait` of a connection: what was told in between was
/// told to nobody.
class identity_watch : public store {
 public:
  /// What has been told, waiting for `limit` at the most; empty: nothing. database_away: the
  /// connection is lost, and with it what was told since.
  virtual result<std::vector<identity_change>> wait(std::chrono::milliseconds limit) = 0;
};

/// configuration_invalid, database_away, database_refused.
result<std::unique_ptr<identity_watch>> open_identity_watch(const database_options& options);

}  // namespace td
