#include "storage/session_store.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "storage/user_store.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

const auto key = crypto::sha256("a key of the service");
const timestamp start = now();

struct session_fixture : fresh_database {
  std::unique_ptr<user_store> users = must(open_user_store(options));
  std::unique_ptr<session_store> store = must(open_session_store(options));
  uuid anna = must(users->add("anna", role::manager, "hash", {}));
  session_life life{.idle = 3600s, .longest = 10 * 3600s};

  static acting at(timestamp t) { return {.who = "nobody", .address = "192.0.2.1", .at = t}; }

  new_session login(const refresh_token& token) const {
    new_session s;
    s.user = anna;
    s.password_hash = "hash";
    s.refresh_hash = token.hash;
    s.account = "anna";
    s.address_group = "192.0.2.1";
    s.user_agent = "curl/8";
    return s;
  }
  live_session opened(const refresh_token& token, timestamp t = start) {
    return must(store->open(login(token), life, at(t)));
  }
  result<session_store::refreshed> refresh(const refresh_token& token, timestamp t) {
    return store->refresh(token.hash, successor_of(token.text, key).hash, life, at(t));
  }
  errc refused(const refresh_token& token, timestamp t) {
    const auto r = refresh(token, t);
    return r ? errc::internal : r.error().code;
  }
  std::string audit() {
    return value(
        "SELECT string_agg(action || ' ' || result, ', ' ORDER BY at, id) FROM auth_audit_log "
        "WHERE action <> 'user_created'");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(session_store_, session_fixture)

BOOST_AUTO_TEST_CASE(a_login_opens_a_session_that_is_found_and_recorded) {
  const auto s = opened(first_refresh_token());
  BOOST_TEST(s.name == "anna");
  BOOST_TEST((s.role == role::manager));
  BOOST_TEST((s.expires_at == start + life.longest));
  BOOST_TEST((s.refresh_expires_at == start + life.idle));
  const auto found = must(store->find(s.id, start));
  BOOST_TEST((found.user == anna));
  BOOST_TEST((must(users->find("anna", start)).last_login_at == start));
  const auto all = must(store->list(anna, start));
  BOOST_TEST_REQUIRE(all.size() == 1u);
  BOOST_TEST(all.front().user_agent == "curl/8");
  BOOST_TEST(all.front().address == "192.0.2.1");
  BOOST_TEST(value("SELECT actor || ', ' || target || ', ' || detail FROM auth_audit_log WHERE "
                   "action = 'login'") == "user anna, user anna, session " + to_string(s.id));
}

BOOST_AUTO_TEST_CASE(nothing_that_is_stored_signs_in) {
  const auto token = first_refresh_token();
  opened(token);
  BOOST_TEST(number("SELECT count(*) FROM refresh_tokens t WHERE t::text LIKE '%" +
                    token.text.substr(4) + "%'") == 0);
}

BOOST_AUTO_TEST_CASE(a_session_ends_with_its_time) {
  const auto s = opened(first_refresh_token());
  BOOST_TEST(!!store->find(s.id, start + life.longest - 1us));
  BOOST_TEST((store->find(s.id, start + life.longest).error().code == errc::token_expired));
  BOOST_TEST(must(store->list(anna, start + life.longest)).empty());
  BOOST_TEST((store->find(random_uuid(), start).error().code == errc::token_revoked));
}

BOOST_AUTO_TEST_CASE(a_login_that_was_overtaken_is_refused) {
  auto s = login(first_refresh_token());
  must(users->set_password("anna", "new hash", {}, true));
  const auto r = store->open(s, life, at(start));
  BOOST_TEST((r.error().code == errc::credentials_invalid));
  s.password_hash = "new hash";
  must(users->add("admin", role::admin, "x", {}));
  must(users->disable("anna", {}));
  BOOST_TEST((store->open(s, life, at(start)).error().code == errc::credentials_invalid));
  BOOST_TEST(number("SELECT count(*) FROM user_sessions") == 0);
}

BOOST_AUTO_TEST_CASE(a_password_is_hashed_anew_while_it_is_at_hand) {
  auto s = login(first_refresh_token());
  s.rehashed = "dearer hash";
  must(store->open(s, life, at(start)));
  BOOST_TEST(must(users->secrets(anna)).password_hash == "dearer hash");
}

// -- refresh tokens ---

BOOST_AUTO_TEST_CASE(a_refresh_token_is_replaced_by_its_successor) {
  const auto first = first_refresh_token();
  const auto s = opened(first);
  const auto r = must(refresh(first, start + 60s));
  BOOST_TEST((r.verdict == refresh_verdict::rotate));
  BOOST_TEST((r.session.id == s.id));
  BOOST_TEST((r.session.refresh_expires_at == start + 60s + life.idle));
  const auto next = successor_of(first.text, key);
  BOOST_TEST((must(refresh(next, start + 120s)).verdict == refresh_verdict::rotate));
  BOOST_TEST((must(store->list(anna, start)).front().last_seen_at == start + 120s));
}

BOOST_AUTO_TEST_CASE(a_second_tab_within_the_grace_changes_nothing) {
  const auto first = first_refresh_token();
  opened(first);
  must(refresh(first, start + 60s));
  const auto again = must(refresh(first, start + 69s));
  BOOST_TEST((again.verdict == refresh_verdict::repeat));
  BOOST_TEST(number("SELECT count(*) FROM refresh_tokens") == 2);
  // Both tabs have the same successor, and it works.
  BOOST_TEST((must(refresh(successor_of(first.text, key), start + 400s)).verdict ==
              refresh_verdict::rotate));
}

BOOST_AUTO_TEST_CASE(a_token_that_is_used_again_later_ends_its_family) {
  const auto first = first_refresh_token();
  const auto s = opened(first);
  must(refresh(first, start + 60s));
  const auto next = successor_of(first.text, key);
  BOOST_TEST((refused(first, start + 71s) == errc::token_reused));
  BOOST_TEST((refused(next, start + 72s) == errc::token_revoked));
  BOOST_TEST((refused(first, start + 73s) == errc::token_revoked));
  BOOST_TEST((store->find(s.id, start + 72s).error().code == errc::token_revoked));
  BOOST_TEST(value("SELECT revoked_why FROM user_sessions") == "reuse");
  BOOST_TEST(audit() == "login ok, refresh_reused denied");
}

BOOST_AUTO_TEST_CASE(another_session_of_the_user_is_another_family) {
  const auto here = first_refresh_token();
  const auto there = first_refresh_token();
  opened(here);
  opened(there);
  must(refresh(here, start + 60s));
  BOOST_TEST((refused(here, start + 90s) == errc::token_reused));
  BOOST_TEST(!!refresh(there, start + 91s));
}

BOOST_AUTO_TEST_CASE(of_tabs_that_refresh_at_once_one_rotates_and_the_others_repeat) {
  const auto first = first_refresh_token();
  opened(first);
  constexpr std::size_t tabs = 6;
  std::vector<refresh_verdict> verdicts(tabs);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < tabs; ++i) {
    threads.emplace_back([&, i] {
      auto other = must(open_session_store(options));
      verdicts[i] = must(other->refresh(first.hash, successor_of(first.text, key).hash, life,
                                        at(start + 60s)))
                        .verdict;
    });
  }
  for (auto& t : threads)
    t.join();
  BOOST_TEST(std::count(verdicts.begin(), verdicts.end(), refresh_verdict::rotate) == 1);
  BOOST_TEST(std::count(verdicts.begin(), verdicts.end(), refresh_verdict::repeat) == 5);
  BOOST_TEST(number("SELECT count(*) FROM refresh_tokens") == 2);
}

BOOST_AUTO_TEST_CASE(unused_tokens_expire_and_never_outlive_their_session) {
  const auto first = first_refresh_token();
  opened(first);
  BOOST_TEST((refused(first, start + life.idle) == errc::token_expired));
  auto token = first;
  auto t = start;
  for (int i = 0; i < 11; ++i) {  // each within its time, all of them beyond the session's
    t += 3000s;
    must(refresh(token, t));
    token = successor_of(token.text, key);
  }
  const auto last = must(refresh(token, start + life.longest - 1s));
  BOOST_TEST((last.session.refresh_expires_at == start + life.longest));
  BOOST_TEST((refused(successor_of(token.text, key), start + life.longest) == errc::token_expired));
}

BOOST_AUTO_TEST_CASE(an_unknown_token_is_none_of_ours) {
  BOOST_TEST((refused(first_refresh_token(), start) == errc::token_invalid));
}

BOOST_AUTO_TEST_CASE(a_disabled_user_refreshes_nothing) {
  const auto first = first_refresh_token();
  opened(first);
  run("UPDATE users SET disabled_at = now()");
  BOOST_TEST((refused(first, start + 1s) == errc::token_revoked));
}

BOOST_AUTO_TEST_CASE(sessions_are_ended_by_their_user_alone) {
  const auto s = opened(first_refresh_token());
  const auto bo = must(users->add("bo", role::viewer, "x", {}));
  BOOST_TEST((store->end(bo, s.id, false, at(start)).error().code == errc::not_found));
  BOOST_TEST(!!store->find(s.id, start));
  must(store->end(anna, s.id, true, at(start + 1s)));
  BOOST_TEST((store->find(s.id, start + 1s).error().code == errc::token_revoked));
  BOOST_TEST((store->end(anna, s.id, true, at(start)).error().code == errc::not_found));
  BOOST_TEST(audit() == "login ok, logout ok");
}

// -- failures ---

BOOST_AUTO_TEST_CASE(failures_lock_one_account_from_one_address) {
  const lockout_rule rule;
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(
        must(store->note_failure("anna", "198.51.100.1", rule, "wrong", at(start))).count() == 0);
  BOOST_TEST((must(store->note_failure("anna", "198.51.100.1", rule, "wrong", at(start))) == 30s));
  const auto wait = [&](const char* account, const char* address, timestamp t) {
    return must(store->look_up(account, address, t)).wait;
  };
  BOOST_TEST((wait("anna", "198.51.100.1", start) == 30s));
  BOOST_TEST((wait("anna", "198.51.100.1", start + 10s) == 20s));
  BOOST_TEST((wait("anna", "198.51.100.1", start + 30s) == 0s));
  BOOST_TEST((wait("anna", "192.0.2.1", start) == 0s));  // anna herself, from her own desk
  BOOST_TEST((wait("bo", "198.51.100.1", start) == 0s));
  BOOST_TEST(
      (must(store->note_failure("anna", "198.51.100.1", rule, "wrong", at(start + 30s))) == 60s));
  BOOST_TEST(number("SELECT count(*) FROM auth_audit_log WHERE result = 'denied'") == 7);
}

BOOST_AUTO_TEST_CASE(accounts_that_do_not_exist_are_counted_alike) {
  const lockout_rule rule{.free_failures = 0};
  BOOST_TEST((must(store->note_failure("nobody", "192.0.2.1", rule, "wrong", at(start))) == 30s));
  const auto facts = must(store->look_up("nobody", "192.0.2.1", start));
  BOOST_TEST(!facts.user.has_value());
  BOOST_TEST((facts.wait == 30s));
}

BOOST_AUTO_TEST_CASE(a_login_and_a_quiet_day_forget_failures) {
  const lockout_rule rule;
  for (int i = 0; i < 4; ++i)
    must(store->note_failure("anna", "192.0.2.1", rule, "wrong", at(start)));
  opened(first_refresh_token());
  BOOST_TEST(number("SELECT count(*) FROM login_failures") == 0);
  for (int i = 0; i < 5; ++i)
    must(store->note_failure("anna", "192.0.2.1", rule, "wrong", at(start)));
  const auto later = start + rule.forget_after + 1s;
  BOOST_TEST((must(store->note_failure("anna", "192.0.2.1", rule, "wrong", at(later))) == 0s));
  BOOST_TEST(number("SELECT failures FROM login_failures") == 1);
}

BOOST_AUTO_TEST_CASE(guesses_that_come_at_once_are_all_counted) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([this] {
      auto other = must(open_session_store(options));
      for (int j = 0; j < 10; ++j)
        must(other->note_failure("anna", "192.0.2.1", {}, "wrong", at(start)));
    });
  }
  for (auto& t : threads)
    t.join();
  BOOST_TEST(number("SELECT failures FROM login_failures") == 60);
}

