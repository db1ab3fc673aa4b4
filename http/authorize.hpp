#pragma once

#include <optional>

#include "http/principal.hpp"
#include "http/route.hpp"

namespace td {

/// The one place that decides who may use a route: people by their role, API keys by their scopes.
/// Absent: allowed. unauthenticated, with
/// WWW-Authenticate: nobody has signed in and the route is not for anyone. forbidden: the detail
/// names the role or the scope that is missing. Any thread.
std::optional<problem> authorize(const route_access& access, const std::optional<principal>& who);

}  // namespace td
