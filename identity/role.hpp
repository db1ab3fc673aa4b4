#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// What a user may do; each role may do what the ones before it may.
enum class role : std::uint8_t {
  viewer,   ///< reads
  manager,  ///< reads and writes, runs the pipeline; its name is "operator", a keyword here
  admin,    ///< users, keys, audit
};
std::string_view name_of(role r) noexcept;  ///< "viewer", "operator", "admin"
std::optional<role> role_named(std::string_view name) noexcept;

/// What an API key, or a route, is about. Closed: names are stored and shown.
enum class scope : std::uint8_t {
  events_read,
  events_write,
  projects_read,
  projects_write,
  dead_letters_read,
  dead_letters_write,
  schemas_read,
  schemas_write,
  pipeline_read,
  pipeline_operate,
  admin,
};
std::string_view name_of(scope s) noexcept;  ///< "events:read"
std::optional<scope> scope_named(std::string_view name) noexcept;
std::span<const scope> all_scopes() noexcept;

/// Some of the scopes. Plain data.
class scope_set {
 public:
  constexpr scope_set() = default;
  constexpr scope_set(std::initializer_list<scope> scopes) {
    for (const auto s : scopes)
      add(s);
  }

  constexpr void add(scope s) noexcept { bits_ |= bit(s); }
  constexpr bool has(scope s) const noexcept { return (bits_ & bit(s)) != 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr bool operator==(const scope_set&) const = default;

  /// Those that both have.
  friend constexpr scope_set operator&(scope_set a, scope_set b) noexcept {
    a.bits_ = static_cast<std::uint16_t>(a.bits_ & b.bits_);
    return a;
  }

 private:
  static constexpr std::uint16_t bit(scope s) noexcept {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(s));
  }
  std::uint16_t bits_{};
};

/// What a user of this role may do.
scope_set scopes_of(role r) noexcept;

/// Names in the order of the enumeration.
std::vector<std::string> names_of(scope_set set);

/// Absent names are configuration_invalid, which says what there is. Empty: configuration_invalid.
result<scope_set> scopes_named(std::span<const std::string> names);

}  // namespace td
