// Everything that a stranger may present as proof of who they are.
#include "identity/access_token.hpp"
#include "identity/api_key.hpp"
#include "identity/audit.hpp"
#include "identity/csrf.hpp"
#include "identity/lockout.hpp"
#include "identity/refresh_token.hpp"
#include "identity/totp.hpp"
#include "identity/user_name.hpp"

#include <cstdint>
#include <string>

#include "tests/fuzz/fuzzing.hpp"

namespace {

using td::fuzz::require;

const td::timestamp noon = *td::parse_rfc3339("2026-11-21T12:00:00Z");
const td::token_rules rules{.issuer = "urn:uuid:0b1d"};

/// The same key in each run, so that a finding can be seen again.
const td::signing_key& key() {
  static const td::signing_key k = [] {
    const auto pair = td::crypto::key_pair_of(td::crypto::sha256("a seed"));
    return td::signing_key{td::thumbprint_of(pair.public_key), pair.public_key, pair.seed, noon,
                           noon};
  }();
  return k;
}

void access_tokens(std::string_view text) {
  static const td::key_ring ring{{key()}};
  auto const strange = td::verify_access_token(text, ring, rules, noon);
  require(!strange && strange.error().code == td::errc::token_invalid,
          "nobody but us can make a token");
  td::fuzz::require_presentable(strange.error());
  // What we have signed may hold anything, too.
  auto const body = td::header_of(key()) + "." + td::crypto::base64url(text);
  auto const signature = td::crypto::sign(*key().seed, body);
  auto const own = td::verify_access_token(
      body + "." + td::crypto::base64url(td::crypto::view(signature)), ring, rules, noon);
  require(own || own.error().code == td::errc::token_invalid ||
              own.error().code == td::errc::token_expired,
          "a signed token is good, bad or over");
  if (own) require(own->expires_at + rules.leeway > noon, "a good token is not over");
}

void others(std::string_view text) {
  if (auto const k = td::parse_api_key(text)) {
    require(k->text == text && k->prefix.size() == 8, "a key is what was presented");
  }
  require(!td::refresh_hash(text) || text.size() == 47, "a token has its size");
  static const auto mac_key = td::crypto::sha256("a key");
  require(!td::csrf_token_fits(text, td::uuid{}, mac_key), "nobody but us can make a CSRF token");
  if (auto const head = td::parse_audit_head(text)) {
    require(td::parse_audit_head(to_string(*head)) == head, "a head comes back");
  }
  if (auto const name = td::user_name_from(text)) {
    require(td::user_name_from(*name) == name, "a name has one form");
  }
  require(!td::address_group(text).empty(), "every address belongs somewhere");
  if (auto const bytes = td::crypto::from_base64url(text)) {
    require(td::crypto::base64url(*bytes) == text, "one value has one text");
  }
  (void)td::accept_totp("12345678901234567890", text, 0, noon);
  (void)td::recovery_hash(text, mac_key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto const text = td::fuzz::as_text(data, size);
  access_tokens(text);
  others(text);
  return 0;
}
