#include "identity/access_token.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <rapidcheck.h>

#include "tests/identity/bytes.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

/// OpenSSL's opinion of a signature: an implementation that ours shares nothing with.
bool openssl_verifies(const crypto::key& public_key, std::string_view message,
                      std::string_view signature) {
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), 32);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool right =
      EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key) == 1 &&
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(message.data()),
                       message.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return right;
}

struct fixture {
  timestamp now = some_noon() + 123456us;
  signing_key key = make_signing_key(some_noon(), some_noon());
  key_ring ring{{key}};
  token_rules rules{.issuer = "urn:uuid:0b1d"};
  access_claims anna{
      .user = random_uuid(), .session = random_uuid(), .name = "anna", .role = role::manager};

  std::string issued() const { return issue_access_token(anna, key, rules, now); }

  /// A token with this header and payload, signed with this key.
  static std::string made(const std::string& header, const std::string& payload,
                          const signing_key& by) {
    const auto text = crypto::base64url(header) + "." + crypto::base64url(payload);
    return text + "." + crypto::base64url(crypto::view(crypto::sign(*by.seed, text)));
  }
  std::string own_header() const { return *crypto::from_base64url(header_of(key)); }
  std::string payload_with(const std::string& from, const std::string& to) const {
    const auto token = issued();
    const auto first = token.find('.') + 1;
    auto payload = *crypto::from_base64url(token.substr(first, token.rfind('.') - first));
    const auto at = payload.find(from);
    BOOST_TEST_REQUIRE(at != payload.npos, payload);
    return payload.replace(at, from.size(), to);
  }

