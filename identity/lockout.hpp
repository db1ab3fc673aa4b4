#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace td {

/// How failed logins slow down whoever makes them. Counted for each pair of account and address:
/// whoever guesses at an account from one place locks nobody out who comes from another.
struct lockout_rule {
  std::uint32_t free_failures{5};  ///< typing errors
  std::chrono::seconds base{30};   ///< after the next one; doubled by each further one
  std::chrono::seconds cap{15 * 60};
  std::chrono::seconds forget_after{86400};  ///< without a failure

  /// How long nothing is taken after the `failures`-th failure in a row (from 1); 0: not at all.
  std::chrono::seconds wait_after(std::uint32_t failures) const noexcept;
};

/// The address that failures are counted for: an IPv4 address as it is, also where it comes as
/// ::ffff:1.2.3.4; of IPv6 the /64, which one customer has all of. "elsewhere" for anything that is
/// no address.
std::string address_group(std::string_view address);

}  // namespace td
