#include "storage/session_store.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "storage/audit_store.hpp"
#include "storage/bytea.hpp"
#include "storage/pg.hpp"
#include "storage/session_sql.hpp"
#include "storage/transaction.hpp"

namespace td {

namespace {

using param = pg::session::param;

// Ended sessions are listed in the audit log; the rows are of use to nobody.
constexpr std::chrono::hours keep_ended{24 * 30};
constexpr std::size_t most_user_agent = 300;

std::string bytea_of(const crypto::digest& d) {
  return to_bytea(crypto::view(d));
}

param bytea_or_null(const std::optional<crypto::digest>& d) {
  return d ? param{bytea_of(*d)} : param{};
}

std::string target_of(std::string_view account) {
  return fmt::format("user {}", account);
}

failure revoked() {
  return {errc::token_revoked, "the session has been ended: sign in again"};
}

role role_from(std::string_view name) {
  return role_named(name).value_or(role::viewer);
}

class pg_session_store final : public session_store {
 public:
  pg_session_store(database_options options, std::shared_ptr<pg::session> shared)
      : options_{std::move(options)}, shared_{std::move(shared)} {}

  result<void> reconnect() override { return session_.reopen(options_); }

  // -- logging in ---

  result<login_facts> look_up(std::string_view account, std::string_view address_group,
                              timestamp at) override {
    login_facts facts;
    auto locked = session_.exec(session_sql::wait,
                                {std::string{account}, std::string{address_group}, to_rfc3339(at)});
    if (!locked) return locked.error();
    if (locked->size() == 1) facts.wait = std::chrono::seconds{locked->number(0, 0)};
    auto r = session_.exec(session_sql::look_up, {std::string{account}});
    if (!r) return r.error();
    if (r->size() == 0) return facts;
    auto& user = facts.user.emplace();
    user.id = parse_uuid(r->text(0, 0)).value_or(uuid{});
    user.password_hash = r->text(0, 1);
    user.second_factor = r->truth(0, 2);
    if (!r->is_null(0, 3)) from_bytea(r->text(0, 3), user.totp_sealed);
    user.totp_last_step = r->number(0, 4);
    return facts;
  }

  result<std::chrono::seconds> note_failure(std::string_view account,
                                            std::string_view address_group,
                                            const lockout_rule& rule, std::string_view why,
                                            const acting& by) override {
    return in_transaction(session_, [&]() -> result<std::chrono::seconds> {
      auto r = session_.exec(session_sql::fail,
                             {std::string{account}, std::string{address_group}, to_rfc3339(by.at),
                              to_rfc3339(by.at - rule.forget_after)});
      if (!r) return r.error();
      const auto wait = rule.wait_after(static_cast<std::uint32_t>(r->number(0, 0)));
      if (wait.count() > 0) {
        auto locked = session_.exec(
            session_sql::lock_until,
            {std::string{account}, std::string{address_group}, to_rfc3339(by.at + wait)});
        if (!locked) return locked.error();
      }
      const auto told = wait.count() > 0 ? fmt::format("{}; nothing is taken from there for {} s",
                                                       why, wait.count())
                                         : std::string{why};
      if (auto a = deny(account, told, by); !a) return a.error();
      return wait;
    });
  }

  result<live_session> open(const new_session& s, const session_life& life,
                            const acting& by) override {
    return in_transaction(session_, [&]() -> result<live_session> {
      auto taken = session_.exec(session_sql::take,
                                 {to_string(s.user), s.password_hash, to_rfc3339(by.at), s.rehashed,
                                  s.totp_step ? param{std::to_string(*s.totp_step)} : param{},
                                  bytea_or_null(s.recovery_hash)});
      if (!taken) return taken.error();
      if (taken->size() == 0)
        return failure{errc::credentials_invalid, "name, password or code is wrong"};
      live_session live{.id = random_uuid(),
                        .user = s.user,
                        .name = std::string{taken->text(0, 0)},
                        .role = role_from(taken->text(0, 1)),
                        .cookie = s.cookie,
                        .expires_at = by.at + life.longest,
                        .refresh_expires_at = by.at + std::min(life.idle, life.longest)};
      if (auto r = insert(live, s, by); !r) return r.error();
      auto forgiven = session_.exec(session_sql::forgive, {s.account, s.address_group});
      if (!forgiven) return forgiven.error();
      if (auto a = record(live, s, by); !a) return a.error();
      return live;
    });
  }

