#include "storage/user_store.hpp"

#include <fmt/format.h>

#include "storage/audit_store.hpp"
#include "storage/bytea.hpp"
#include "storage/locks.hpp"
#include "storage/pg.hpp"
#include "storage/pg_array.hpp"
#include "storage/transaction.hpp"
#include "storage/user_sql.hpp"

namespace td {

namespace {

using param = pg::session::param;

std::string target_of(std::string_view name) {
  return fmt::format("user {}", name);
}

std::string role_json(role r) {
  return fmt::format(R"({{"role":"{}"}})", name_of(r));
}

std::optional<timestamp> time_or_none(const pg::rows& r, int row, int column) {
  if (r.is_null(row, column)) return std::nullopt;
  return r.time(row, column);
}

user_record user_from(const pg::rows& r, int i) {
  user_record u;
  u.id = parse_uuid(r.text(i, 0)).value_or(uuid{});
  u.name = r.text(i, 1);
  u.role = role_named(r.text(i, 2)).value_or(role::viewer);
  u.disabled = r.truth(i, 3);
  u.second_factor = r.truth(i, 4);
  u.recovery_codes = static_cast<std::uint32_t>(r.number(i, 5));
  u.sessions = static_cast<std::uint32_t>(r.number(i, 6));
  u.locked_from = static_cast<std::uint32_t>(r.number(i, 7));
  u.last_login_at = time_or_none(r, i, 8);
  u.password_changed_at = r.time(i, 9);
  u.created_at = r.time(i, 10);
  u.created_by = r.text(i, 11);
  return u;
}

failure unknown(std::string_view name) {
  return {errc::not_found, fmt::format("there is no user {}", name)};
}

class pg_user_store final : public user_store {
 public:
  pg_user_store(database_options options, std::shared_ptr<pg::session> shared)
      : options_{std::move(options)}, shared_{std::move(shared)} {}

  result<void> reconnect() override { return session_.reopen(options_); }

  result<std::vector<user_record>> list(timestamp at) override { return select("", at); }

  result<user_record> find(std::string_view name, timestamp at) override {
    if (name.empty()) return unknown(name);
    auto all = select(name, at);
    if (!all) return all.error();
    if (all->empty()) return unknown(name);
    return std::move(all->front());
  }

  result<user_secrets> secrets(const uuid& user) override {
    auto r = session_.exec(user_sql::secrets, {to_string(user)});
    if (!r) return r.error();
    if (r->size() == 0) return unknown(to_string(user));
    user_secrets s{.id = user,
                   .name = std::string{r->text(0, 1)},
                   .password_hash = std::string{r->text(0, 2)},
                   .totp_confirmed = r->truth(0, 4),
                   .totp_last_step = r->number(0, 5)};
    if (!r->is_null(0, 3)) from_bytea(r->text(0, 3), s.totp_sealed);
    return s;
  }

  result<uuid> add(std::string_view name, role r, std::string_view password_hash,
                   const acting& by) override {
    return in_transaction(session_, [&] { return insert(name, r, password_hash, by); });
  }

  result<std::optional<uuid>> add_first_admin(std::string_view name, std::string_view password_hash,
                                              const acting& by) override {
    return in_transaction(session_, [&]() -> result<std::optional<uuid>> {
      if (auto r = lock(); !r) return r.error();
      const auto none = empty();
      if (!none) return none.error();
      if (!*none) return std::optional<uuid>{};
      const auto id = insert(name, role::admin, password_hash, by);
      if (!id) return id.error();
      return std::optional<uuid>{*id};
    });
  }

  result<bool> empty() override {
    auto r = session_.exec("SELECT NOT EXISTS (SELECT FROM users)");
    if (!r) return r.error();
    return r->truth(0, 0);
  }

  result<void> set_role(std::string_view name, role r, const acting& by) override {
    return change(name, [&](const current& u) -> result<void> {
      if (u.role == r)
        return failure{errc::conflict, fmt::format("{} is {} already", name, name_of(r))};
      if (auto fine = not_the_last_admin(name, u); !fine) return fine;
      auto entry = by.entry(audit_action::user_role_changed, target_of(name));
      entry.before = role_json(u.role);
      entry.after = role_json(r);
      return write(user_sql::set_role, {to_string(u.id), std::string{name_of(r)}}, entry, by);
    });
  }

