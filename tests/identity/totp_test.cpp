#include "identity/totp.hpp"

#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "tests/identity/bytes.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

const std::string rfc_secret{"12345678901234567890"};

timestamp at_second(std::int64_t s) {
  return timestamp{std::chrono::seconds{s}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(totp)

BOOST_AUTO_TEST_CASE(codes_are_those_of_rfc_6238_appendix_b) {
  const std::pair<std::int64_t, const char*> vectors[] = {
      {59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
      {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (const auto& [second, code] : vectors)
    BOOST_TEST(totp_code(rfc_secret, totp_step_at(at_second(second)), 8) == code);
}

BOOST_AUTO_TEST_CASE(codes_are_those_of_rfc_4226_appendix_d) {
  const char* vectors[] = {"755224", "287082", "359152", "969429", "338314",
                           "254676", "287922", "162583", "399871", "520489"};
  for (std::int64_t count = 0; count < 10; ++count)
    BOOST_TEST(totp_code(rfc_secret, count) == vectors[count]);
}

BOOST_AUTO_TEST_CASE(a_clock_may_be_a_step_off_and_no_more) {
  const auto now = some_noon();
  const auto step = totp_step_at(now);
  for (const std::int64_t off : {-1, 0, 1})
    BOOST_TEST((accept_totp(rfc_secret, totp_code(rfc_secret, step + off), 0, now) == step + off));
  for (const std::int64_t off : {-3, -2, 2, 3})
    BOOST_TEST(!accept_totp(rfc_secret, totp_code(rfc_secret, step + off), 0, now));
}

BOOST_AUTO_TEST_CASE(a_code_is_accepted_once) {
  const auto now = some_noon();
  const auto step = totp_step_at(now);
  const auto code = totp_code(rfc_secret, step);
  const auto accepted = accept_totp(rfc_secret, code, 0, now);
  BOOST_TEST_REQUIRE(accepted.has_value());
  BOOST_TEST(!accept_totp(rfc_secret, code, *accepted, now));
  // Nor is the one before it any more.
  BOOST_TEST(!accept_totp(rfc_secret, totp_code(rfc_secret, step - 1), *accepted, now));
  BOOST_TEST(
      (accept_totp(rfc_secret, totp_code(rfc_secret, step + 1), *accepted, now) == step + 1));
}

BOOST_AUTO_TEST_CASE(spaces_do_not_count_and_everything_else_does) {
  const auto now = some_noon();
  const auto code = totp_code(rfc_secret, totp_step_at(now));
  BOOST_TEST(!!accept_totp(rfc_secret, code.substr(0, 3) + " " + code.substr(3), 0, now));
  for (const auto& bad : {std::string{}, code + "0", code.substr(1), "x" + code.substr(1)})
    BOOST_TEST(!accept_totp(rfc_secret, bad, 0, now), bad);
}

BOOST_AUTO_TEST_CASE(no_code_passes_twice_whatever_the_order) {
  BOOST_TEST(rc::check([] {
    const auto secret = make_totp_secret();
    std::int64_t last = 0;
    std::set<std::int64_t> used;
    auto now = some_noon();
    for (int i = 0; i < 40; ++i) {
      now += std::chrono::seconds{*rc::gen::inRange(0, 40)};
      const auto step = totp_step_at(now) + *rc::gen::inRange(-2, 3);
      const auto accepted = accept_totp(secret, totp_code(secret, step), last, now);
      if (!accepted) continue;
      RC_ASSERT(used.insert(*accepted).second);
      last = *accepted;
    }
  }));
}

BOOST_AUTO_TEST_CASE(an_app_is_told_everything_by_the_uri) {
  BOOST_TEST(totp_uri("TaylorDash", "anna@x y", rfc_secret) ==
             "otpauth://totp/TaylorDash:anna%40x%20y?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
             "&issuer=TaylorDash&algorithm=SHA1&digits=6&period=30");
}

BOOST_AUTO_TEST_CASE(secrets_have_160_random_bits) {
  BOOST_TEST(make_totp_secret().size() == 20u);
  BOOST_TEST(make_totp_secret() != make_totp_secret());
}

BOOST_AUTO_TEST_CASE(recovery_codes_are_ten_and_read_however_they_are_typed) {
  const auto k = key_of("a key of the service");
  const auto codes = make_recovery_codes();
  BOOST_TEST(std::set<std::string>(codes.begin(), codes.end()).size() == recovery_codes);
  const auto& code = codes.front();
  BOOST_TEST(code.size() == 11u);
  auto typed = " " + code;
  typed.erase(typed.find('-'), 1);
  for (char& c : typed)
    c = static_cast<char>(std::toupper(c));
  BOOST_TEST((recovery_hash(typed, k) == recovery_hash(code, k)));
  BOOST_TEST((recovery_hash(codes[1], k) != recovery_hash(code, k)));
  BOOST_TEST((recovery_hash(code, key_of("another")) != recovery_hash(code, k)));
}

BOOST_AUTO_TEST_SUITE_END()
