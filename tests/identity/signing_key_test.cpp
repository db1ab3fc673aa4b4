#include "identity/signing_key.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "tests/identity/bytes.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

const rotation_rule rule{};

std::vector<signing_key> obey(std::vector<signing_key> keys, const rotation& plan, timestamp now) {
  for (const auto& kid : plan.retire)
    std::erase_if(keys, [&](const auto& k) { return k.kid == kid; });
  if (plan.make) keys.push_back(make_signing_key(now, *plan.make));
  return keys;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signing_keys)

BOOST_AUTO_TEST_CASE(the_thumbprint_is_that_of_rfc_8037_appendix_a3) {
  const auto public_key =
      key_of(*crypto::from_base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
  BOOST_TEST(thumbprint_of(public_key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

BOOST_AUTO_TEST_CASE(the_signature_is_that_of_rfc_8037_appendix_a4) {
  const auto seed = key_of(*crypto::from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
  const auto input =
      std::string{"eyJhbGciOiJFZERTQSJ9."} + crypto::base64url("Example of Ed25519 signing");
  BOOST_TEST(crypto::base64url(crypto::view(crypto::sign(seed, input))) ==
             "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KA"
             "g");
}

BOOST_AUTO_TEST_CASE(the_first_key_signs_at_once_and_later_ones_are_published_before) {
  const auto start = some_noon();
  const auto first = plan_rotation({}, rule, start);
  BOOST_TEST_REQUIRE(first.make.has_value());
  BOOST_TEST((*first.make == start));
  auto keys = obey({}, first, start);
  BOOST_TEST(!plan_rotation(keys, rule, start + rule.rotate_every - rule.publish_ahead - 1s).make);
  const auto due = start + rule.rotate_every - rule.publish_ahead;
  const auto second = plan_rotation(keys, rule, due);
  BOOST_TEST_REQUIRE(second.make.has_value());
  BOOST_TEST((*second.make == due + rule.publish_ahead));
  keys = obey(keys, second, due);
  const key_ring ring{keys};
  BOOST_TEST(ring.signer(due)->kid == keys.front().kid);
  BOOST_TEST(ring.signer(*second.make)->kid == keys.back().kid);
  BOOST_TEST(ring.jwks().find(keys.back().kid) != std::string::npos);  // already
  const auto over = *second.make + rule.verify_after;
  BOOST_TEST(plan_rotation(keys, rule, over - 1us).retire.empty());
  BOOST_TEST(plan_rotation(keys, rule, over).retire.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_rotation_is_planned_once) {
  const auto due = some_noon() + rule.rotate_every;
  auto keys = obey({}, plan_rotation({}, rule, some_noon()), some_noon());
  keys = obey(keys, plan_rotation(keys, rule, due), due);
  BOOST_TEST(!plan_rotation(keys, rule, due).make);
}

BOOST_AUTO_TEST_CASE(whenever_somebody_looks_there_is_a_key_and_every_live_token_can_be_verified) {
  BOOST_TEST(rc::check([] {
    auto now = some_noon();
    std::vector<signing_key> keys;
    struct token {
      std::string kid;
      timestamp ends;
    };
    std::vector<token> tokens;
    std::vector<std::pair<std::string, timestamp>> signed_first;
    for (int i = 0; i < 60; ++i) {
      keys = obey(keys, plan_rotation(keys, rule, now), now);
      const key_ring ring{keys};
      const auto* signer = ring.signer(now);
      RC_ASSERT(signer != nullptr);
      // But for the first, whoever keeps a JWKS for its life knows the key when it signs.
      const bool ahead = signer->published_at + rule.publish_ahead <= now;
      RC_ASSERT(ahead || signer->published_at == some_noon());
      tokens.push_back({signer->kid, now + rule.verify_after});
      for (const auto& t : tokens) {
        if (t.ends <= now) continue;
        RC_ASSERT(
            std::any_of(keys.begin(), keys.end(), [&](const auto& k) { return k.kid == t.kid; }));
      }
      RC_ASSERT(keys.size() <= 3u);
      now += std::chrono::seconds{*rc::gen::inRange(1, 10 * 86400)};
    }
  }));
}

BOOST_AUTO_TEST_CASE(the_jwks_shows_no_private_half) {
  const auto k = make_signing_key(some_noon(), some_noon());
  const auto jwks = key_ring{{k}}.jwks();
  BOOST_TEST(jwks.find(crypto::base64url(crypto::view(k.public_key))) != std::string::npos);
  BOOST_TEST(jwks.find(crypto::base64url(crypto::view(*k.seed))) == std::string::npos);
  BOOST_TEST(jwks.find("\"d\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_key_without_its_private_half_verifies_and_does_not_sign) {
  auto k = make_signing_key(some_noon(), some_noon());
  k.seed.reset();
  const key_ring ring{{k}};
  BOOST_TEST(ring.signer(some_noon()) == nullptr);
  BOOST_TEST(ring.with_header(header_of(k)) != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
