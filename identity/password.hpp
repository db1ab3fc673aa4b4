#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/result.hpp"

namespace td {

/// What a hash costs: argon2id, one lane. The defaults are OWASP's (Password Storage Cheat Sheet,
/// 2024: 19 MiB, 2 passes): 22 ms of a core.
struct password_cost {
  std::uint32_t passes{2};
  std::size_t memory_bytes{19u << 20};

  bool operator==(const password_cost&) const = default;
};

inline constexpr std::size_t min_password_characters = 12;
inline constexpr std::size_t max_password_bytes = 1024;

/// Whether somebody may have this password: UTF-8 of at least 12 characters and at most 1024
/// bytes, not only one character over and over, and not the user's name (whatever the case, or
/// written twice). password_unfit says which.
result<void> check_password(std::string_view password, std::string_view user_name);

/// The PHC string of a new hash with a random salt: "$argon2id$v=19$m=19456,t=2,p=1$...". Blocks
/// this thread and takes `memory_bytes`: only on a hash_pool. database_busy never; overloaded: no
/// memory.
result<std::string> hash_password(std::string_view password, const password_cost& cost);

/// Whether this is the password. False for a hash that can't be read. Blocks, as above.
bool verify_password(std::string_view hash, std::string_view password);

/// Whether the hash was made at another cost and should be made anew while the password is at
/// hand.
bool needs_rehash(std::string_view hash, const password_cost& cost);

/// A hash of a password that nobody knows, for names that do not exist: verifying against it takes
/// as long as against a real one. Made once per process and cost; the first call blocks.
const std::string& dummy_hash(const password_cost& cost);

/// 24 characters that a person can type (of 31, none alike): 118 random bits.
std::string generate_password();

}  // namespace td
