#include "identity/principal.hpp"

#include <fmt/format.h>

namespace td {

std::string described(const principal& who) {
  return (who.what == principal::kind::user ? "user " : "api_key ") + who.name;
}

result<void> authorize(const principal& who, scope needed) {
  if (who.scopes.has(needed)) return ok();
  const auto* const lacks = who.what == principal::kind::user
                                ? "the role {1} does not have the scope {0}"
                                : "the API key lacks the scope {0}";
  return failure{errc::permission_denied,
                 fmt::format(fmt::runtime(lacks), name_of(needed), name_of(who.role))};
}

result<void> authorize(const principal& who, role needed) {
  const bool key_may =
      who.what == principal::kind::user || needed != role::admin || who.scopes.has(scope::admin);
  if (who.role >= needed && key_may) return ok();
  return failure{errc::permission_denied,
                 fmt::format("this needs the role {}, {} has {}", name_of(needed), described(who),
                             name_of(who.role))};
}

}  // namespace td
