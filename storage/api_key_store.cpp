#include "storage/api_key_store.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "storage/audit_store.hpp"
#include "storage/bytea.hpp"
#include "storage/pg.hpp"
#include "storage/pg_array.hpp"
#include "storage/transaction.hpp"

namespace td {

namespace {

using param = pg::session::param;

constexpr std::size_t max_key_name_bytes = 100;

constexpr const char* select_sql =
    "SELECT k.id, k.prefix, k.name, k.owner_id, u.name, u.role, u.disabled_at IS NOT NULL, "
    "array_to_string(k.scopes, ','), "
    "(extract(epoch FROM k.created_at) * 1000000)::bigint, k.created_by, "
    "(extract(epoch FROM k.expires_at) * 1000000)::bigint, "
    "(extract(epoch FROM k.revoked_at) * 1000000)::bigint, "
    "(extract(epoch FROM k.last_used_at) * 1000000)::bigint, k.last_used_from, k.hash "
    "FROM api_keys k JOIN users u ON u.id = k.owner_id ";
constexpr const char* list_where = "WHERE $1 IN ('', u.name) ORDER BY k.created_at DESC, k.id";
constexpr const char* prefix_where = "WHERE k.prefix = $1";

constexpr const char* owner_sql = "SELECT id, role FROM users WHERE name = $1 FOR SHARE";
constexpr const char* add_sql =
    "INSERT INTO api_keys (id, prefix, hash, name, owner_id, scopes, created_at, created_by, "
    "expires_at) VALUES ($1, $2, $3, $4, $5, $6::text[], $7, $8, $9)";
constexpr const char* revoke_sql =
    "UPDATE api_keys SET revoked_at = $2, revoked_by = $3 WHERE (prefix = $1 OR id::text = $1) AND "
    "revoked_at IS NULL RETURNING prefix, name";
constexpr const char* known_sql = "SELECT FROM api_keys WHERE prefix = $1 OR id::text = $1";
constexpr const char* use_sql =
    "UPDATE api_keys SET last_used_at = $2, last_used_from = $3 WHERE id = $1 AND "
    "(last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')";

std::optional<timestamp> time_or_none(const pg::rows& r, int row, int column) {
  if (r.is_null(row, column)) return std::nullopt;
  return r.time(row, column);
}

/// Names that this program does not know give no right.
scope_set scopes_from(std::string_view names) {
  scope_set set;
  while (!names.empty()) {
    const auto name = names.substr(0, names.find(','));
    if (const auto s = scope_named(name)) set.add(*s);
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  return set;
}

api_key_record key_from(const pg::rows& r, int i) {
  return {.id = parse_uuid(r.text(i, 0)).value_or(uuid{}),
          .prefix = std::string{r.text(i, 1)},
          .name = std::string{r.text(i, 2)},
          .owner = parse_uuid(r.text(i, 3)).value_or(uuid{}),
          .owner_name = std::string{r.text(i, 4)},
          .owner_role = role_named(r.text(i, 5)).value_or(role::viewer),
          .owner_disabled = r.truth(i, 6),
          .scopes = scopes_from(r.text(i, 7)),
          .created_at = r.time(i, 8),
          .created_by = std::string{r.text(i, 9)},
          .expires_at = time_or_none(r, i, 10),
          .revoked_at = time_or_none(r, i, 11),
          .last_used_at = time_or_none(r, i, 12),
          .last_used_from = std::string{r.text(i, 13)}};
}

class pg_api_key_store final : public api_key_store {
 public:
  pg_api_key_store(database_options options, std::shared_ptr<pg::session> shared)
      : options_{std::move(options)}, shared_{std::move(shared)} {}

  result<void> reconnect() override { return session_.reopen(options_); }

  result<std::vector<api_key_record>> list(std::string_view owner) override {
    auto r = session_.exec(fmt::format("{}{}", select_sql, list_where), {std::string{owner}});
    if (!r) return r.error();
    std::vector<api_key_record> all;
    for (int i = 0; i < r->size(); ++i)
      all.push_back(key_from(*r, i));
    return all;
  }

  result<uuid> add(const new_api_key& k, const api_key_text& text, const acting& by) override {
    if (k.name.empty() || k.name.size() > max_key_name_bytes) {
      return failure{
          errc::configuration_invalid,
          fmt::format("a key's name says what it is for, in 1 to {} bytes", max_key_name_bytes)};
    }
    if (k.expires_at && *k.expires_at <= by.at)
      return failure{errc::configuration_invalid, "the key would have expired already"};
    return in_transaction(session_, [&]() -> result<uuid> {
      const auto owner = owner_of(k);
      if (!owner) return owner.error();
      return insert(k, text, *owner, by);
    });
  }

  result<void> revoke(std::string_view key, const acting& by) override {
    return in_transaction(session_, [&]() -> result<void> {
      auto r = session_.exec(revoke_sql, {std::string{key}, to_rfc3339(by.at), by.who});
      if (!r) return r.error();
      if (r->size() == 1) {
        auto entry =
            by.entry(audit_action::api_key_revoked, fmt::format("api_key {}", r->text(0, 0)));
        entry.detail = r->text(0, 1);
        return append(session_, entry, by.at);
      }
      auto known = session_.exec(known_sql, {std::string{key}});
      if (!known) return known.error();
      if (known->size() > 0)
        return failure{errc::conflict, fmt::format("the key {} is revoked already", quoted(key))};
      return failure{errc::not_found, fmt::format("there is no key {}", quoted(key))};
    });
  }

  result<api_key_record> check(const api_key_text& text, timestamp at) override {
    auto r = session_.exec(fmt::format("{}{}", select_sql, prefix_where), {text.prefix});
    if (!r) return r.error();
    std::string hash(text.hash.size(), '\0');
    if (r->size() == 1) from_bytea(r->text(0, 14), hash);
    if (!crypto::equal(hash, crypto::view(text.hash)))
      return failure{errc::token_invalid, "the API key is none of ours"};
    auto key = key_from(*r, 0);
    if (key.revoked_at || key.owner_disabled)
      return failure{errc::token_revoked, fmt::format("the API key {} is revoked", key.prefix)};
    if (!key.alive(at))
      return failure{errc::token_expired, fmt::format("the API key {} has expired", key.prefix)};
    return key;
  }

  result<void> note_use(const uuid& key, std::string_view address, timestamp at) override {
    auto r = session_.exec(use_sql, {to_string(key), to_rfc3339(at), printable(address, 45)});
    if (!r) return r.error();
    return ok();
  }

 private:
  result<uuid> owner_of(const new_api_key& k) {
    auto r = session_.exec(owner_sql, {k.owner});
    if (!r) return r.error();
    if (r->size() == 0)
      return failure{errc::not_found, fmt::format("there is no user {}", quoted(k.owner))};
    const auto theirs = role_named(r->text(0, 1)).value_or(role::viewer);
    if ((k.scopes & scopes_of(theirs)) != k.scopes) {
      return failure{errc::permission_denied,
                     fmt::format("{} is {}, whose keys may have: {}", k.owner, name_of(theirs),
                                 fmt::join(names_of(scopes_of(theirs)), ", "))};
    }
    return parse_uuid(r->text(0, 0)).value_or(uuid{});
  }

  result<uuid> insert(const new_api_key& k, const api_key_text& text, const uuid& owner,
                      const acting& by) {
    const auto id = random_uuid();
    const auto scopes = names_of(k.scopes);
    auto r = session_.exec(add_sql, {to_string(id), text.prefix, to_bytea(crypto::view(text.hash)),
                                     printable(k.name, max_key_name_bytes), to_string(owner),
                                     pg_array_of(scopes), to_rfc3339(by.at), by.who,
                                     k.expires_at ? param{to_rfc3339(*k.expires_at)} : param{}});
    if (!r) return r.error();
    auto entry = by.entry(audit_action::api_key_created, fmt::format("api_key {}", text.prefix));
    entry.after =
        fmt::format(R"({{"owner":"{}","scopes":["{}"]}})", k.owner, fmt::join(scopes, R"(",")"));
    entry.detail = k.name;
    if (auto a = append(session_, entry, by.at); !a) return a.error();
    return id;
  }

  database_options options_;
  std::shared_ptr<pg::session> shared_;
  pg::session& session_ = *shared_;
};

}  // namespace

std::unique_ptr<api_key_store> make_api_key_store(const database_options& options,
                                                  std::shared_ptr<pg::session> shared) {
  return std::make_unique<pg_api_key_store>(options, std::move(shared));
}

result<std::unique_ptr<api_key_store>> open_api_key_store(const database_options& options) {
  auto store = make_api_key_store(options, std::make_shared<pg::session>());
  if (auto r = store->reconnect(); !r) return r.error();
  return store;
}

}  // namespace td
