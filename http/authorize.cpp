#include "http/authorize.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace td {

std::string_view name_of(role r) noexcept {
  switch (r) {
    case role::viewer:
      return "viewer";
    case role::operator_:
      return "operator";
    case role::admin:
      break;
  }
  return "admin";
}

bool principal::has_scope(std::string_view scope) const {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

std::optional<problem> authorize(const route_access& access, const principal& who) {
  if (access.anyone) return std::nullopt;
  switch (who.kind) {
    case principal_kind::anonymous:
      return problem{&problems::unauthenticated,
                     "this needs a signed-in user or an API key; send Authorization: Bearer TOKEN",
                     "Authorization",
                     {{"WWW-Authenticate", "Bearer realm=\"taylordash\""}},
                     {}};
    case principal_kind::user:
      if (who.role >= access.role) return std::nullopt;
      return problem{&problems::forbidden,
                     fmt::format("this needs the role {}, you are {}; an admin can change that",
                                 name_of(access.role), name_of(who.role)),
                     {},
                     {},
                     {}};
    case principal_kind::api_key:
      break;
  }
  if (access.scope.empty()) {
    return problem{&problems::forbidden,
                   fmt::format("this is for people with the role {}; no API key may do it",
                               name_of(access.role)),
                   {},
                   {},
                   {}};
  }
  if (who.has_scope(access.scope)) return std::nullopt;
  return problem{&problems::forbidden,
                 fmt::format("this needs the scope {}, which this API key lacks; make one that has "
                             "it",
                             access.scope),
                 {},
                 {},
                 {}};
}

}  // namespace td
