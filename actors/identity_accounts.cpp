// What identity_desk does for the accounts of those who have signed in.
#include "identity/totp.hpp"

#include <utility>

#include "actors/identity_desk.hpp"
#include "actors/identity_failure.hpp"

namespace td {

using namespace identity_failure;

namespace {

constexpr const char* issuer_in_apps = "TaylorDash";

}  // namespace

void identity_desk::hash(std::string password, std::string user_name, reply<std::string> done) {
  if (auto fit = check_password(password, user_name); !fit) return done(fit.error());
  const answer<std::string> once{std::move(done)};
  auto taken = pool_.submit([once, password = std::move(password), cost = rules_.cost]() mutable {
    auto hashed = hash_password(password, cost);
    crypto::wipe(password);
    once(std::move(hashed));
  });
  if (!taken) once(taken.error());
}

void identity_desk::check_on_pool(std::string stored_hash, std::string password,
                                  reply<checked_password> done) {
  const answer<checked_password> once{std::move(done)};
  auto taken = pool_.submit([once, stored_hash = std::move(stored_hash),
                             password = std::move(password), cost = rules_.cost]() mutable {
    checked_password checked{verify_password(stored_hash, password), {}};
    if (checked.right && needs_rehash(stored_hash, cost)) {
      if (auto again = hash_password(password, cost)) checked.rehashed = *std::move(again);
    }
    crypto::wipe(password);
    once(std::move(checked));
  });
  if (!taken) once(taken.error());
}

void identity_desk::change_password(principal who, std::string before, std::string after,
                                    requester from, reply<void> done) {
  const answer<void> once{std::move(done)};
  if (auto fine = unless_session(who); !fine) return once(fine);
  if (auto fit = check_password(after, who.name); !fit) return once(fit);
  const auto group = address_group(from.address);
  ask<login_facts>(
      [name = who.name, group, at = rules_.clock()](identity_stores& stores) {
        return stores.sessions->look_up(name, group, at);
      },
      [self = shared_from_this(), once, who, from, group, before = std::move(before),
       after = std::move(after)](result<login_facts> facts) {
        if (!facts) return once(facts.error());
        if (facts->wait.count() > 0) return once(locked(facts->wait));
        if (!facts->user) return once(wrong_credentials());
        self->check_on_pool(
            facts->user->password_hash, before,
            [self, once, who, from, group, after](result<checked_password> checked) {
              if (!checked) return once(checked.error());
              if (!checked->right) {
                return self->note_failure(who.name, group, from, "wrong password in a change of it",
                                          [once](const failure& f) { once(f); });
              }
              self->store_changed_password(who, from, after, once);
            });
      });
}

void identity_desk::store_changed_password(const principal& who, const requester& from,
                                           std::string after, const answer<void>& done) {
  hash(std::move(after), who.name,
       [self = shared_from_this(), who, from, done](result<std::string> hashed) {
         if (!hashed) return done(hashed.error());
         self->ask<void>(
             [who, from, hashed = *hashed](identity_stores& s) {
               return s.users->set_password(who.name, hashed, acting_of(who, from), true, who.id);
             },
             [done](result<void> r) { done(r); });
       });
}

void identity_desk::offer_totp(principal who, reply<std::string> done) {
  if (auto fine = unless_session(who); !fine) return done(fine.error());
  const auto secret = make_totp_secret();
  ask<std::string>(
      [who, secret, key = rules_.secret.totp()](identity_stores& s) -> result<std::string> {
        auto kept = s.users->offer_totp(who.user, crypto::seal(key, secret, to_string(who.user)));
        if (!kept) return kept.error();
        return totp_uri(issuer_in_apps, who.name, secret);
      },
      std::move(done));
}

void identity_desk::confirm_totp(principal who, std::string code, requester from,
                                 reply<std::vector<std::string>> done) {
  if (auto fine = unless_session(who); !fine) return done(fine.error());
  ask<std::vector<std::string>>(
      [self = shared_from_this(), who, from,
       code = std::move(code)](identity_stores& s) -> result<std::vector<std::string>> {
        const auto& secret = self->rules_.secret;
        const auto kept = s.users->secrets(who.user);
        if (!kept) return kept.error();
        if (kept->totp_confirmed || kept->totp_sealed.empty())
          return failure{errc::conflict, "no authenticator waits to be confirmed"};
        const auto bytes = crypto::open(secret.totp(), kept->totp_sealed, to_string(who.user));
        const auto step =
            bytes ? accept_totp(*bytes, code, kept->totp_last_step, self->rules_.clock())
                  : std::nullopt;
        if (!step) return failure{errc::credentials_invalid, "the code is wrong"};
        const auto codes = make_recovery_codes();
        std::vector<crypto::digest> hashes;
        for (const auto& c : codes)
          hashes.push_back(recovery_hash(c, secret.recovery()));
        auto r = s.users->confirm_totp(who.user, *step, hashes, acting_of(who, from), who.id);
        if (!r) return r.error();
        return codes;
      },
      std::move(done));
}

}  // namespace td
