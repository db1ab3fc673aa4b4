#include "actors/identity_desk.hpp"

#include "identity/api_key.hpp"
#include "identity/csrf.hpp"
#include "identity/refresh_token.hpp"
#include "identity/totp.hpp"
#include "identity/user_name.hpp"

#include <utility>

#include "actors/identity_failure.hpp"

namespace td {

namespace {

principal principal_of(const live_session& live, timestamp expires_at) {
  return {.what = principal::kind::user,
          .user = live.user,
          .id = live.id,
          .name = live.name,
          .role = live.role,
          .scopes = scopes_of(live.role),
          .expires_at = expires_at};
}

principal principal_of(const api_key_record& key) {
  return {.what = principal::kind::api_key,
          .user = key.owner,
          .id = key.id,
          .name = key.prefix,
          .role = key.owner_role,
          .scopes = key.scopes & scopes_of(key.owner_role),
          .expires_at = key.expires_at.value_or(timestamp::max())};
}

}  // namespace

acting acting_of(const principal& who, const requester& from) {
  return {.who = described(who),
          .id = who.what == principal::kind::user ? who.user : who.id,
          .address = from.address,
          .request_id = from.request_id};
}

/// A login on its way.
struct identity_desk::login_state {
  login_request request;
  requester from;
  std::string account;
  std::string address_group;
  std::optional<login_facts::account> user;
  new_session session;
  answer<signed_in> done;
};

identity_desk::identity_desk(identity_rules rules)
    : rules_{std::move(rules)}, pool_{rules_.hashing} {
  (void)dummy_hash(rules_.cost);  // not while the first login waits
}

// -- who is it? ---

std::optional<principal> identity_desk::known(std::string_view credential) const {
  return cache_.find(credential, rules_.clock());
}

void identity_desk::authenticate(std::string credential, requester from, reply<principal> done) {
  if (auto who = known(credential)) return done(*std::move(who));
  if (credential.starts_with("td_"))
    return authenticate_key(std::move(credential), from, std::move(done));
  const auto claims = verify_access_token(credential, *ring(), rules_.tokens, rules_.clock());
  if (!claims) return done(claims.error());
  const auto epoch = cache_.epoch();
  ask<live_session>(
      [at = rules_.clock(), id = claims->session](identity_stores& s) {
        return s.sessions->find(id, at);
      },
      [self = shared_from_this(), credential = std::move(credential), epoch, c = *claims,
       done = std::move(done)](result<live_session> live) {
        if (!live) return done(live.error());
        if (live->user != c.user)
          return done(failure{errc::token_invalid, "the token's session is another user's"});
        const auto who = principal_of(*live, c.expires_at);
        self->cache_.put(credential, who, self->rules_.clock(), epoch);
        done(who);
      });
}

void identity_desk::authenticate_key(std::string credential, const requester& from,
                                     reply<principal> done) {
  const auto text = parse_api_key(credential);
  if (!text) return done(failure{errc::token_invalid, "the API key is not written like ours"});
  const auto epoch = cache_.epoch();
  ask<api_key_record>(
      [at = rules_.clock(), text = *text, from](identity_stores& s) -> result<api_key_record> {
        auto key = s.keys->check(text, at);
        if (!key) return key;
        if (auto r = s.keys->note_use(key->id, from.address, at); !r) return r.error();
        return key;
      },
      [self = shared_from_this(), credential = std::move(credential), epoch,
       done = std::move(done)](result<api_key_record> key) {
        if (!key) return done(key.error());
        const auto who = principal_of(*key);
        self->cache_.put(credential, who, self->rules_.clock(), epoch);
        done(who);
      });
}

// -- logging in ---

void identity_desk::login(login_request request, requester from, reply<signed_in> done) {
  // Names that nobody can have are counted together: they fill no table.
  auto account = user_name_from(request.name).value_or("-");
  auto group = address_group(from.address);
  auto s = std::make_shared<login_state>(login_state{std::move(request),
                                                     std::move(from),
                                                     std::move(account),
                                                     std::move(group),
                                                     std::nullopt,
                                                     {},
                                                     answer<signed_in>{std::move(done)}});
  ask<login_facts>(
      [s, at = rules_.clock()](identity_stores& stores) {
        return stores.sessions->look_up(s->account, s->address_group, at);
      },
      [self = shared_from_this(), s](result<login_facts> facts) {
        if (!facts) return s->done(facts.error());
        self->check_login(s, *facts);
      });
}

void identity_desk::check_login(const std::shared_ptr<login_state>& s, const login_facts& facts) {
  if (facts.wait.count() > 0) return s->done(identity_failure::locked(facts.wait));
  s->user = facts.user;
  auto password = std::move(s->request.password);
  if (password.size() > max_password_bytes) password.resize(max_password_bytes + 1);
  check_on_pool(s->user ? s->user->password_hash : dummy_hash(rules_.cost), std::move(password),
                [self = shared_from_this(), s](result<checked_password> checked) {
                  if (!checked) return s->done(checked.error());
                  self->finish_login(s, *checked);
                });
}

void identity_desk::finish_login(const std::shared_ptr<login_state>& s,
                                 const checked_password& checked) {
  if (!s->user || !checked.right) return refuse_login(s, "wrong name or password");
  auto& open = s->session;
  open.user = s->user->id;
  open.password_hash = s->user->password_hash;
  open.rehashed = checked.rehashed;
  if (s->user->second_factor) {
    if (s->request.code.empty()) {
      return s->done(failure{errc::second_factor_required,
                             "the password is right; the account asks for a code as well"});
    }
    const auto secret =
        crypto::open(rules_.secret.totp(), s->user->totp_sealed, to_string(s->user->id));
    if (secret) {
      open.totp_step =
          accept_totp(*secret, s->request.code, s->user->totp_last_step, rules_.clock());
    }
    if (!open.totp_step)
      open.recovery_hash = recovery_hash(s->request.code, rules_.secret.recovery());
  }
  open_session(s);
}

void identity_desk::open_session(const std::shared_ptr<login_state>& s) {
  const auto token = first_refresh_token();
  s->session.refresh_hash = token.hash;
  s->session.account = s->account;
  s->session.address_group = s->address_group;
  s->session.user_agent = s->request.user_agent;
  s->session.cookie = s->request.cookie;
  ask<live_session>(
      [self = shared_from_this(), s](identity_stores& stores) {
        return stores.sessions->open(s->session, self->rules_.life, self->acting_from(s->from));
      },
      [self = shared_from_this(), s, token](result<live_session> live) {
        if (live) return s->done(self->sign_in(*live, token.text));
        // The code was wrong or used, or something has changed meanwhile: one answer for all.
        if (live.error().code == errc::credentials_invalid)
          return self->refuse_login(s, "wrong code, or the account has changed");
        s->done(live.error());
      });
}

void identity_desk::refuse_login(const std::shared_ptr<login_state>& s, const char* why) {
  note_failure(s->account, s->address_group, s->from, why, [s](const failure& f) { s->done(f); });
}

void identity_desk::note_failure(std::string account, std::string group, requester from,
                                 const char* why, std::function<void(const failure&)> done) {
  ask<std::chrono::seconds>(
      [self = shared_from_this(), account = std::move(account), group = std::move(group),
       from = std::move(from), why](identity_stores& stores) {
        return stores.sessions->note_failure(account, group, self->rules_.lockout, why,
                                             self->acting_from(from));
      },
      [done = std::move(done)](result<std::chrono::seconds> wait) {
        done(wait ? identity_failure::wrong_credentials() : wait.error());
      });
}

result<signed_in> identity_desk::sign_in(const live_session& live,
                                         std::string refresh_token) const {
  const auto at = rules_.clock();
  const auto keys = ring();
  const auto* key = keys->signer(at);
  if (key == nullptr) return failure{errc::internal, "there is no key to sign tokens with"};
  signed_in in;
  in.access_token = issue_access_token(
      {.user = live.user, .session = live.id, .name = live.name, .role = live.role}, *key,
      rules_.tokens, at);
  in.access_expires_at = std::chrono::floor<std::chrono::seconds>(at) + rules_.tokens.lifetime;
  in.refresh_token = std::move(refresh_token);
  in.refresh_expires_at = live.refresh_expires_at;
  in.who = principal_of(live, in.access_expires_at);
  in.cookie = live.cookie;
  return in;
}

// -- sessions ---

void identity_desk::refresh(std::string text, requester from, reply<signed_in> done) {
  const auto presented = refresh_hash(text);
  if (!presented) return done(failure{errc::token_invalid, "the refresh token is none of ours"});
  const auto next = successor_of(text, rules_.secret.refresh());
  ask<session_store::refreshed>(
      [self = shared_from_this(), presented = *presented, next, from](identity_stores& s) {
        return s.sessions->refresh(presented, next.hash, self->rules_.life,
                                   self->acting_from(from));
      },
      [self = shared_from_this(), next,
       done = std::move(done)](result<session_store::refreshed> r) {
        if (!r) return done(r.error());
        done(self->sign_in(r->session, next.text));
      });
}

void identity_desk::logout(principal who, requester from, reply<void> done) {
  if (auto fine = identity_failure::unless_session(who); !fine) return done(fine);
  ask<void>(
      [who, from](identity_stores& s) {
        return s.sessions->end(who.user, who.id, true, acting_of(who, from));
      },
      std::move(done));
}

void identity_desk::end_session(principal who, uuid session, requester from, reply<void> done) {
  ask<void>(
      [who, session, from](identity_stores& s) {
        return s.sessions->end(who.user, session, false, acting_of(who, from));
      },
      std::move(done));
}

std::string identity_desk::csrf_token(const uuid& session) const {
  return make_csrf_token(session, rules_.secret.csrf());
}

bool identity_desk::csrf_token_fits(std::string_view token, const uuid& session) const {
  return td::csrf_token_fits(token, session, rules_.secret.csrf());
}

std::string identity_desk::jwks() const {
  return ring()->jwks();
}

// -- for the actors ---

void identity_desk::put_keys(std::vector<signing_key> keys) {
  auto fresh = std::make_shared<const key_ring>(std::move(keys));
  const std::lock_guard lock{mutex_};
  ring_ = std::move(fresh);
}

void identity_desk::attach(session_actor session) {
  const std::lock_guard lock{mutex_};
  std::swap(session_, session);
}

std::shared_ptr<const key_ring> identity_desk::ring() const {
  const std::lock_guard lock{mutex_};
  return ring_;
}

acting identity_desk::acting_from(const requester& from) const {
  return {.who = "nobody",
          .address = from.address,
          .request_id = from.request_id,
          .at = rules_.clock()};
}

void identity_desk::run(std::function<std::optional<failure>(identity_stores&)> work,
                        std::function<void(failure)> failed) {
  if (in_flight_->fetch_add(1) >= most_in_flight) {
    --*in_flight_;
    return failed({errc::overloaded, "too many requests wait for the accounts' database"});
  }
  auto task = std::make_shared<identity_task>(
      std::move(work), std::move(failed), identity_task::clock::now() + answer_within, in_flight_);
  session_actor to;
  {
    const std::lock_guard lock{mutex_};
    to = session_;
  }
  if (!to) return task->failed({errc::stopping, "the service stops, or begins"});
  caf::anon_send(to, identity_work{std::move(task)});
}

}  // namespace td
