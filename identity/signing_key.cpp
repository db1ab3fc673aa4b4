#include "identity/signing_key.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace td {

signing_key make_signing_key(timestamp published_at, timestamp signs_from) {
  const auto pair = crypto::make_key_pair();
  return {thumbprint_of(pair.public_key), pair.public_key, pair.seed, published_at, signs_from};
}

std::string thumbprint_of(const crypto::key& public_key) {
  // The required members in lexical order, without spaces.
  const auto jwk = fmt::format(R"({{"crv":"Ed25519","kty":"OKP","x":"{}"}})",
                               crypto::base64url(crypto::view(public_key)));
  return crypto::base64url(crypto::view(crypto::sha256(jwk)));
}

rotation plan_rotation(const std::vector<signing_key>& keys, const rotation_rule& rule,
                       timestamp now) {
  rotation plan;
  auto sorted = keys;
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.signs_from < b.signs_from; });
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    if (sorted[i + 1].signs_from + rule.verify_after <= now) plan.retire.push_back(sorted[i].kid);
  }
  if (sorted.empty()) {
    plan.make = now;
  } else if (now + rule.publish_ahead >= sorted.back().signs_from + rule.rotate_every) {
    plan.make = now + rule.publish_ahead;
  }
  return plan;
}

key_ring::key_ring(std::vector<signing_key> keys) : keys_{std::move(keys)} {
  std::sort(keys_.begin(), keys_.end(),
            [](const auto& a, const auto& b) { return a.signs_from < b.signs_from; });
  std::string list;
  for (const auto& k : keys_) {
    headers_.push_back(header_of(k));
    list += fmt::format(
        R"({}{{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"{}","x":"{}"}})",
        list.empty() ? "" : ",", k.kid, crypto::base64url(crypto::view(k.public_key)));
  }
  jwks_ = fmt::format(R"({{"keys":[{}]}})", list);
}

const signing_key* key_ring::signer(timestamp now) const noexcept {
  for (auto k = keys_.rbegin(); k != keys_.rend(); ++k) {
    if (k->signs_from <= now && k->seed) return &*k;
  }
  return nullptr;
}

const signing_key* key_ring::with_header(std::string_view encoded) const noexcept {
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    if (headers_[i] == encoded) return &keys_[i];
  }
  return nullptr;
}

std::string header_of(const signing_key& key) {
  return crypto::base64url(fmt::format(R"({{"alg":"EdDSA","kid":"{}","typ":"at+jwt"}})", key.kid));
}

}  // namespace td