  result<void> set_password(std::string_view name, std::string_view password_hash, const acting& by,
                            bool by_user, std::optional<uuid> keep) override {
    return change(name, [&](const current& u) -> result<void> {
      const auto action = by_user ? audit_action::password_changed : audit_action::password_reset;
      if (auto ended = end_sessions(u.id, "password", by, keep); !ended) return ended.error();
      return write(user_sql::set_password,
                   {to_string(u.id), std::string{password_hash}, to_rfc3339(by.at)},
                   by.entry(action, target_of(name)), by);
    });
  }

  result<void> disable(std::string_view name, const acting& by) override {
    return change(name, [&](const current& u) -> result<void> {
      if (u.disabled) return failure{errc::conflict, fmt::format("{} is disabled already", name)};
      if (auto fine = not_the_last_admin(name, u); !fine) return fine;
      if (auto ended = end_sessions(u.id, "disabled", by, {}); !ended) return ended.error();
      return write(user_sql::set_disabled, {to_string(u.id), to_rfc3339(by.at)},
                   by.entry(audit_action::user_disabled, target_of(name)), by);
    });
  }

  result<void> enable(std::string_view name, const acting& by) override {
    return change(name, [&](const current& u) -> result<void> {
      if (!u.disabled) return failure{errc::conflict, fmt::format("{} is not disabled", name)};
      return write(user_sql::set_disabled, {to_string(u.id), std::nullopt},
                   by.entry(audit_action::user_enabled, target_of(name)), by);
    });
  }

  result<std::uint32_t> unlock(std::string_view name, const acting& by) override {
    return in_transaction(session_, [&]() -> result<std::uint32_t> {
      if (auto u = locked(name); !u) return u.error();
      auto r = session_.exec(user_sql::unlock, {std::string{name}});
      if (!r) return r.error();
      const auto count = static_cast<std::uint32_t>(r->affected());
      if (auto a = append(session_, by.entry(audit_action::user_unlocked, target_of(name)), by.at);
          !a) {
        return a.error();
      }
      return count;
    });
  }

  result<std::uint32_t> revoke_sessions(std::string_view name, const acting& by) override {
    return in_transaction(session_, [&]() -> result<std::uint32_t> {
      const auto u = locked(name);
      if (!u) return u.error();
      const auto ended = end_sessions(u->id, "revoked", by, {});
      if (!ended) return ended.error();
      auto entry = by.entry(audit_action::session_revoked, target_of(name));
      entry.detail = fmt::format("all sessions: {}", *ended);
      if (auto a = append(session_, entry, by.at); !a) return a.error();
      return *ended;
    });
  }

  // -- the second factor ---

  result<void> offer_totp(const uuid& user, std::string_view sealed) override {
    auto r = session_.exec(user_sql::offer_totp, {to_string(user), to_bytea(sealed)});
    if (!r) return r.error();
    if (r->affected() == 1) return ok();
    return failure{errc::conflict, "the account has an authenticator: remove it first"};
  }

  result<void> confirm_totp(const uuid& user, std::int64_t step,
                            const std::vector<crypto::digest>& recovery_hashes, const acting& by,
                            std::optional<uuid> keep) override {
    pg_array hashes;
    for (const auto& h : recovery_hashes)
      hashes.add(to_bytea(crypto::view(h)));
    return in_transaction(session_, [&]() -> result<void> {
      auto r = session_.exec(user_sql::confirm_totp, {to_string(user), to_rfc3339(by.at),
                                                      std::to_string(step), hashes.text()});
      if (!r) return r.error();
      if (r->size() == 0) return failure{errc::conflict, "no authenticator waits to be confirmed"};
      if (auto ended = end_sessions(user, "revoked", by, keep); !ended) return ended.error();
      return append(session_, by.entry(audit_action::totp_enrolled, target_of(r->text(0, 0))),
                    by.at);
    });
  }

