#include "actors/session_cache.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;
using kind = identity_change::kind;

namespace {

struct fixture {
  session_cache cache;
  timestamp start = now();
  principal anna{.what = principal::kind::user,
                 .user = random_uuid(),
                 .id = random_uuid(),
                 .name = "anna",
                 .expires_at = start + 1h};

  fixture() { cache.open(); }
  void put(std::string_view credential, const principal& who) {
    cache.put(credential, who, start, cache.epoch());
  }
  bool knows(std::string_view credential, std::chrono::seconds later = 0s) {
    return cache.find(credential, start + later).has_value();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(session_cache_, fixture)

BOOST_AUTO_TEST_CASE(knows_for_half_a_minute_who_it_was) {
  put("token", anna);
  BOOST_TEST((cache.find("token", start) == anna));
  BOOST_TEST(knows("token", 29s));
  BOOST_TEST(!knows("token", 30s));
  BOOST_TEST(!knows("token2"));
}

BOOST_AUTO_TEST_CASE(knows_nobody_for_longer_than_their_token) {
  anna.expires_at = start + 10s;
  put("token", anna);
  BOOST_TEST(knows("token", 9s));
  BOOST_TEST(!knows("token", 10s));
}

BOOST_AUTO_TEST_CASE(forgets_a_session_a_key_or_all_of_a_user) {
  auto elsewhere = anna;
  elsewhere.id = random_uuid();
  auto bo = anna;
  bo.user = bo.id = random_uuid();
  const auto refill = [&] {
    put("anna here", anna);
    put("anna there", elsewhere);
    put("bo", bo);
  };
  refill();
  cache.forget({kind::session, anna.id});
  BOOST_TEST((!knows("anna here") && knows("anna there") && knows("bo")));
  refill();
  cache.forget({kind::user, anna.user});
  BOOST_TEST((!knows("anna here") && !knows("anna there") && knows("bo")));
  refill();
  cache.forget({kind::key, bo.id});
  BOOST_TEST((knows("anna here") && knows("anna there") && !knows("bo")));
  refill();
  cache.forget({kind::unknown, {}});
  BOOST_TEST((!knows("anna here") && !knows("anna there") && !knows("bo")));
}

BOOST_AUTO_TEST_CASE(an_answer_that_a_revocation_has_overtaken_is_not_kept) {
  const auto before = cache.epoch();  // the database is asked, and says yes
  cache.forget({kind::session, anna.id});
  cache.put("token", anna, start, before);
  BOOST_TEST(!knows("token"));
  put("token", anna);
  BOOST_TEST(knows("token"));
}

BOOST_AUTO_TEST_CASE(keeps_nothing_while_it_is_closed) {
  put("token", anna);
  cache.close();
  BOOST_TEST(!knows("token"));
  put("token", anna);
  BOOST_TEST(!knows("token"));
  const auto asked_while_closed = cache.epoch();
  cache.open();
  BOOST_TEST(!knows("token"));
  cache.close();
  cache.open();
  cache.put("token", anna, start, asked_while_closed);
  BOOST_TEST(!knows("token"));
}

BOOST_AUTO_TEST_CASE(has_a_bound_and_the_oldest_go_first) {
  for (std::size_t i = 0; i < session_cache::most + 10; ++i)
    put("token " + std::to_string(i), anna);
  BOOST_TEST(!knows("token 0"));
  BOOST_TEST(!knows("token 9"));
  BOOST_TEST(knows("token 10"));
  BOOST_TEST(knows("token " + std::to_string(session_cache::most + 9)));
}

BOOST_AUTO_TEST_SUITE_END()
