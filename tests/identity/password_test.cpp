#include "identity/password.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

constexpr password_cost cheap{.passes = 1, .memory_bytes = 8u << 10};

std::string refusal(std::string_view password, std::string_view name = "anna") {
  const auto r = check_password(password, name);
  if (r) return "";
  BOOST_TEST((r.error().code == errc::password_unfit));
  return r.error().detail;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(passwords)

BOOST_AUTO_TEST_CASE(cost_what_owasp_asks_for) {
  const auto hash = *hash_password("correct horse battery", {});
  BOOST_TEST(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), hash);
  BOOST_TEST(verify_password(hash, "correct horse battery"));
  BOOST_TEST(!verify_password(hash, "correct horse batterz"));
}

BOOST_AUTO_TEST_CASE(two_hashes_of_one_password_differ) {
  BOOST_TEST(*hash_password("correct horse battery", cheap) !=
             *hash_password("correct horse battery", cheap));
}

BOOST_AUTO_TEST_CASE(a_hash_of_another_cost_is_to_be_made_anew) {
  const auto hash = *hash_password("correct horse battery", cheap);
  BOOST_TEST(!needs_rehash(hash, cheap));
  BOOST_TEST(needs_rehash(hash, {.passes = 2, .memory_bytes = 8u << 10}));
  BOOST_TEST(needs_rehash(hash, {}));
  BOOST_TEST(needs_rehash("no hash", {}));
}

BOOST_AUTO_TEST_CASE(what_is_no_hash_fits_no_password) {
  for (const auto* text : {"", "x", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AA$AA",
                           "$argon2i$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$aaaa"})
    BOOST_TEST(!verify_password(text, ""), text);
  BOOST_TEST(!verify_password(std::string(1000, 'x'), "x"));
}

BOOST_AUTO_TEST_CASE(a_hash_may_hold_zeros_and_a_thousand_bytes) {
  const std::string with_zero{"correct\0horse", 13};
  const auto hash = *hash_password(with_zero, cheap);
  BOOST_TEST(verify_password(hash, with_zero));
  BOOST_TEST(!verify_password(hash, "correct"));
  const std::string longest(max_password_bytes, 'x');
  BOOST_TEST(verify_password(*hash_password(longest, cheap), longest));
}

BOOST_AUTO_TEST_CASE(are_long_enough_in_characters_and_not_too_long_in_bytes) {
  BOOST_TEST(refusal("elevenchars") == "a password has at least 12 characters, this one has 11");
  BOOST_TEST(refusal("twelve chars") == "");
  BOOST_TEST(refusal("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc") != "");  // 6, in 12 bytes
  std::string umlauts;
  for (int i = 0; i < 512; ++i)
    umlauts += i % 2 == 0 ? "\xc3\xa4" : "\xc3\xb6";
  BOOST_TEST(refusal(umlauts) == "");
  BOOST_TEST(refusal(umlauts + "x") == "a password has at most 1024 bytes");
  BOOST_TEST(refusal("twelve chars\xff") == "a password is UTF-8 text");
}

BOOST_AUTO_TEST_CASE(are_neither_the_name_nor_one_character) {
  BOOST_TEST(refusal("Anna.Example", "anna.example") == "the password is the user's name");
  BOOST_TEST(refusal("annaANNAanna", "anna") == "the password is the user's name");
  BOOST_TEST(refusal("annaANNAann", "anna") != "");
  BOOST_TEST(refusal("annaANNAannab", "anna") == "");
  BOOST_TEST(refusal("xxxxxxxxxxxxx") == "the password is one character over and over");
}

BOOST_AUTO_TEST_CASE(the_dummy_costs_as_much_as_a_real_one_and_fits_nothing) {
  const auto& dummy = dummy_hash({});
  BOOST_TEST(dummy.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  BOOST_TEST(&dummy == &dummy_hash({}));
  BOOST_TEST(!verify_password(dummy, ""));
  BOOST_TEST(!needs_rehash(dummy, {}));
}

BOOST_AUTO_TEST_CASE(generated_ones_are_fit_readable_and_different) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto p = generate_password();
    BOOST_TEST(refusal(p) == "");
    BOOST_TEST(p.size() == 27u);
    BOOST_TEST(p.find_first_not_of("abcdefghijkmnpqrstuvwxyz2345678-") == std::string::npos);
    BOOST_TEST(seen.insert(p).second);
  }
}

BOOST_AUTO_TEST_SUITE_END()
