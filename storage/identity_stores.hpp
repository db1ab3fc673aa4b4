#pragma once

#include <memory>

#include "storage/api_key_store.hpp"
#include "storage/audit_store.hpp"
#include "storage/session_store.hpp"
#include "storage/signing_key_store.hpp"
#include "storage/user_store.hpp"

namespace td {

/// The stores of identity/ on one connection; one thread at a time.
struct identity_stores {
  std::unique_ptr<user_store> users{};
  std::unique_ptr<session_store> sessions{};
  std::unique_ptr<api_key_store> keys{};
  std::unique_ptr<signing_key_store> signing{};
  std::unique_ptr<audit_store> audit{};

  result<void> reconnect() { return users->reconnect(); }
};

/// configuration_invalid, database_away, database_refused.
result<identity_stores> open_identity_stores(const database_options& options);

}  // namespace td
