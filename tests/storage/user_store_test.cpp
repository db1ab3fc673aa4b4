#include "storage/user_store.hpp"

#include <numeric>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "storage/session_store.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

acting by_anna() {
  return {.who = "anna@desk", .address = "192.0.2.1", .request_id = "r-1"};
}

struct user_fixture : fresh_database {
  std::unique_ptr<user_store> store = must(open_user_store(options));
  std::unique_ptr<session_store> sessions = must(open_session_store(options));

  uuid added(std::string_view who, role r = role::viewer) {
    return must(store->add(who, r, "$argon2id$" + std::string{who}, by_anna()));
  }
  user_record found(std::string_view who) { return must(store->find(who, now())); }
  uuid signed_in(const uuid& user, std::string_view who) {
    new_session s;
    s.user = user;
    s.password_hash = "$argon2id$" + std::string{who};
    s.refresh_hash = first_refresh_token().hash;
    s.account = who;
    return must(sessions->open(s, {}, {})).id;
  }
  /// "action target result, ..." in the order in which it was recorded.
  std::string audit(const std::string& where = "true") {
    return value(
        "SELECT coalesce(string_agg(action || ' ' || target || ' ' || result, ', ' ORDER BY at, "
        "id), '') FROM auth_audit_log WHERE " +
        where);
  }
  errc refused(const result<void>& r) { return r ? errc::internal : r.error().code; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(user_store_, user_fixture)

BOOST_AUTO_TEST_CASE(a_user_is_added_once_and_listed) {
  BOOST_TEST(must(store->empty()));
  const auto id = added("anna", role::manager);
  const auto u = found("anna");
  BOOST_TEST((u.id == id));
  BOOST_TEST((u.role == role::manager));
  BOOST_TEST(!u.disabled);
  BOOST_TEST(!u.last_login_at.has_value());
  BOOST_TEST(u.created_by == "anna@desk");
  const auto again = store->add("anna", role::viewer, "x", by_anna());
  BOOST_TEST((again.error().code == errc::conflict));
  added("bo");
  BOOST_TEST(must(store->list(now())).size() == 2u);
  BOOST_TEST((store->find("nobody", now()).error().code == errc::not_found));
  BOOST_TEST((store->find("", now()).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(what_was_done_is_recorded_with_who_and_from_where) {
  added("anna", role::manager);
  must(store->set_role("anna", role::viewer, by_anna()));
  BOOST_TEST(audit() == "user_created user anna ok, user_role_changed user anna ok");
  BOOST_TEST(value("SELECT actor || ' ' || address || ' ' || request_id || ' ' || before || ' ' || "
                   "after FROM auth_audit_log WHERE action = 'user_role_changed'") ==
             R"(anna@desk 192.0.2.1 r-1 {"role":"operator"} {"role":"viewer"})");
}

BOOST_AUTO_TEST_CASE(what_was_refused_is_neither_done_nor_recorded) {
  added("anna");
  const auto before = audit();
  BOOST_TEST(!store->add("anna", role::viewer, "x", by_anna()));
  BOOST_TEST(!store->enable("anna", by_anna()));
  BOOST_TEST(!store->disable("nobody", by_anna()));
  BOOST_TEST(!store->unlock("nobody", by_anna()));
  BOOST_TEST(audit() == before);
}

BOOST_AUTO_TEST_CASE(of_several_nodes_one_makes_the_first_admin) {
  constexpr std::size_t nodes = 6;
  std::vector<std::thread> threads;
  std::vector<int> made(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    threads.emplace_back([this, &made, i] {
      auto s = must(open_user_store(options));
      made[i] = must(s->add_first_admin("admin", "hash", {})) ? 1 : 0;
    });
  }
  for (auto& t : threads)
    t.join();
  BOOST_TEST(std::accumulate(made.begin(), made.end(), 0) == 1);
  BOOST_TEST((found("admin").role == role::admin));
  BOOST_TEST(audit() == "user_created user admin ok");
}

BOOST_AUTO_TEST_CASE(where_there_is_a_user_no_first_admin_is_made) {
  added("anna");
  BOOST_TEST(!must(store->add_first_admin("admin", "hash", {})));
  BOOST_TEST(must(store->list(now())).size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_last_admin_who_can_sign_in_stays) {
  added("anna", role::admin);
  added("bo", role::admin);
  must(store->disable("bo", by_anna()));
  BOOST_TEST((refused(store->disable("anna", by_anna())) == errc::conflict));
  BOOST_TEST((refused(store->set_role("anna", role::viewer, by_anna())) == errc::conflict));
  must(store->enable("bo", by_anna()));
  must(store->set_role("anna", role::viewer, by_anna()));
  BOOST_TEST((refused(store->disable("bo", by_anna())) == errc::conflict));
}

BOOST_AUTO_TEST_CASE(of_two_admins_who_disable_each_other_one_stays) {
  added("anna", role::admin);
  added("bo", role::admin);
  auto other = must(open_user_store(options));
  for (int round = 0; round < 10; ++round) {
    std::thread t{[&] { (void)other->disable("anna", by_anna()); }};
    (void)store->disable("bo", by_anna());
    t.join();
    BOOST_TEST(number("SELECT count(*) FROM users WHERE disabled_at IS NULL") == 1);
    run("UPDATE users SET disabled_at = NULL");
  }
}

BOOST_AUTO_TEST_CASE(a_new_password_ends_the_other_sessions) {
  const auto anna = added("anna");
  const auto here = signed_in(anna, "anna");
  const auto there = signed_in(anna, "anna");
  must(store->set_password("anna", "$argon2id$new", by_anna(), true, here));
  BOOST_TEST(!!sessions->find(here, now()));
  BOOST_TEST((sessions->find(there, now()).error().code == errc::token_revoked));
  BOOST_TEST(must(store->secrets(anna)).password_hash == "$argon2id$new");
  must(store->set_password("anna", "$argon2id$newer", by_anna(), false));
  BOOST_TEST(!sessions->find(here, now()));
  BOOST_TEST(audit("action LIKE 'password%'") ==
             "password_changed user anna ok, password_reset user anna ok");
}

BOOST_AUTO_TEST_CASE(disabling_ends_sessions_and_enabling_does_not_bring_them_back) {
  const auto anna = added("anna");
  const auto s = signed_in(anna, "anna");
  must(store->disable("anna", by_anna()));
  BOOST_TEST(found("anna").disabled);
  BOOST_TEST(found("anna").sessions == 0u);
  BOOST_TEST((sessions->find(s, now()).error().code == errc::token_revoked));
  must(store->enable("anna", by_anna()));
  BOOST_TEST((sessions->find(s, now()).error().code == errc::token_revoked));
}

BOOST_AUTO_TEST_CASE(all_sessions_of_one_user_end_and_no_other) {
  const auto anna = added("anna");
  const auto bo = added("bo");
  signed_in(anna, "anna");
  signed_in(anna, "anna");
  const auto others = signed_in(bo, "bo");
  BOOST_TEST(found("anna").sessions == 2u);
  BOOST_TEST(must(store->revoke_sessions("anna", by_anna())) == 2u);
  BOOST_TEST(must(store->revoke_sessions("anna", by_anna())) == 0u);
  BOOST_TEST(!!sessions->find(others, now()));
}

BOOST_AUTO_TEST_CASE(unlocking_forgets_failures_from_everywhere) {
  added("anna");
  const lockout_rule rule{.free_failures = 0};
  const acting nobody{.who = "nobody"};
  must(sessions->note_failure("anna", "192.0.2.1", rule, "wrong", nobody));
  must(sessions->note_failure("anna", "192.0.2.2", rule, "wrong", nobody));
  must(sessions->note_failure("bo", "192.0.2.2", rule, "wrong", nobody));
  BOOST_TEST(found("anna").locked_from == 2u);
  BOOST_TEST(must(store->unlock("anna", by_anna())) == 2u);
  BOOST_TEST(found("anna").locked_from == 0u);
  BOOST_TEST(must(sessions->look_up("anna", "192.0.2.1", now())).wait.count() == 0);
  BOOST_TEST(must(sessions->look_up("bo", "192.0.2.2", now())).wait.count() > 0);
}

BOOST_AUTO_TEST_CASE(an_authenticator_is_in_force_once_it_is_confirmed) {
  const auto anna = added("anna");
  const auto here = signed_in(anna, "anna");
  const auto there = signed_in(anna, "anna");
  const std::vector<crypto::digest> hashes{crypto::sha256("a"), crypto::sha256("b")};
  BOOST_TEST((refused(store->confirm_totp(anna, 5, hashes, by_anna(), here)) == errc::conflict));
  must(store->offer_totp(anna, "sealed"));
  BOOST_TEST(!found("anna").second_factor);
  must(store->offer_totp(anna, std::string{"sealed\0again", 12}));  // until it is confirmed
  must(store->confirm_totp(anna, 5, hashes, by_anna(), here));
  BOOST_TEST(found("anna").second_factor);
  BOOST_TEST(found("anna").recovery_codes == 2u);
  const auto s = must(store->secrets(anna));
  BOOST_TEST((s.totp_sealed == std::string{"sealed\0again", 12}));
  BOOST_TEST(s.totp_last_step == 5);
  BOOST_TEST((refused(store->offer_totp(anna, "other")) == errc::conflict));
  BOOST_TEST(!!sessions->find(here, now()));
  BOOST_TEST(!sessions->find(there, now()));
  must(store->remove_totp("anna", by_anna()));
  must(store->remove_totp("anna", by_anna()));
  BOOST_TEST(!found("anna").second_factor);
  BOOST_TEST(found("anna").recovery_codes == 0u);
  BOOST_TEST(audit("action LIKE 'totp%'") ==
             "totp_enrolled user anna ok, totp_removed user anna ok");
}

BOOST_AUTO_TEST_CASE(the_database_itself_refuses_what_no_program_of_ours_would_write) {
  added("anna");
  for (const auto* sql : {"UPDATE users SET role = 'root'", "UPDATE users SET name = 'An na'",
                          "UPDATE users SET totp_since = now()"})
    BOOST_TEST(!eye.exec(sql), sql);
}

BOOST_AUTO_TEST_SUITE_END()