  result<void> remove_totp(std::string_view name, const acting& by) override {
    return in_transaction(session_, [&]() -> result<void> {
      const auto u = locked(name);
      if (!u) return u.error();
      auto r = session_.exec(user_sql::remove_totp, {to_string(u->id)});
      if (!r) return r.error();
      if (r->affected() == 0) return ok();
      return append(session_, by.entry(audit_action::totp_removed, target_of(name)), by.at);
    });
  }

 private:
  /// A user's row, locked.
  struct current {
    uuid id{};
    td::role role{};
    bool disabled{};
  };

  result<std::vector<user_record>> select(std::string_view name, timestamp at) {
    auto r = session_.exec(user_sql::list, {std::string{name}, to_rfc3339(at)});
    if (!r) return r.error();
    std::vector<user_record> all;
    for (int i = 0; i < r->size(); ++i)
      all.push_back(user_from(*r, i));
    return all;
  }

  /// One at a time decides who is the first admin, or the last.
  result<void> lock() {
    auto r = session_.exec("SELECT " + lock_call("pg_advisory_xact_lock", lock_class::identity));
    if (!r) return r.error();
    return ok();
  }

  result<current> locked(std::string_view name) {
    if (auto r = lock(); !r) return r.error();
    auto r = session_.exec(user_sql::locked, {std::string{name}});
    if (!r) return r.error();
    if (r->size() == 0) return unknown(name);
    return current{parse_uuid(r->text(0, 0)).value_or(uuid{}),
                   role_named(r->text(0, 1)).value_or(role::viewer), r->truth(0, 2)};
  }

  template <class Work>
  result<void> change(std::string_view name, Work work) {
    return in_transaction(session_, [&]() -> result<void> {
      const auto u = locked(name);
      if (!u) return u.error();
      return work(*u);
    });
  }

  result<void> write(const char* sql, std::initializer_list<param> params, const audit_entry& entry,
                     const acting& by) {
    if (auto r = session_.exec(sql, params); !r) return r.error();
    return append(session_, entry, by.at);
  }

  result<uuid> insert(std::string_view name, role r, std::string_view password_hash,
                      const acting& by) {
    const auto id = random_uuid();
    auto added =
        session_.exec(user_sql::add, {to_string(id), std::string{name}, std::string{name_of(r)},
                                      std::string{password_hash}, to_rfc3339(by.at), by.who});
    if (!added) return added.error();
    if (added->affected() == 0)
      return failure{errc::conflict, fmt::format("there is a user {} already", name)};
    auto entry = by.entry(audit_action::user_created, target_of(name));
    entry.after = role_json(r);
    if (auto a = append(session_, entry, by.at); !a) return a.error();
    return id;
  }

  result<void> not_the_last_admin(std::string_view name, const current& u) {
    if (u.role != role::admin || u.disabled) return ok();
    auto r = session_.exec(user_sql::other_admins, {to_string(u.id)});
    if (!r) return r.error();
    if (r->number(0, 0) > 0) return ok();
    return failure{
        errc::conflict,
        fmt::format("{} is the last admin who can sign in: make another one first", name)};
  }

  result<std::uint32_t> end_sessions(const uuid& user, const char* why, const acting& by,
                                     std::optional<uuid> keep) {
    auto r = session_.exec(user_sql::end_sessions, {to_string(user), to_rfc3339(by.at), why,
                                                    keep ? param{to_string(*keep)} : param{}});
    if (!r) return r.error();
    return static_cast<std::uint32_t>(r->affected());
  }

  database_options options_;
  std::shared_ptr<pg::session> shared_;
  pg::session& session_ = *shared_;
};

}  // namespace

std::unique_ptr<user_store> make_user_store(const database_options& options,
                                            std::shared_ptr<pg::session> shared) {
  return std::make_unique<pg_user_store>(options, std::move(shared));
}

result<std::unique_ptr<user_store>> open_user_store(const database_options& options) {
  auto store = make_user_store(options, std::make_shared<pg::session>());
  if (auto r = store->reconnect(); !r) return r.error();
  return store;
}

}  // namespace td
