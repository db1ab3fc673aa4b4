#include "actors/identity_start.hpp"

#include "identity/password.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "pipeline/log.hpp"

namespace td {

namespace {

result<deployment_secret> secret_for(const std::filesystem::path& file, identity_stores& stores) {
  auto secret = load_secret(file);
  if (secret || secret.error().code != errc::not_found) return secret;
  // Whoever has lost it must not get another one without a word: nothing would open any more.
  const auto keys = stores.signing->load({});
  if (!keys) return keys.error();
  if (!keys->empty()) {
    return failure{
        errc::configuration_invalid,
        fmt::format("identity.secret_file {} is missing, and this database was made with "
                    "one: put it back from a backup, or copy it from another node",
                    file.string())};
  }
  auto made = make_secret(file);
  if (made) {
    log_warning("deployment secret made: put it into the backup, and on every node",
                {kv("file", file.string())});
  }
  return made;
}

result<void> make_first_admin(const std::filesystem::path& secret_file, const password_cost& cost,
                              identity_stores& stores) {
  const auto none = stores.users->empty();
  if (!none) return none.error();
  if (!*none) return ok();
  const auto password = generate_password();
  const auto hash = hash_password(password, cost);
  if (!hash) return hash.error();
  const auto file = first_password_file(secret_file);
  // The file first: an admin whose password nobody knows would be in everybody's way.
  if (auto written = write_private(file, password + "\n"); !written) {
    log_warning("nobody can sign in yet: taylordash user add NAME --role admin",
                {kv("reason", written.error().detail)});
    return ok();
  }
  const auto made = stores.users->add_first_admin(first_admin, *hash, {});
  if (!made || !*made) ::unlink(file.c_str());
  if (!made) return made.error();
  if (*made) {
    log_warning("first admin made: sign in, change the password, remove the file",
                {kv("name", first_admin), kv("password_file", file.string())});
  }
  return ok();
}

}  // namespace

std::filesystem::path first_password_file(const std::filesystem::path& secret_file) {
  return secret_file.parent_path() / "admin-password";
}

identity_rules identity_rules_from(const settings& s, const deployment_secret& secret,
                                   const uuid& deployment) {
  identity_rules r;
  r.secret = secret;
  r.tokens.issuer = "urn:uuid:" + to_string(deployment);
  r.tokens.lifetime = s.identity.access_lifetime;
  r.life = {s.identity.session_idle, s.identity.session_lifetime};
  r.rotation.publish_ahead = identity_service::jwks_max_age;
  r.rotation.verify_after = r.tokens.lifetime + 2 * r.tokens.leeway;
  r.hashing = {s.identity.hash_workers, s.identity.hash_queue};
  return r;
}

result<std::shared_ptr<identity_desk>> prepare_identity(const settings& s,
                                                        const database_options& database,
                                                        const uuid& deployment) {
  if (s.identity.secret_file.empty()) return std::shared_ptr<identity_desk>{};
  const std::filesystem::path file{s.identity.secret_file};
  auto stores = open_identity_stores(database);
  if (!stores) return stores.error();
  auto secret = secret_for(file, *stores);
  if (!secret) {
    return failure{errc::configuration_invalid, "identity.secret_file: " + secret.error().detail};
  }
  auto desk = std::make_shared<identity_desk>(identity_rules_from(s, *secret, deployment));
  const auto& rules = desk->rules();
  auto keys = stores->signing->rotate(rules.secret.signing_keys(), rules.rotation, {});
  if (!keys) return keys.error();
  desk->put_keys(*std::move(keys));
  if (auto r = make_first_admin(file, rules.cost, *stores); !r) return r.error();
  return desk;
}

}  // namespace td
