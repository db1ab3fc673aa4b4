#include "identity/access_token.hpp"

#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace td {

namespace {

using std::chrono::floor;
using std::chrono::seconds;

std::int64_t unix_seconds(timestamp t) {
  return floor<seconds>(t).time_since_epoch().count();
}

failure invalid(const char* why) {
  return {errc::token_invalid, why};
}

/// The three parts; absent when there are not exactly three.
struct parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_part;
};
std::optional<parts> split(std::string_view token) {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == token.npos || first == last) return std::nullopt;
  const auto payload = token.substr(first + 1, last - first - 1);
  if (payload.find('.') != payload.npos) return std::nullopt;
  return parts{token.substr(0, first), payload, token.substr(last + 1), token.substr(0, last)};
}

/// Reads members of a payload that we have signed ourselves; anything unexpected is remembered.
class reader {
 public:
  explicit reader(std::string_view json) {
    boost::system::error_code bad;
    auto value = boost::json::parse({json.data(), json.size()}, bad);
    if (!bad && value.is_object()) members_ = std::move(value.as_object());
  }

  std::string text(const char* name) {
    const auto* v = members_.if_contains(name);
    if (v == nullptr || !v->is_string()) return miss();
    return std::string{v->as_string()};
  }
  uuid id(const char* name) {
    const auto id = parse_uuid(text(name));
    if (!id) miss();
    return id.value_or(uuid{});
  }
  timestamp time(const char* name) {
    const auto* v = members_.if_contains(name);
    constexpr std::int64_t most = 253'402'300'799;  // the year 9999
    if (v == nullptr || !v->is_int64() || v->as_int64() < 0 || v->as_int64() > most) {
      miss();
      return {};
    }
    return timestamp{seconds{v->as_int64()}};
  }
  bool complete() const { return complete_; }

 private:
  std::string miss() {
    complete_ = false;
    return {};
  }
  boost::json::object members_;
  bool complete_{true};
};

}  // namespace

std::string issue_access_token(access_claims claims, const signing_key& key,
                               const token_rules& rules, timestamp at) {
  claims.issued_at = floor<seconds>(at);
  claims.expires_at = claims.issued_at + rules.lifetime;
  const boost::json::object payload{{"iss", rules.issuer},
                                    {"aud", rules.audience},
                                    {"sub", to_string(claims.user)},
                                    {"sid", to_string(claims.session)},
                                    {"name", claims.name},
                                    {"role", name_of(claims.role)},
                                    {"iat", unix_seconds(claims.issued_at)},
                                    {"nbf", unix_seconds(claims.issued_at)},
                                    {"exp", unix_seconds(claims.expires_at)}};
  auto token = header_of(key) + "." + crypto::base64url(boost::json::serialize(payload));
  const auto signature = crypto::sign(key.seed.value(), token);
  return token + "." + crypto::base64url(crypto::view(signature));
}

result<access_claims> verify_access_token(std::string_view token, const key_ring& keys,
                                          const token_rules& rules, timestamp now) {
  if (token.size() > max_access_token_bytes) return invalid("the token is longer than any of ours");
  const auto p = split(token);
  if (!p) return invalid("the token is no JWT: it has no three parts");
  const auto* key = keys.with_header(p->header);
  if (key == nullptr) return invalid("the token's header names no key or algorithm of ours");
  const auto signature = crypto::from_base64url(p->signature);
  if (!signature || !crypto::verify(key->public_key, p->signed_part, *signature))
    return invalid("the token's signature is wrong");
  const auto payload = crypto::from_base64url(p->payload);
  if (!payload) return invalid("the token's payload can't be read");

  reader r{*payload};
  const access_claims claims{r.id("sub"),    r.id("sid"),
                             r.text("name"), role_named(r.text("role")).value_or(role::viewer),
                             r.time("iat"),  r.time("exp")};
  const auto not_before = r.time("nbf");
  const bool ours = r.text("iss") == rules.issuer && r.text("aud") == rules.audience;
  if (!r.complete() || !ours) return invalid("the token was made for somebody else");
  if (now + rules.leeway < not_before) return invalid("the token is not valid yet");
  if (claims.expires_at + rules.leeway <= now)
    return failure{errc::token_expired, "the token's time is over: refresh it"};
  return claims;
}

}  // namespace td
