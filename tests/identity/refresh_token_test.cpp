#include "identity/refresh_token.hpp"

#include "identity/csrf.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "tests/identity/bytes.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

const auto k = key_of("a key of the service");

}  // namespace

BOOST_AUTO_TEST_SUITE(refresh_tokens)

BOOST_AUTO_TEST_CASE(are_random_and_found_by_their_hash) {
  const auto a = first_refresh_token();
  const auto b = first_refresh_token();
  BOOST_TEST(a.text != b.text);
  BOOST_TEST((refresh_hash(a.text) == a.hash));
  BOOST_TEST(a.text.size() == 47u);
  BOOST_TEST(a.text.find(to_hex(crypto::view(a.hash))) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_does_not_look_like_one_is_none) {
  const auto text = first_refresh_token().text;
  for (const auto& bad :
       {std::string{}, text + "A", text.substr(1), text.substr(0, 46), "tdx_" + text.substr(4),
        text.substr(0, 46) + "=", text.substr(0, 46) + "\n"})
    BOOST_TEST(!refresh_hash(bad), bad);
}

BOOST_AUTO_TEST_CASE(two_who_present_one_get_the_same_successor) {
  const auto first = first_refresh_token();
  const auto next = successor_of(first.text, k);
  BOOST_TEST(next.text == successor_of(first.text, k).text);
  BOOST_TEST(next.text != first.text);
  BOOST_TEST((refresh_hash(next.text) == next.hash));
  BOOST_TEST(next.text != successor_of(first.text, key_of("another key")).text);
  BOOST_TEST(next.text != successor_of(next.text, k).text);
}

BOOST_AUTO_TEST_CASE(the_newest_is_rotated_until_it_expires) {
  const auto t = some_noon();
  BOOST_TEST((judge_refresh(std::nullopt, t, t - 1us) == refresh_verdict::rotate));
  BOOST_TEST((judge_refresh(std::nullopt, t, t) == refresh_verdict::expired));
}

BOOST_AUTO_TEST_CASE(a_replaced_one_is_repeated_within_the_grace_and_reused_after_it) {
  const auto t = some_noon();
  const auto expires = t + 1h;
  BOOST_TEST((judge_refresh(t, expires, t) == refresh_verdict::repeat));
  BOOST_TEST((judge_refresh(t, expires, t + refresh_grace - 1us) == refresh_verdict::repeat));
  BOOST_TEST((judge_refresh(t, expires, t + refresh_grace) == refresh_verdict::reused));
  BOOST_TEST((judge_refresh(t, expires, t + 2h) == refresh_verdict::reused));
  BOOST_TEST(
      (judge_refresh(t, expires, t - 1s) == refresh_verdict::repeat));  // another node's clock
}

BOOST_AUTO_TEST_CASE(a_csrf_token_fits_its_session_alone) {
  const auto mine = random_uuid();
  const auto token = make_csrf_token(mine, k);
  BOOST_TEST(csrf_token_fits(token, mine, k));
  BOOST_TEST(!csrf_token_fits(token, random_uuid(), k));
  BOOST_TEST(!csrf_token_fits(token, mine, key_of("another key")));
  BOOST_TEST(!csrf_token_fits("", mine, k));
  BOOST_TEST(!csrf_token_fits(token + "A", mine, k));
  BOOST_TEST(token != make_csrf_token(mine, k));
}

BOOST_AUTO_TEST_CASE(a_csrf_token_with_any_character_changed_fits_nothing) {
  const auto mine = random_uuid();
  const auto token = make_csrf_token(mine, k);
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    BOOST_TEST(!csrf_token_fits(changed, mine, k), i);
  }
}

BOOST_AUTO_TEST_SUITE_END()
