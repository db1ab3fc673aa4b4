#include "identity/crypto.hpp"

#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "tests/identity/bytes.hpp"

using namespace td;
using namespace td::test;

BOOST_AUTO_TEST_SUITE(crypto_)

BOOST_AUTO_TEST_CASE(sha256_is_that_of_fips_180_4) {
  BOOST_TEST(to_hex(crypto::view(crypto::sha256("abc"))) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(hmac_sha256_is_that_of_rfc_4231) {
  const auto k = key_of(std::string(20, '\x0b'));  // padded with zeros, as HMAC does itself
  BOOST_TEST(to_hex(crypto::view(crypto::hmac_sha256(k, "Hi There"))) ==
             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

BOOST_AUTO_TEST_CASE(hmac_sha1_is_that_of_rfc_2202) {
  const auto mac = crypto::hmac_sha1("Jefe", "what do ya want for nothing?");
  BOOST_TEST(to_hex(crypto::view(mac)) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

BOOST_AUTO_TEST_CASE(ed25519_is_that_of_rfc_8032) {
  const auto seed =
      key_of(from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  const auto pair = crypto::key_pair_of(seed);
  BOOST_TEST(to_hex(crypto::view(pair.public_key)) ==
             "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const auto signature = crypto::sign(seed, "\x72");
  BOOST_TEST(to_hex(crypto::view(signature)) ==
             "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  BOOST_TEST(crypto::verify(pair.public_key, "\x72", crypto::view(signature)));
  BOOST_TEST(!crypto::verify(pair.public_key, "\x73", crypto::view(signature)));
  BOOST_TEST(!crypto::verify(seed, "\x72", crypto::view(signature)));
  BOOST_TEST(!crypto::verify(pair.public_key, "\x72", "short"));
}

BOOST_AUTO_TEST_CASE(base32_is_that_of_rfc_4648) {
  BOOST_TEST(crypto::base32("") == "");
  BOOST_TEST(crypto::base32("f") == "MY");
  BOOST_TEST(crypto::base32("fo") == "MZXQ");
  BOOST_TEST(crypto::base32("foo") == "MZXW6");
  BOOST_TEST(crypto::base32("foob") == "MZXW6YQ");
  BOOST_TEST(crypto::base32("fooba") == "MZXW6YTB");
  BOOST_TEST(crypto::base32("foobar") == "MZXW6YTBOI");
}

BOOST_AUTO_TEST_CASE(one_value_has_one_text) {
  BOOST_TEST(crypto::base64url("\xfb\xff") == "-_8");
  BOOST_TEST(crypto::from_base64url("-_8").value() == "\xfb\xff");
  for (const auto* other : {"-_9", "-_8=", "+/8", "-_8 ", " -_8", "-_8\n", "-", "a.b"})
    BOOST_TEST(!crypto::from_base64url(other), other);
  BOOST_TEST(crypto::from_base64url("").value() == "");
}

BOOST_AUTO_TEST_CASE(whatever_is_written_is_read_back) {
  BOOST_TEST(rc::check([](const std::string& bytes) {
    RC_ASSERT(crypto::from_base64url(crypto::base64url(bytes)) == bytes);
  }));
}

BOOST_AUTO_TEST_CASE(what_is_sealed_opens_with_its_key_and_context_only) {
  const auto k = key_of(crypto::random_bytes(32));
  const auto other = key_of(crypto::random_bytes(32));
  const auto sealed = crypto::seal(k, "a secret", "row 1");
  BOOST_TEST(crypto::open(k, sealed, "row 1").value() == "a secret");
  BOOST_TEST(!crypto::open(other, sealed, "row 1"));
  BOOST_TEST(!crypto::open(k, sealed, "row 2"));
  BOOST_TEST(!crypto::open(k, sealed.substr(0, 30), "row 1"));
  BOOST_TEST(!crypto::open(k, "", "row 1"));
  BOOST_TEST(sealed != crypto::seal(k, "a secret", "row 1"));
  BOOST_TEST(sealed.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(any_flipped_bit_of_what_is_sealed_is_noticed) {
  const auto k = key_of(crypto::random_bytes(32));
  BOOST_TEST(rc::check([&k](const std::string& plain) {
    auto sealed = crypto::seal(k, plain, "");
    RC_ASSERT(crypto::open(k, sealed, "") == plain);
    const auto at = *rc::gen::inRange<std::size_t>(0, sealed.size());
    sealed[at] = static_cast<char>(sealed[at] ^ (1 << *rc::gen::inRange(0, 8)));
    RC_ASSERT(!crypto::open(k, sealed, ""));
  }));
}

BOOST_AUTO_TEST_CASE(keys_of_different_purposes_differ) {
  const auto secret = key_of("one secret");
  BOOST_TEST((crypto::derive(secret, "a") != crypto::derive(secret, "b")));
  BOOST_TEST((crypto::derive(secret, "a") == crypto::derive(secret, "a")));
  BOOST_TEST((crypto::derive(key_of("two"), "a") != crypto::derive(secret, "a")));
}

BOOST_AUTO_TEST_CASE(random_texts_use_all_letters_and_do_not_repeat) {
  std::set<char> seen;
  std::set<std::string> texts;
  for (int i = 0; i < 200; ++i) {
    const auto text = crypto::random_text(20);
    seen.insert(text.begin(), text.end());
    BOOST_TEST(texts.insert(text).second);
  }
  BOOST_TEST(seen.size() == crypto::alphanumeric.size());
}

BOOST_AUTO_TEST_CASE(texts_are_equal_or_not) {
  BOOST_TEST(crypto::equal("", ""));
  BOOST_TEST(crypto::equal("abc", "abc"));
  BOOST_TEST(!crypto::equal("abc", "abd"));
  BOOST_TEST(!crypto::equal("abc", "abcd"));
}

BOOST_AUTO_TEST_SUITE_END()
