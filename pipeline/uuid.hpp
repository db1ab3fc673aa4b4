#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace td {

/// 128 bits in network order, as RFC 4122 and PostgreSQL's `uuid` have them. Plain data.
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const uuid&) const = default;
};

/// Parses `8-4-4-4-12` hex digits in either case; absent for anything else (braces, `urn:uuid:`,
/// wrong length, other characters). The canonical form is lower case.
std::optional<uuid> parse_uuid(std::string_view text) noexcept;

/// Parses a trace id: a UUID as above, or 32 hex digits (W3C trace context). All zeros is absent.
std::optional<uuid> parse_trace_id(std::string_view text) noexcept;

/// The canonical lower-case `8-4-4-4-12` form.
std::string to_string(const uuid& id);

/// Name-based UUID, version 5 (RFC 4122 section 4.3, SHA-1). Any thread. Throws
/// std::runtime_error where OpenSSL has no SHA-1.
uuid uuid_v5(const uuid& name_space, std::string_view name);

/// Random UUID, version 4, from the operating system's generator. Any thread. Throws
/// std::system_error where the system has none.
uuid random_uuid();

/// A well-mixed 64-bit hash; not keyed, so not for tables an attacker may fill.
std::uint64_t hash_of(const uuid& id) noexcept;

}  // namespace td

template <>
struct std::hash<td::uuid> {
  std::size_t operator()(const td::uuid& id) const noexcept { return td::hash_of(id); }
};
