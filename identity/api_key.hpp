#pragma once

#include "identity/crypto.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace td {

/// An API key's own text: "td_<prefix>_<secret><checksum>", 8, 43 and 6 of 0-9 A-Z a-z. The prefix
/// is shown in lists and finds the row; the secret has 256 bits; the checksum (CRC-32 of what
/// stands before it) lets scanners of leaked secrets, and us, tell a key from a typing error
/// without asking the database.
struct api_key_text {
  std::string text{};  ///< shown once, never stored
  std::string prefix{};
  crypto::digest hash{};  ///< SHA-256 of the whole text
};
api_key_text make_api_key();

/// The prefix and the hash of a text that is a key by its form and checksum. Any thread.
std::optional<api_key_text> parse_api_key(std::string_view text);

}  // namespace td
