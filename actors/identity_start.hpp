#pragma once

#include <memory>

#include "actors/identity_desk.hpp"
#include "config/settings.hpp"
#include "storage/stores.hpp"

namespace td {

/// The name of the first admin.
inline constexpr const char* first_admin = "admin";

/// Where the first admin's generated password is written: beside the secret file.
std::filesystem::path first_password_file(const std::filesystem::path& secret_file);

/// What a service needs before anybody can sign in, on a migrated database: loads the secret (makes
/// it, where neither file nor keys are there yet), makes the first signing key, and, where there is
/// no user at all, the first admin, whose generated password goes into a file of mode 0600. Null
/// where `identity.secret_file` is empty: sign-in is off. configuration_invalid: the secret is
/// missing, can't be read, or is another one than the database was made with.
result<std::shared_ptr<identity_desk>> prepare_identity(const settings& s,
                                                        const database_options& database,
                                                        const uuid& deployment);

/// What the settings say.
identity_rules identity_rules_from(const settings& s, const deployment_secret& secret,
                                   const uuid& deployment);

}  // namespace td
