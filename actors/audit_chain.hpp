#pragma once

#include "identity/crypto.hpp"

#include <filesystem>
#include <functional>
#include <memory>

#include "actors/interfaces.hpp"
#include "storage/audit_store.hpp"

namespace td {

/// Opens a store; called again until it succeeds.
using open_audit = std::function<result<std::unique_ptr<audit_store>>()>;

struct audit_chain_options {
  crypto::key key{};
  /// Where the head is kept outside the database, beside the secret; empty: nowhere.
  std::filesystem::path head_file{};
  open_audit open{};
};

/// The file that keeps the head beside a secret file.
std::filesystem::path audit_head_file(const std::filesystem::path& secret_file);

/// Spawns AUDIT CHAIN: the one node that leads gives rows their places within a second of their
/// commit, logs the head every ten minutes in which it has moved, and keeps it in the file. At its
/// start it holds the file against the database, and says so when the log was cut. Detached: it
/// blocks on the database.
audit_chain_actor make_audit_chain(caf::actor_system& system, audit_chain_options options);

/// The same on the scheduler, for tests in virtual time.
audit_chain_actor make_scheduled_audit_chain(caf::actor_system& system,
                                             audit_chain_options options);

}  // namespace td