  // -- refresh tokens ---

  result<refreshed> refresh(const crypto::digest& presented, const crypto::digest& successor,
                            const session_life& life, const acting& by) override {
    // What ends a session is to be committed, and is a failure all the same.
    struct outcome {
      refreshed done{};
      std::optional<failure> refused{};
    };
    auto r = in_transaction(session_, [&]() -> result<outcome> {
      auto row = session_.exec(session_sql::presented, {bytea_of(presented)});
      if (!row) return row.error();
      if (row->size() == 0) {
        return outcome{{}, failure{errc::token_invalid, "the refresh token is none of ours"}};
      }
      outcome o{{{}, presented_session(*row)}, {}};
      auto& live = o.done.session;
      if (row->truth(0, 3) || row->truth(0, 9)) return outcome{{}, revoked()};
      const auto rotated = row->is_null(0, 1) ? std::nullopt : std::optional{row->time(0, 1)};
      o.done.verdict = judge_refresh(rotated, row->time(0, 2), by.at);
      if (o.done.verdict == refresh_verdict::reused) {
        o.refused = failure{errc::token_reused,
                            "the refresh token was used before: its session has been ended"};
        if (auto ended = end_reused(live, by); !ended) return ended.error();
        return o;
      }
      if (o.done.verdict == refresh_verdict::expired || live.expires_at <= by.at) {
        o.refused = failure{errc::token_expired, "the session's time is over: sign in again"};
        return o;
      }
      live.refresh_expires_at = std::min(by.at + life.idle, live.expires_at);
      if (o.done.verdict == refresh_verdict::rotate) {
        if (auto done = rotate(presented, successor, live, by); !done) return done.error();
      }
      return o;
    });
    if (!r) return r.error();
    if (r->refused) return *r->refused;
    return r->done;
  }

  // -- sessions ---

  result<live_session> find(const uuid& id, timestamp at) override {
    auto r = session_.exec(session_sql::find, {to_string(id)});
    if (!r) return r.error();
    if (r->size() == 0 || r->truth(0, 0) || r->truth(0, 6)) return revoked();
    live_session live{.id = id,
                      .user = parse_uuid(r->text(0, 3)).value_or(uuid{}),
                      .name = std::string{r->text(0, 4)},
                      .role = role_from(r->text(0, 5)),
                      .cookie = r->truth(0, 2),
                      .expires_at = r->time(0, 1)};
    if (live.expires_at <= at)
      return failure{errc::token_expired, "the session's time is over: sign in again"};
    return live;
  }

  result<std::vector<session_record>> list(const uuid& user, timestamp at) override {
    auto r = session_.exec(session_sql::list, {to_string(user), to_rfc3339(at)});
    if (!r) return r.error();
    std::vector<session_record> all;
    for (int i = 0; i < r->size(); ++i) {
      all.push_back({.id = parse_uuid(r->text(i, 0)).value_or(uuid{}),
                     .created_at = r->time(i, 1),
                     .last_seen_at = r->time(i, 2),
                     .expires_at = r->time(i, 3),
                     .address = std::string{r->text(i, 4)},
                     .user_agent = std::string{r->text(i, 5)},
                     .cookie = r->truth(i, 6),
                     .second_factor = r->truth(i, 7)});
    }
    return all;
  }

  result<void> end(const uuid& user, const uuid& id, bool logout, const acting& by) override {
    return in_transaction(session_, [&]() -> result<void> {
      auto r = session_.exec(session_sql::end, {to_string(id), to_string(user), to_rfc3339(by.at),
                                                logout ? "logout" : "revoked"});
      if (!r) return r.error();
      if (r->affected() == 0) {
        return failure{errc::not_found,
                       fmt::format("there is no session {} that could be ended", to_string(id))};
      }
      const auto action = logout ? audit_action::logout : audit_action::session_revoked;
      return append(session_, by.entry(action, "session " + to_string(id)), by.at);
    });
  }

