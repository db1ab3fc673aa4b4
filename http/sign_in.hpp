#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/identity.hpp"
#include "http/principal.hpp"

namespace td {

/// Names of the cookies of a browser's session. Over TLS both bear a prefix that makes browsers
/// insist on Secure (RFC 6265bis, section 4.1.3).
struct cookie_names {
  std::string_view access;
  std::string_view refresh;
};
cookie_names cookie_names_for(bool secure) noexcept;

/// The header in which a browser's pages send the CSRF token.
inline constexpr std::string_view csrf_header = "X-CSRF-Token";

/// The session cookie's twin: a cookie is sent by any page's request, this header only by ours.
/// Absent: it fits. csrf_token_invalid.
std::optional<problem> check_csrf(const request& r, const identity_service& service,
                                  const uuid& session);

/// Accepts an access token or an API key in "Authorization: Bearer", and a browser's access cookie;
/// with the cookie, requests that change something need the CSRF token. Routes for anyone are not
/// asked for credentials. Problems: token_expired, token_invalid, csrf_token_invalid, starting, and
/// those of the surroundings.
std::shared_ptr<authenticator> make_authenticator(std::shared_ptr<identity> who);

}  // namespace td
