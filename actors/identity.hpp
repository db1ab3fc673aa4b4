#pragma once

#include "identity/principal.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/answer.hpp"
#include "pipeline/result.hpp"
#include "storage/identity_stores.hpp"

namespace td {

/// Where a request came from.
struct requester {
  std::string address{};     ///< of the client; empty: this machine
  std::string request_id{};  ///< the trace id
};

struct login_request {
  std::string name{};
  std::string password{};
  std::string code{};  ///< of the authenticator, or a recovery code; empty: none
  std::string user_agent{};
  bool cookie{};  ///< a browser's: the tokens go into cookies, and it needs a CSRF token
};

/// What a login or a refresh gives.
struct signed_in {
  std::string access_token{};
  timestamp access_expires_at{};
  std::string refresh_token{};  ///< takes the place of the one before
  timestamp refresh_expires_at{};
  principal who{};
  bool cookie{};
};

/// Who acts, for the audit log.
acting acting_of(const principal& who, const requester& from);

/// Who may use the service: SESSION and its helpers as everything to the right of actors/ sees
/// them, without CAF. Any thread may call; no call blocks. Each answer comes exactly once, within
/// `answer_within`, on a thread of the service's (or at once, on the caller's): hand it over to
/// your own. database_away, timed_out (it may have been done), overloaded: say 503 and Retry-After.
class identity_service {
 public:
  template <class T>
  using reply = typename answer<T>::function;

  static constexpr std::chrono::seconds answer_within{5};

  virtual ~identity_service() = default;

  // -- who is it? ---

  /// Whoever presented this access token or API key within the last 30 s, if nothing has changed
  /// since. Absent: `authenticate`.
  virtual std::optional<principal> known(std::string_view credential) const = 0;

  /// Checks an access token or an API key; what is wrong with its form or signature is found at
  /// once, the rest is asked of the database. token_invalid, token_expired, token_revoked.
  virtual void authenticate(std::string credential, requester from, reply<principal> done) = 0;

  // -- sessions ---

  /// credentials_invalid: name, password or code is wrong, or the account disabled; it takes as
  /// long whichever it is. second_factor_required: the password is right, and a code is needed.
  /// locked_out: detail says for how long. overloaded: too many passwords wait to be checked.
  virtual void login(login_request request, requester from, reply<signed_in> done) = 0;

  /// token_invalid, token_expired, token_revoked, token_reused. Who presents a token again within
  /// 10 s of its replacement (a second tab, a lost answer) is given the same successor.
  virtual void refresh(std::string refresh_token, requester from, reply<signed_in> done) = 0;

  /// Ends the session of the principal, or another one of the same user (not_found).
  virtual void logout(principal who, requester from, reply<void> done) = 0;
  virtual void end_session(principal who, uuid session, requester from, reply<void> done) = 0;

  virtual std::string csrf_token(const uuid& session) const = 0;
  virtual bool csrf_token_fits(std::string_view token, const uuid& session) const = 0;

  /// RFC 7517; may be kept for `jwks_max_age`.
  virtual std::string jwks() const = 0;
  static constexpr std::chrono::seconds jwks_max_age{600};

  // -- accounts ---

  /// The hash of a new password, for `ask(users->add / set_password)`. password_unfit; overloaded.
  virtual void hash(std::string password, std::string user_name, reply<std::string> done) = 0;

  /// A user's own: ends the other sessions. credentials_invalid: `before` is wrong (counted as a
  /// failed login); locked_out; password_unfit.
  virtual void change_password(principal who, std::string before, std::string after, requester from,
                               reply<void> done) = 0;

  /// What an authenticator app is to be given: the otpauth URI. conflict: there is one.
  virtual void offer_totp(principal who, reply<std::string> done) = 0;

  /// With the first code of the app; answers with the recovery codes, which are shown once.
  /// credentials_invalid: the code is wrong. conflict: nothing was offered.
  virtual void confirm_totp(principal who, std::string code, requester from,
                            reply<std::vector<std::string>> done) = 0;

  /// Everything else: `work` runs with the stores on a thread that may block on the database.
  template <class T>
  void ask(std::function<result<T>(identity_stores&)> work, reply<T> done) {
    const answer<T> once{std::move(done)};
    run([work = std::move(work),
         once](identity_stores& stores) { return give(once, work(stores)); },
        [once](failure why) { once(std::move(why)); });
  }

 protected:
  /// Runs `work` on a thread that may block. When it could not begin, or has no result in time,
  /// `failed` is called. Returns its failure, which tells whether the database is away.
  virtual void run(std::function<std::optional<failure>(identity_stores&)> work,
                   std::function<void(failure)> failed) = 0;

 private:
  template <class T>
  static std::optional<failure> give(const answer<T>& once, result<T> r) {
    std::optional<failure> why;
    if (!r) why = r.error();
    once(std::move(r));
    return why;
  }
};

}  // namespace td
