#pragma once

#include "identity/access_token.hpp"
#include "identity/hash_pool.hpp"
#include "identity/lockout.hpp"
#include "identity/password.hpp"
#include "identity/secret_file.hpp"
#include "identity/signing_key.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

#include "actors/identity.hpp"
#include "actors/interfaces.hpp"
#include "actors/session_cache.hpp"

namespace td {

/// Work for an IDENTITY WORKER. Counted as long as it lives.
struct identity_task {
  using clock = std::chrono::steady_clock;
  using work = std::function<std::optional<failure>(identity_stores&)>;
  using counter = std::shared_ptr<std::atomic<std::size_t>>;

  identity_task(work w, std::function<void(failure)> f, clock::time_point e, counter c)
      : run{std::move(w)}, failed{std::move(f)}, expires{e}, in_flight{std::move(c)} {}
  ~identity_task() { --*in_flight; }
  identity_task(const identity_task&) = delete;
  identity_task& operator=(const identity_task&) = delete;

  work run;
  std::function<void(failure)> failed;
  clock::time_point expires;  ///< nobody waits for it any more
  counter in_flight;
};

/// Rules and secrets of a service's identity.
struct identity_rules {
  deployment_secret secret{};
  token_rules tokens{};
  session_life life{};
  lockout_rule lockout{};
  rotation_rule rotation{};
  password_cost cost{};
  hash_pool::limits hashing{};
  std::function<timestamp()> clock = now;
};

/// identity_service: what is done without waiting (forms, signatures, the cache), and in which
/// order the rest is asked of the hash pool and of SESSION. Any thread.
class identity_desk final : public identity_service,
                            public std::enable_shared_from_this<identity_desk> {
 public:
  /// So many requests may wait for the stores; more are refused (overloaded).
  static constexpr std::size_t most_in_flight = 256;

  explicit identity_desk(identity_rules rules);

  std::optional<principal> known(std::string_view credential) const override;
  void authenticate(std::string credential, requester from, reply<principal> done) override;
  void login(login_request request, requester from, reply<signed_in> done) override;
  void refresh(std::string refresh_token, requester from, reply<signed_in> done) override;
  void logout(principal who, requester from, reply<void> done) override;
  void end_session(principal who, uuid session, requester from, reply<void> done) override;
  std::string csrf_token(const uuid& session) const override;
  bool csrf_token_fits(std::string_view token, const uuid& session) const override;
  std::string jwks() const override;
  void hash(std::string password, std::string user_name, reply<std::string> done) override;
  void change_password(principal who, std::string before, std::string after, requester from,
                       reply<void> done) override;
  void offer_totp(principal who, reply<std::string> done) override;
  void confirm_totp(principal who, std::string code, requester from,
                    reply<std::vector<std::string>> done) override;

  // -- for the actors ---

  const identity_rules& rules() const noexcept { return rules_; }
  session_cache& cache() noexcept { return cache_; }

  /// The keys as the database has them now.
  void put_keys(std::vector<signing_key> keys);

  /// Where work goes; an invalid handle: nowhere (stopping).
  void attach(session_actor session);

 protected:
  void run(std::function<std::optional<failure>(identity_stores&)> work,
           std::function<void(failure)> failed) override;

 private:
  struct login_state;

  std::shared_ptr<const key_ring> ring() const;
  acting acting_from(const requester& from) const;

  /// On the pool: whether it is the password; in the same go the hash at today's cost.
  struct checked_password {
    bool right{};
    std::string rehashed{};
  };
  void check_on_pool(std::string stored_hash, std::string password, reply<checked_password> done);

  void check_login(const std::shared_ptr<login_state>& s, const login_facts& facts);
  void finish_login(const std::shared_ptr<login_state>& s, const checked_password& checked);
  void refuse_login(const std::shared_ptr<login_state>& s, const char* why);
  /// Counts it; then `done` has the one answer that there is for it.
  void note_failure(std::string account, std::string group, requester from, const char* why,
                    std::function<void(const failure&)> done);
  void open_session(const std::shared_ptr<login_state>& s);
  result<signed_in> sign_in(const live_session& live, std::string refresh_token) const;

  void authenticate_key(std::string credential, const requester& from, reply<principal> done);
  void store_changed_password(const principal& who, const requester& from, std::string after,
                              const answer<void>& done);

  const identity_rules rules_;
  session_cache cache_;
  mutable std::mutex mutex_;
  std::shared_ptr<const key_ring> ring_ = std::make_shared<key_ring>();
  session_actor session_;
  std::shared_ptr<std::atomic<std::size_t>> in_flight_ =
      std::make_shared<std::atomic<std::size_t>>(0);
  hash_pool pool_;  // last: what it still runs uses the rest
};

}  // namespace td
