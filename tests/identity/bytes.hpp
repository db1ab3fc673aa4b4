#pragma once

#include "identity/crypto.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "pipeline/time.hpp"

namespace td::test {

inline std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  return out;
}

inline std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

inline crypto::key key_of(std::string_view bytes) {
  crypto::key k{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), k.size()), k.begin());
  return k;
}

/// A day with a name.
inline timestamp some_noon() {
  return *parse_rfc3339("2026-11-21T12:00:00Z");
}

}  // namespace td::test
