#include "identity/csrf.hpp"

namespace td {

namespace {

constexpr std::size_t random_part = 16;

std::string mac_of(std::string_view random, const uuid& session, const crypto::key& k) {
  const auto mac = crypto::hmac_sha256(k, std::string{random}.append(to_string(session)));
  return std::string{crypto::view(mac)};
}

}  // namespace

std::string make_csrf_token(const uuid& session, const crypto::key& k) {
  const auto random = crypto::random_bytes(random_part);
  return crypto::base64url(random + mac_of(random, session, k));
}

bool csrf_token_fits(std::string_view token, const uuid& session, const crypto::key& k) {
  constexpr std::size_t size = 64;  // base64url of 48 bytes
  if (token.size() != size) return false;
  const auto bytes = crypto::from_base64url(token);
  if (!bytes) return false;
  const std::string_view all{*bytes};
  const auto random = all.substr(0, random_part);
  return crypto::equal(all.substr(random_part), mac_of(random, session, k));
}

}  // namespace td