// -- the second factor ---

BOOST_AUTO_TEST_CASE(a_code_and_a_recovery_code_are_taken_once) {
  must(users->offer_totp(anna, "sealed"));
  const auto spare = crypto::sha256("spare");
  must(users->confirm_totp(anna, 100, {spare}, {}, {}));
  auto s = login(first_refresh_token());
  const auto refused_now = [&] {
    s.refresh_hash = first_refresh_token().hash;
    const auto r = store->open(s, life, at(start));
    return !r && r.error().code == errc::credentials_invalid;
  };
  BOOST_TEST(refused_now());  // without
  s.totp_step = 100;
  BOOST_TEST(refused_now());  // of the enrolment
  s.totp_step = 101;
  BOOST_TEST(!refused_now());
  BOOST_TEST(refused_now());  // used
  s.totp_step.reset();
  s.recovery_hash = crypto::sha256("another");
  BOOST_TEST(refused_now());
  s.recovery_hash = spare;
  BOOST_TEST(!refused_now());
  BOOST_TEST(refused_now());  // used
  BOOST_TEST(must(users->find("anna", start)).recovery_codes == 0u);
  BOOST_TEST(number("SELECT count(*) FROM auth_audit_log WHERE action = 'recovery_code_used'") ==
             1);
}

BOOST_AUTO_TEST_CASE(one_code_presented_twice_at_once_opens_one_session) {
  must(users->offer_totp(anna, "sealed"));
  must(users->confirm_totp(anna, 100, {}, {}, {}));
  std::atomic<int> opened_sessions{};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([this, &opened_sessions] {
      auto other = must(open_session_store(options));
      auto s = login(first_refresh_token());
      s.totp_step = 101;
      if (other->open(s, life, at(start))) ++opened_sessions;
    });
  }
  for (auto& t : threads)
    t.join();
  BOOST_TEST(opened_sessions == 1);
}

BOOST_AUTO_TEST_CASE(what_is_long_over_is_forgotten_and_the_rest_stays) {
  opened(first_refresh_token());
  must(store->note_failure("anna", "192.0.2.9", {}, "wrong", at(start)));
  BOOST_TEST(must(store->forget({}, start)) == 0u);
  BOOST_TEST(must(store->forget({}, start + life.idle + 1s)) == 1u);  // the token
  BOOST_TEST(must(store->forget({}, start + 25h)) == 1u);             // the failure
  BOOST_TEST(must(store->forget({}, start + 24h * 40)) == 1u);        // the session
}

BOOST_AUTO_TEST_SUITE_END()
