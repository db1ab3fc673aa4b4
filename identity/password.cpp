#include "identity/password.hpp"

#include "identity/crypto.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <sodium.h>
#include <utility>

#include <fmt/format.h>

#include "pipeline/text.hpp"

namespace td {

namespace {

/// Absent: not UTF-8.
std::optional<std::size_t> characters_of(std::string_view text) {
  std::size_t n = 0;
  for (; !text.empty(); ++n) {
    const auto c = first_character(text);
    if (c.size == 0) return std::nullopt;
    text.remove_prefix(c.size);
  }
  return n;
}

std::string small(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_made_of(std::string_view text, std::string_view word) {
  if (word.empty() || text.size() % word.size() != 0) return false;
  for (; !text.empty(); text.remove_prefix(word.size())) {
    if (!text.starts_with(word)) return false;
  }
  return true;
}

failure unfit(std::string why) {
  return {errc::password_unfit, std::move(why)};
}

}  // namespace

result<void> check_password(std::string_view password, std::string_view user_name) {
  if (password.size() > max_password_bytes)
    return unfit(fmt::format("a password has at most {} bytes", max_password_bytes));
  const auto characters = characters_of(password);
  if (!characters) return unfit("a password is UTF-8 text");
  if (*characters < min_password_characters) {
    return unfit(fmt::format("a password has at least {} characters, this one has {}",
                             min_password_characters, *characters));
  }
  if (is_made_of(small(password), small(user_name)))
    return unfit("the password is the user's name");
  if (is_made_of(password, password.substr(0, first_character(password).size)))
    return unfit("the password is one character over and over");
  return ok();
}

result<std::string> hash_password(std::string_view password, const password_cost& cost) {
  (void)crypto::random_bytes(1);  // libsodium is ready
  std::string text(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost.passes,
                            cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return failure{errc::overloaded, fmt::format("there is no memory to hash a password ({} bytes)",
                                                 cost.memory_bytes)};
  }
  text.resize(text.find('\0'));
  return text;
}

bool verify_password(std::string_view hash, std::string_view password) {
  if (hash.size() >= crypto_pwhash_STRBYTES || !hash.starts_with(crypto_pwhash_STRPREFIX))
    return false;
  std::string text{hash};
  text.resize(crypto_pwhash_STRBYTES, '\0');
  return crypto_pwhash_str_verify(text.data(), password.data(), password.size()) == 0;
}

bool needs_rehash(std::string_view hash, const password_cost& cost) {
  if (hash.size() >= crypto_pwhash_STRBYTES) return true;
  std::string text{hash};
  text.resize(crypto_pwhash_STRBYTES, '\0');
  return crypto_pwhash_str_needs_rehash(text.data(), cost.passes, cost.memory_bytes) != 0;
}

const std::string& dummy_hash(const password_cost& cost) {
  static std::mutex mutex;
  static std::map<std::pair<std::uint32_t, std::size_t>, std::string> made;
  const std::lock_guard lock{mutex};
  auto& hash = made[{cost.passes, cost.memory_bytes}];
  if (hash.empty()) {
    auto h = hash_password(crypto::random_bytes(32), cost);
    // Without memory there is no verification either: both are refused alike.
    hash = h ? *std::move(h) : std::string{};
  }
  return hash;
}

std::string generate_password() {
  static constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz2345678";
  auto out = crypto::random_text(24, letters);
  for (const std::size_t at : {18U, 12U, 6U})
    out.insert(at, 1, '-');
  return out;
}

}  // namespace td