  errc refused(const std::string& token, std::chrono::seconds later = 0s) const {
    const auto r = verify_access_token(token, ring, rules, now + later);
    return r ? errc::internal : r.error().code;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(access_tokens, fixture)

BOOST_AUTO_TEST_CASE(say_what_they_were_given_and_when_they_end) {
  const auto claims = verify_access_token(issued(), ring, rules, now);
  BOOST_TEST_REQUIRE(!!claims);
  BOOST_TEST((claims->user == anna.user));
  BOOST_TEST((claims->session == anna.session));
  BOOST_TEST(claims->name == "anna");
  BOOST_TEST((claims->role == role::manager));
  BOOST_TEST((claims->issued_at == some_noon()));
  BOOST_TEST((claims->expires_at == some_noon() + 5min));
}

BOOST_AUTO_TEST_CASE(are_jwts_that_others_can_verify) {
  const auto token = issued();
  const auto dot = token.rfind('.');
  const auto signature = *crypto::from_base64url(token.substr(dot + 1));
  BOOST_TEST(openssl_verifies(key.public_key, token.substr(0, dot), signature));
  BOOST_TEST(own_header() ==
             fmt::format(R"({{"alg":"EdDSA","kid":"{}","typ":"at+jwt"}})", key.kid));
  BOOST_TEST(token.size() < max_access_token_bytes);
}

BOOST_AUTO_TEST_CASE(end_after_their_time_and_the_leeway) {
  const auto token = issued();
  BOOST_TEST((refused(token, 5min + 29s) == errc::internal));  // accepted
  BOOST_TEST((refused(token, 5min + 30s) == errc::token_expired));
  BOOST_TEST((refused(token, -29s) == errc::internal));
  BOOST_TEST((refused(token, -40s) == errc::token_invalid));  // from the future
}

BOOST_AUTO_TEST_CASE(no_other_algorithm_is_obeyed) {
  const auto payload = payload_with("anna", "anna");
  const auto kid = key.kid;
  const std::string headers[] = {
      R"({"alg":"none"})",
      R"({"alg":"none","kid":")" + kid + R"(","typ":"at+jwt"})",
      R"({"alg":"HS256","kid":")" + kid + R"(","typ":"at+jwt"})",
      R"({"alg":"ES256","kid":")" + kid + R"(","typ":"at+jwt"})",
      R"({"alg":"EdDSA","typ":"at+jwt"})",
      R"({"alg":"EdDSA","kid":"another","typ":"at+jwt"})",
      R"({"alg":"EdDSA","kid":")" + kid + R"(","typ":"JWT"})",
      R"({ "alg":"EdDSA","kid":")" + kid + R"(","typ":"at+jwt"})",
      R"({"alg":"EdDSA","kid":")" + kid + R"(","typ":"at+jwt","crit":["x"]})",
      R"({"alg":"EdDSA","kid":")" + kid + R"(","typ":"at+jwt","jku":"https://evil.example"})",
      "",
      "{}",
      "null"};
  for (const auto& h : headers)
    BOOST_TEST((refused(made(h, payload, key)) == errc::token_invalid), h);
  BOOST_TEST((refused(made(own_header(), payload, key)) == errc::internal));  // but for ours
}

BOOST_AUTO_TEST_CASE(an_unsigned_one_and_one_signed_with_the_public_half_are_none) {
  const auto payload = payload_with("operator", "admin");
  const auto text = crypto::base64url(own_header()) + "." + crypto::base64url(payload);
  BOOST_TEST((refused(text + ".") == errc::token_invalid));
  BOOST_TEST((refused(text) == errc::token_invalid));
  const auto mac = crypto::hmac_sha256(key.public_key, text);
  BOOST_TEST((refused(text + "." + crypto::base64url(crypto::view(mac))) == errc::token_invalid));
}

BOOST_AUTO_TEST_CASE(another_key_s_signature_is_none_even_under_our_kid) {
  const auto other = make_signing_key(some_noon(), some_noon());
  BOOST_TEST(
      (refused(made(own_header(), payload_with("anna", "anna"), other)) == errc::token_invalid));
  BOOST_TEST((refused(issue_access_token(anna, other, rules, now)) == errc::token_invalid));
}

BOOST_AUTO_TEST_CASE(what_was_made_for_others_is_refused) {
  const auto header = own_header();
  BOOST_TEST((refused(made(header, payload_with("urn:uuid:0b1d", "urn:uuid:ffff"), key)) ==
              errc::token_invalid));
  BOOST_TEST((refused(made(header, payload_with("\"taylordash\"", "\"else\""), key)) ==
              errc::token_invalid));
  BOOST_TEST(
      (refused(made(header, payload_with("\"sid\":", "\"xid\":"), key)) == errc::token_invalid));
  BOOST_TEST(
      (refused(made(header, payload_with("\"exp\":1", "\"exp\":1e"), key)) == errc::token_invalid));
  BOOST_TEST((refused(made(header, payload_with("\"exp\":1", "\"exp\":99999999999991"), key)) ==
              errc::token_invalid));
  BOOST_TEST((refused(made(header, "[]", key)) == errc::token_invalid));
  BOOST_TEST((refused(made(header, "", key)) == errc::token_invalid));
}

BOOST_AUTO_TEST_CASE(oversize_ones_are_not_looked_at) {
  auto claims = anna;
  claims.name = std::string(max_access_token_bytes, 'a');
  BOOST_TEST((refused(issue_access_token(claims, key, rules, now)) == errc::token_invalid));
  BOOST_TEST((refused(std::string(10'000'000, '.')) == errc::token_invalid));
}

BOOST_AUTO_TEST_CASE(each_character_counts) {
  const auto token = issued();
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    BOOST_TEST((refused(changed) == errc::token_invalid), i);
  }
  for (const auto& other : {token + "=", token + ".", " " + token, token + "\n", "Bearer " + token})
    BOOST_TEST((refused(other) == errc::token_invalid), other);
}

BOOST_AUTO_TEST_CASE(whatever_comes_is_judged_without_harm) {
  BOOST_TEST(rc::check([this](const std::string& text) {
    RC_ASSERT(refused(text) == errc::token_invalid);
    RC_ASSERT(refused(header_of(key) + "." + text) == errc::token_invalid);
    // Even what we have signed ourselves may be anything.
    const auto code = refused(made(own_header(), text, key));
    RC_ASSERT(code == errc::token_invalid || code == errc::token_expired);
  }));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_retired_vouches_for_nothing) {
  const key_ring later{{make_signing_key(some_noon(), some_noon())}};
  const auto r = verify_access_token(issued(), later, rules, now);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::token_invalid));
}

BOOST_AUTO_TEST_SUITE_END()
