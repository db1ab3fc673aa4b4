#include "http/authorize.hpp"

#include <utility>

#include <fmt/format.h>

namespace td {
namespace {

problem forbidden(std::string detail) {
  return {&problems::forbidden, std::move(detail), {}, {}, {}};
}

}  // namespace

std::optional<problem> authorize(const route_access& access, const std::optional<principal>& who) {
  if (access.anyone) return std::nullopt;
  if (!who) {
    return problem{&problems::unauthenticated,
                   "this needs a signed-in user or an API key; send Authorization: Bearer TOKEN",
                   "Authorization",
                   {{"WWW-Authenticate", "Bearer realm=\"taylordash\""}},
                   {}};
  }
  if (who->what == principal::kind::user) {
    if (who->role >= access.role) return std::nullopt;
    return forbidden(fmt::format("this needs the role {}, you are {}; an admin can change that",
                                 name_of(access.role), name_of(who->role)));
  }
  if (!access.scope) {
    return forbidden(fmt::format("this is for people with the role {}; no API key may do it",
                                 name_of(access.role)));
  }
  if (who->scopes.has(*access.scope)) return std::nullopt;
  return forbidden(
      fmt::format("this needs the scope {}, which this API key lacks; make one that has it",
                  name_of(*access.scope)));
}

}  // namespace td
