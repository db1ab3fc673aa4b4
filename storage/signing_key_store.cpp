#include "storage/signing_key_store.hpp"

#include <algorithm>

#include "storage/audit_store.hpp"
#include "storage/bytea.hpp"
#include "storage/locks.hpp"
#include "storage/pg.hpp"
#include "storage/transaction.hpp"

namespace td {

namespace {

constexpr const char* load_sql =
    "SELECT kid, public_key, sealed_seed, (extract(epoch FROM published_at) * 1000000)::bigint, "
    "(extract(epoch FROM signs_from) * 1000000)::bigint FROM signing_keys ORDER BY signs_from, kid";
constexpr const char* add_sql =
    "INSERT INTO signing_keys (kid, public_key, sealed_seed, published_at, signs_from) "
    "VALUES ($1, $2, $3, $4, $5)";
constexpr const char* remove_sql = "DELETE FROM signing_keys WHERE kid = $1";

std::optional<crypto::key> key_from(std::string_view bytes) {
  crypto::key k{};
  if (bytes.size() != k.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), k.begin());
  return k;
}

signing_key signing_key_from(const pg::rows& r, int i, const crypto::key& sealing) {
  std::string bytes;
  from_bytea(r.text(i, 1), bytes);
  signing_key k{.kid = std::string{r.text(i, 0)},
                .public_key = key_from(bytes).value_or(crypto::key{}),
                .published_at = r.time(i, 3),
                .signs_from = r.time(i, 4)};
  from_bytea(r.text(i, 2), bytes);
  auto seed = crypto::open(sealing, bytes, k.kid);
  if (!seed) return k;
  k.seed = key_from(*seed);
  crypto::wipe(*seed);
  // A public half that is not the private one's would publish what nobody signs with.
  if (k.seed && crypto::key_pair_of(*k.seed).public_key != k.public_key) k.seed.reset();
  return k;
}

class pg_signing_key_store final : public signing_key_store {
 public:
  pg_signing_key_store(database_options options, std::shared_ptr<pg::session> shared)
      : options_{std::move(options)}, shared_{std::move(shared)} {}

  result<void> reconnect() override { return session_.reopen(options_); }

  result<std::vector<signing_key>> load(const crypto::key& sealing) override {
    auto r = session_.exec(load_sql);
    if (!r) return r.error();
    std::vector<signing_key> keys;
    for (int i = 0; i < r->size(); ++i)
      keys.push_back(signing_key_from(*r, i, sealing));
    return keys;
  }

  result<std::vector<signing_key>> rotate(const crypto::key& sealing, const rotation_rule& rule,
                                          const acting& by) override {
    return in_transaction(session_, [&]() -> result<std::vector<signing_key>> {
      auto locked =
          session_.exec("SELECT " + lock_call("pg_advisory_xact_lock", lock_class::identity));
      if (!locked) return locked.error();
      auto keys = load(sealing);
      if (!keys) return keys.error();
      const auto opens = [](const signing_key& k) { return k.seed.has_value(); };
      if (!keys->empty() && std::none_of(keys->begin(), keys->end(), opens)) {
        return failure{errc::configuration_invalid,
                       "the secret file is not the one that this database was made with: put that "
                       "one back"};
      }
      const auto plan = plan_rotation(*keys, rule, by.at);
      if (!plan.make && plan.retire.empty()) return keys;
      if (auto r = obey(plan, sealing, by); !r) return r.error();
      return load(sealing);
    });
  }

 private:
  result<void> obey(const rotation& plan, const crypto::key& sealing, const acting& by) {
    for (const auto& kid : plan.retire) {
      if (auto r = session_.exec(remove_sql, {kid}); !r) return r.error();
      auto entry = by.entry(audit_action::signing_key_retired, "signing_key " + kid);
      if (auto a = append(session_, entry, by.at); !a) return a;
    }
    if (!plan.make) return ok();
    const auto k = make_signing_key(by.at, *plan.make);
    auto r = session_.exec(add_sql, {k.kid, to_bytea(crypto::view(k.public_key)),
                                     to_bytea(crypto::seal(sealing, crypto::view(*k.seed), k.kid)),
                                     to_rfc3339(k.published_at), to_rfc3339(k.signs_from)});
    if (!r) return r.error();
    auto entry = by.entry(audit_action::signing_key_made, "signing_key " + k.kid);
    entry.detail = "signs from " + to_rfc3339(k.signs_from);
    return append(session_, entry, by.at);
  }

  database_options options_;
  std::shared_ptr<pg::session> shared_;
  pg::session& session_ = *shared_;
};

}  // namespace

std::unique_ptr<signing_key_store> make_signing_key_store(const database_options& options,
                                                          std::shared_ptr<pg::session> shared) {
  return std::make_unique<pg_signing_key_store>(options, std::move(shared));
}

result<std::unique_ptr<signing_key_store>> open_signing_key_store(const database_options& options) {
  auto store = make_signing_key_store(options, std::make_shared<pg::session>());
  if (auto r = store->reconnect(); !r) return r.error();
  return store;
}

}  // namespace td
