#pragma once

#include "identity/principal.hpp"

#include <chrono>

#include <fmt/format.h>

#include "pipeline/result.hpp"

/// What the desk answers in several places, each time with the same words: nobody is to learn from
/// the difference.
namespace td::identity_failure {

inline failure wrong_credentials() {
  return {errc::credentials_invalid, "name, password or code is wrong"};
}

inline failure locked(std::chrono::seconds wait) {
  return {errc::locked_out,
          fmt::format("too many logins have failed: try again in {} s", wait.count()),
          {},
          wait};
}

/// An API key has no session, and no password.
inline result<void> unless_session(const principal& who) {
  if (who.what == principal::kind::user) return ok();
  return failure{errc::permission_denied, "an API key can't do this: sign in"};
}

}  // namespace td::identity_failure