  result<std::uint64_t> forget(const lockout_rule& rule, timestamp at) override {
    std::uint64_t rows = 0;
    for (const auto& [sql, before] :
         {std::pair{session_sql::forget_tokens, at},
          std::pair{session_sql::forget_sessions, at - keep_ended},
          std::pair{session_sql::forget_failures, timestamp{at - rule.forget_after}}}) {
      auto r = session_.exec(sql, {to_rfc3339(before)});
      if (!r) return r.error();
      rows += r->affected();
    }
    return rows;
  }

 private:
  result<void> deny(std::string_view account, std::string_view why, const acting& by) {
    auto entry = by.entry(audit_action::login, target_of(account));
    entry.result = audit_result::denied;
    entry.detail = why;
    return append(session_, entry, by.at);
  }

  result<void> insert(const live_session& live, const new_session& s, const acting& by) {
    const bool second_factor = s.totp_step || s.recovery_hash;
    auto r = session_.exec(
        session_sql::open,
        {to_string(live.id), to_string(live.user), to_rfc3339(by.at), to_rfc3339(live.expires_at),
         printable(by.address, 45), printable(s.user_agent, most_user_agent), s.cookie ? "t" : "f",
         second_factor ? "t" : "f"});
    if (!r) return r.error();
    return add_token(s.refresh_hash, live, by);
  }

  result<void> add_token(const crypto::digest& hash, const live_session& live, const acting& by) {
    auto r = session_.exec(session_sql::add_token,
                           {bytea_of(hash), to_string(live.id), to_rfc3339(by.at),
                            to_rfc3339(live.refresh_expires_at)});
    if (!r) return r.error();
    return ok();
  }

  result<void> record(const live_session& live, const new_session& s, const acting& by) {
    auto entry = by.entry(audit_action::login, target_of(live.name));
    entry.actor = target_of(live.name);
    entry.actor_id = live.user;
    entry.detail = "session " + to_string(live.id);
    if (s.totp_step) entry.detail += ", with a code";
    if (auto a = append(session_, entry, by.at); !a) return a;
    if (!s.recovery_hash) return ok();
    entry.action = audit_action::recovery_code_used;
    return append(session_, entry, by.at);
  }

  static live_session presented_session(const pg::rows& r) {
    return {.id = parse_uuid(r.text(0, 0)).value_or(uuid{}),
            .user = parse_uuid(r.text(0, 6)).value_or(uuid{}),
            .name = std::string{r.text(0, 7)},
            .role = role_from(r.text(0, 8)),
            .cookie = r.truth(0, 5),
            .expires_at = r.time(0, 4)};
  }

  result<void> rotate(const crypto::digest& presented, const crypto::digest& successor,
                      const live_session& live, const acting& by) {
    if (auto r = session_.exec(session_sql::rotate, {bytea_of(presented), to_rfc3339(by.at)}); !r)
      return r.error();
    if (auto r = session_.exec(session_sql::seen, {to_string(live.id), to_rfc3339(by.at)}); !r)
      return r.error();
    return add_token(successor, live, by);
  }

  result<void> end_reused(const live_session& live, const acting& by) {
    auto r = session_.exec(session_sql::end,
                           {to_string(live.id), to_string(live.user), to_rfc3339(by.at), "reuse"});
    if (!r) return r.error();
    auto entry = by.entry(audit_action::refresh_reused, target_of(live.name));
    entry.result = audit_result::denied;
    entry.detail = "session " + to_string(live.id);
    return append(session_, entry, by.at);
  }

  database_options options_;
  std::shared_ptr<pg::session> shared_;
  pg::session& session_ = *shared_;
};

}  // namespace

std::unique_ptr<session_store> make_session_store(const database_options& options,
                                                  std::shared_ptr<pg::session> shared) {
  return std::make_unique<pg_session_store>(options, std::move(shared));
}

result<std::unique_ptr<session_store>> open_session_store(const database_options& options) {
  auto store = make_session_store(options, std::make_shared<pg::session>());
  if (auto r = store->reconnect(); !r) return r.error();
  return store;
}

}  // namespace td
