#include "http/sign_in.hpp"

#include <utility>

#include "http/request.hpp"

namespace td {
namespace {

class token_or_cookie final : public authenticator {
 public:
  explicit token_or_cookie(std::shared_ptr<identity> who) : who_{std::move(who)} {}

  asio::awaitable<http_result<std::optional<principal>>> authenticate(const request& r) override {
    using answer = http_result<std::optional<principal>>;
    if (r.to->access.anyone) co_return answer{std::nullopt};
    const auto token = r.bearer();
    const auto cookie = token ? std::nullopt : r.cookie(cookie_names_for(r.secure).access);
    if (!token && !cookie) co_return answer{std::nullopt};
    const auto service = who_->service();
    if (!service) co_return answer{who_->unopened()};
    const std::string credential{token ? *token : *cookie};
    auto found = service->known(credential);
    if (!found) {
      const auto from = requester_of(r);
      std::function<void(identity_service&, identity::reply<principal>)> ask =
          [credential, from](identity_service& s, identity::reply<principal> done) {
            s.authenticate(credential, from, std::move(done));
          };
      auto asked = co_await who_->call<principal>(std::move(ask));
      if (!asked) co_return answer{asked.error()};
      found = *std::move(asked);
    }
    if (cookie) {
      // A browser sends cookies along with what other sites make it ask for.
      if (auto refused = check_csrf(r, *service, found->id)) co_return answer{*refused};
    }
    co_return answer{std::move(found)};
  }

 private:
  std::shared_ptr<identity> who_;
};

}  // namespace

cookie_names cookie_names_for(bool secure) noexcept {
  if (secure) return {"__Host-td_access", "__Secure-td_refresh"};
  return {"td_access", "td_refresh"};
}

std::optional<problem> check_csrf(const request& r, const identity_service& service,
                                  const uuid& session) {
  if (r.method == http_method::get || r.method == http_method::options) return std::nullopt;
  if (service.csrf_token_fits(r.headers[csrf_header], session)) return std::nullopt;
  return problem{&problems::csrf_token_invalid,
                 "a browser's session needs the CSRF token that came with it in X-CSRF-Token; "
                 "GET /api/v1/auth/session gives a new one",
                 std::string{csrf_header},
                 {},
                 {}};
}

std::shared_ptr<authenticator> make_authenticator(std::shared_ptr<identity> who) {
  return std::make_shared<token_or_cookie>(std::move(who));
}

}  // namespace td
