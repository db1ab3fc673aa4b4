#include "identity/role.hpp"

#include "identity/enum_names.hpp"

#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "pipeline/text.hpp"

namespace td {

namespace {

constexpr std::array<std::string_view, 3> role_names{"viewer", "operator", "admin"};

constexpr std::array<std::string_view, 11> scope_names{
    "events:read",       "events:write",       "projects:read", "projects:write",
    "dead_letters:read", "dead_letters:write", "schemas:read",  "schemas:write",
    "pipeline:read",     "pipeline:operate",   "admin"};

constexpr std::array scopes{scope::events_read,
                            scope::events_write,
                            scope::projects_read,
                            scope::projects_write,
                            scope::dead_letters_read,
                            scope::dead_letters_write,
                            scope::schemas_read,
                            scope::schemas_write,
                            scope::pipeline_read,
                            scope::pipeline_operate,
                            scope::admin};
static_assert(scopes.size() == scope_names.size());

constexpr scope_set reading{scope::events_read, scope::projects_read, scope::dead_letters_read,
                            scope::schemas_read, scope::pipeline_read};

}  // namespace

std::string_view name_of(role r) noexcept {
  return role_names[static_cast<std::size_t>(r)];
}

std::optional<role> role_named(std::string_view name) noexcept {
  return named<role>(role_names, name);
}

std::string_view name_of(scope s) noexcept {
  return scope_names[static_cast<std::size_t>(s)];
}

std::optional<scope> scope_named(std::string_view name) noexcept {
  return named<scope>(scope_names, name);
}

std::span<const scope> all_scopes() noexcept {
  return scopes;
}

scope_set scopes_of(role r) noexcept {
  scope_set set;
  for (const auto s : scopes) {
    const bool may =
        r == role::admin || (r == role::manager && s != scope::admin) || reading.has(s);
    if (may) set.add(s);
  }
  return set;
}

std::vector<std::string> names_of(scope_set set) {
  std::vector<std::string> names;
  for (const auto s : scopes) {
    if (set.has(s)) names.emplace_back(name_of(s));
  }
  return names;
}

result<scope_set> scopes_named(std::span<const std::string> names) {
  scope_set set;
  for (const auto& name : names) {
    const auto s = scope_named(name);
    if (!s) {
      return failure{errc::configuration_invalid,
                     fmt::format("there is no scope {}; there are: {}", quoted(name),
                                 fmt::join(scope_names, ", "))};
    }
    set.add(*s);
  }
  if (set.empty()) {
    return failure{errc::configuration_invalid,
                   fmt::format("no scope is named; there are: {}", fmt::join(scope_names, ", "))};
  }
  return set;
}

}  // namespace td
