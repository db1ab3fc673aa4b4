// Signing in, end to end but for HTTP: real actors on threads of their own, a real database, two
// nodes.

#include "identity/totp.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "actors/identity_start.hpp"
#include "actors/session.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace std::chrono_literals;
using test::must;

namespace {

constexpr const char* password = "correct horse battery";
const std::string wrong{"wrong horse battery"};
constexpr password_cost cheap{.passes = 1, .memory_bytes = 8u << 10};

/// A time that moves when the test says so; the same on all nodes.
struct moved_clock {
  std::atomic<std::int64_t> ahead{};  // microseconds
  timestamp now() const { return td::now() + std::chrono::microseconds{ahead}; }
  void advance(std::chrono::microseconds d) { ahead += d.count(); }
};

/// What an asynchronous call answers, waited for.
template <class T, class Call>
result<T> answered(Call call) {
  auto promise = std::make_shared<std::promise<result<T>>>();
  auto future = promise->get_future();
  call([promise](result<T> r) { promise->set_value(std::move(r)); });
  BOOST_REQUIRE((future.wait_for(20s) == std::future_status::ready));
  return future.get();
}

struct actor_config : caf::actor_system_config {
  actor_config() { set("scheduler.max-threads", std::size_t{2}); }
};

/// One node's actors.
struct node {
  node(const database_options& database, identity_rules rules) {
    auto aside = database;
    aside.stop = stop;
    desk = std::make_shared<identity_desk>(std::move(rules));
    session = make_session(*system, desk, [aside] { return open_identity_stores(aside); });
    watch = make_identity_watch(*system, desk, [aside] { return open_identity_watch(aside); });
  }
  ~node() {
    stop->interrupt();
    caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(watch, caf::exit_reason::user_shutdown);
    session = session_actor{};
    watch = identity_watch_actor{};
    system.reset();
  }
  void wait_ready() {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!desk->cache().is_open() || desk->jwks().find("kid") == std::string::npos) {
      BOOST_REQUIRE(std::chrono::steady_clock::now() < deadline);
      std::this_thread::sleep_for(1ms);
    }
  }

  actor_config config;
  std::unique_ptr<caf::actor_system> system = std::make_unique<caf::actor_system>(config);
  std::shared_ptr<interrupter> stop = std::make_shared<interrupter>();
  std::shared_ptr<identity_desk> desk;
  session_actor session;
  identity_watch_actor watch;
};

struct world : test::fresh_database {
  explicit world(test::postgres_server& on = test::postgres_server::shared()) : fresh_database{on} {
    must(stores.users->add("anna", role::manager, *hash_password(password, cheap), {}));
    must(stores.users->add("root", role::admin, *hash_password(password, cheap), {}));
    node_ = std::make_unique<node>(options, rules());
    node_->wait_ready();
  }

  identity_rules rules() const {
    identity_rules r;
    r.secret.bytes = crypto::sha256("the secret file");
    r.tokens.issuer = "urn:uuid:test";
    r.cost = cheap;
    r.clock = [c = clock] { return c->now(); };
    return r;
  }

  // -- calls ---

  result<signed_in> login(const std::string& who, const std::string& pw = password,
                          const std::string& code = {}, const std::string& from = "192.0.2.1") {
    return answered<signed_in>([&](auto done) {
      desk().login({.name = who, .password = pw, .code = code}, {.address = from}, done);
    });
  }
  result<principal> authenticate(const std::string& credential, identity_desk& at) {
    return answered<principal>([&](auto done) { at.authenticate(credential, {}, done); });
  }
  result<principal> authenticate(const std::string& credential) {
    return authenticate(credential, desk());
  }
  result<signed_in> refresh(const std::string& token) {
    return answered<signed_in>([&](auto done) { desk().refresh(token, {}, done); });
  }
  result<void> logout(const principal& who) {
    return answered<void>([&](auto done) { desk().logout(who, {}, done); });
  }

  identity_desk& desk() { return *node_->desk; }
  template <class T>
  static errc code_of(const result<T>& r) {
    return r ? errc::internal : r.error().code;
  }
  /// Until nobody knows the credential without asking.
  static void await_forgotten(identity_desk& at, const std::string& credential) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (at.known(credential)) {
      BOOST_REQUIRE(std::chrono::steady_clock::now() < deadline);
      std::this_thread::sleep_for(1ms);
    }
  }

  std::shared_ptr<moved_clock> clock = std::make_shared<moved_clock>();
  identity_stores stores = must(open_identity_stores(options));
  std::unique_ptr<node> node_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(identity_, world)

BOOST_AUTO_TEST_CASE(who_signs_in_is_known_by_their_token) {
  const auto in = must(login("Anna"));
  BOOST_TEST(in.who.name == "anna");
  BOOST_TEST(!desk().known(in.access_token));
  const auto who = must(authenticate(in.access_token));
  BOOST_TEST((who == in.who));
  BOOST_TEST((who.role == role::manager));
  BOOST_TEST((desk().known(in.access_token) == who));
  clock->advance(30s);
  BOOST_TEST(!desk().known(in.access_token));
  BOOST_TEST(!!authenticate(in.access_token));
  clock->advance(6min);
  BOOST_TEST((code_of(authenticate(in.access_token)) == errc::token_expired));
}

BOOST_AUTO_TEST_CASE(whatever_is_wrong_with_a_login_has_one_answer) {
  must(stores.users->disable("anna", {}));
  std::set<std::string> answers;
  for (const auto& [who, pw] : std::map<std::string, std::string>{{"root", wrong},
                                                                  {"nobody", password},
                                                                  {"anna", password},
                                                                  {"no such name!", password},
                                                                  {"", ""}}) {
    const auto r = login(who, pw);
    BOOST_TEST((code_of(r) == errc::credentials_invalid), who);
    answers.insert(to_string(r.error()));
  }
  BOOST_TEST(answers.size() == 1u);
  BOOST_TEST((code_of(login("root", std::string(2'000'000, 'x'))) == errc::credentials_invalid));
}

BOOST_AUTO_TEST_CASE(a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has) {
  auto dear = rules();
  dear.cost = {};  // the product's
  must(stores.users->add("dear", role::viewer, *hash_password(password, dear.cost), {}));
  node_.reset();
  node_ = std::make_unique<node>(options, dear);
  node_->wait_ready();
  const auto timed = [&](const std::string& who, int i) {
    const auto begun = std::chrono::steady_clock::now();
    BOOST_TEST((code_of(login(who, wrong, {}, "192.0.2." + std::to_string(i))) ==
                errc::credentials_invalid));
    return std::chrono::steady_clock::now() - begun;
  };
  std::vector<std::chrono::steady_clock::duration> there, nowhere;
  for (int i = 0; i < 11; ++i) {  // in turn, so that whatever else runs meets both
    there.push_back(timed("dear", i));
    nowhere.push_back(timed("nobody", i));
  }
  std::sort(there.begin(), there.end());
  std::sort(nowhere.begin(), nowhere.end());
  const auto ratio = std::chrono::duration<double>(nowhere[5]) / there[5];
  BOOST_TEST_MESSAGE("missing to existing: " << ratio);
  BOOST_TEST(ratio > 0.5);  // without a dummy hash: below 0.1
  BOOST_TEST(ratio < 2.0);
}

BOOST_AUTO_TEST_CASE(guessing_locks_the_guesser_out_and_nobody_else) {
  for (int i = 0; i < 6; ++i)
    BOOST_TEST((code_of(login("root", wrong, {}, "198.51.100.7")) == errc::credentials_invalid));
  const auto locked = login("root", password, {}, "198.51.100.7");
  BOOST_TEST((code_of(locked) == errc::locked_out));
  BOOST_TEST(locked.error().detail.find("try again in 30 s") != std::string::npos);
  BOOST_TEST(!!login("root", password, {}, "192.0.2.1"));
  clock->advance(30s);
  BOOST_TEST(!!login("root", password, {}, "198.51.100.7"));
}

BOOST_AUTO_TEST_CASE(a_command_unlocks) {
  for (int i = 0; i < 6; ++i)
    (void)login("root", wrong);
  BOOST_TEST((code_of(login("root")) == errc::locked_out));
  must(stores.users->unlock("root", {}));
  BOOST_TEST(!!login("root"));
}

BOOST_AUTO_TEST_CASE(tabs_that_refresh_at_once_go_on_with_the_same_token) {
  const auto in = must(login("anna"));
  const auto one = must(refresh(in.refresh_token));
  const auto two = must(refresh(in.refresh_token));
  BOOST_TEST(one.refresh_token == two.refresh_token);
  BOOST_TEST(one.refresh_token != in.refresh_token);
  BOOST_TEST(!!authenticate(one.access_token));
  BOOST_TEST(!!authenticate(two.access_token));
  clock->advance(60s);
  BOOST_TEST(!!refresh(two.refresh_token));
}

BOOST_AUTO_TEST_CASE(a_stolen_refresh_token_ends_the_session_of_both) {
  const auto in = must(login("anna"));
  const auto next = must(refresh(in.refresh_token));
  must(authenticate(next.access_token));
  clock->advance(11s);
  BOOST_TEST((code_of(refresh(in.refresh_token)) == errc::token_reused));
  await_forgotten(desk(), next.access_token);
  BOOST_TEST((code_of(authenticate(next.access_token)) == errc::token_revoked));
  BOOST_TEST((code_of(refresh(next.refresh_token)) == errc::token_revoked));
}

BOOST_AUTO_TEST_CASE(a_logout_is_heard_on_every_node_at_once) {
  node other{options, rules()};
  other.wait_ready();
  const auto in = must(login("anna"));
  const auto who = must(authenticate(in.access_token));
  must(authenticate(in.access_token, *other.desk));  // one node's token, another one's keys
  BOOST_TEST(!!other.desk->known(in.access_token));
  must(logout(who));
  await_forgotten(*other.desk, in.access_token);
  await_forgotten(desk(), in.access_token);
  BOOST_TEST((code_of(authenticate(in.access_token, *other.desk)) == errc::token_revoked));
}

BOOST_AUTO_TEST_CASE(a_lesser_role_holds_at_once) {
  const auto in = must(login("anna"));
  BOOST_TEST((must(authenticate(in.access_token)).role == role::manager));
  must(stores.users->set_role("anna", role::viewer, {}));
  await_forgotten(desk(), in.access_token);
  const auto who = must(authenticate(in.access_token));  // the same token
  BOOST_TEST((who.role == role::viewer));
  BOOST_TEST(!authorize(who, scope::events_write));
}

BOOST_AUTO_TEST_CASE(an_api_key_is_known_until_it_is_revoked) {
  const auto text = make_api_key();
  must(stores.keys->add({"anna", "press", {scope::events_write}, {}}, text, {}));
  const auto who = must(authenticate(text.text));
  BOOST_TEST((who.what == principal::kind::api_key));
  BOOST_TEST((who.scopes == scope_set{scope::events_write}));
  BOOST_TEST(must(stores.keys->list("anna")).front().last_used_at.has_value());
  BOOST_TEST((code_of(logout(who)) == errc::permission_denied));
  must(stores.keys->revoke(text.prefix, {}));
  await_forgotten(desk(), text.text);
  BOOST_TEST((code_of(authenticate(text.text)) == errc::token_revoked));
  BOOST_TEST((code_of(authenticate(make_api_key().text)) == errc::token_invalid));
  BOOST_TEST((code_of(authenticate("td_nonsense")) == errc::token_invalid));
}

BOOST_AUTO_TEST_CASE(what_is_no_token_is_refused_without_the_database) {
  run("ALTER TABLE user_sessions RENAME TO gone");  // whoever asked would fail otherwise
  for (const auto* text : {"", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."})
    BOOST_TEST((code_of(authenticate(text)) == errc::token_invalid), text);
}

BOOST_AUTO_TEST_CASE(a_password_is_changed_by_who_knows_it) {
  const auto in = must(login("anna"));
  const auto elsewhere = must(login("anna"));
  const auto change = [&](const std::string& before, const std::string& after) {
    return answered<void>(
        [&](auto done) { desk().change_password(in.who, before, after, {}, done); });
  };
  BOOST_TEST((code_of(change(password, "short")) == errc::password_unfit));
  BOOST_TEST((code_of(change(wrong, "another horse battery")) == errc::credentials_invalid));
  must(change(password, "another horse battery"));
  BOOST_TEST(!!authenticate(in.access_token));
  BOOST_TEST((code_of(refresh(elsewhere.refresh_token)) == errc::token_revoked));
  BOOST_TEST((code_of(login("anna", password)) == errc::credentials_invalid));
  BOOST_TEST(!!login("anna", "another horse battery"));
  BOOST_TEST(number("SELECT count(*) FROM auth_audit_log WHERE action = 'password_changed'") == 1);
}

BOOST_AUTO_TEST_CASE(a_second_factor_is_enrolled_asked_for_and_used_once) {
  const auto in = must(login("anna"));
  const auto uri = must(answered<std::string>([&](auto done) { desk().offer_totp(in.who, done); }));
  BOOST_TEST(uri.starts_with("otpauth://totp/TaylorDash:anna?secret="));
  BOOST_TEST(!!login("anna"));  // not in force yet
  const auto sealed = must(stores.users->secrets(in.who.user)).totp_sealed;
  const auto secret = crypto::open(rules().secret.totp(), sealed, to_string(in.who.user)).value();
  BOOST_TEST(uri.find(crypto::base32(secret)) != std::string::npos);
  const auto code = [&] { return totp_code(secret, totp_step_at(clock->now())); };
  const auto confirm = [&](const std::string& c) {
    return answered<std::vector<std::string>>(
        [&](auto done) { desk().confirm_totp(in.who, c, {}, done); });
  };
  BOOST_TEST((code_of(confirm("000000x")) == errc::credentials_invalid));
  const auto spare = must(confirm(code()));
  BOOST_TEST(spare.size() == recovery_codes);
  BOOST_TEST((code_of(login("anna")) == errc::second_factor_required));
  BOOST_TEST((code_of(login("anna", wrong, code())) == errc::credentials_invalid));
  BOOST_TEST((code_of(login("anna", password, code())) == errc::credentials_invalid));  // used
  clock->advance(60s);
  const auto fresh = code();
  BOOST_TEST(!!login("anna", password, fresh));
  BOOST_TEST((code_of(login("anna", password, fresh)) == errc::credentials_invalid));
  BOOST_TEST(!!login("anna", password, spare[3]));
  BOOST_TEST((code_of(login("anna", password, spare[3])) == errc::credentials_invalid));
}

BOOST_AUTO_TEST_CASE(a_cheaper_hash_is_made_anew_by_a_login) {
  must(stores.users->add("old", role::viewer,
                         *hash_password(password, {.passes = 2, .memory_bytes = 8u << 10}), {}));
  must(login("old"));
  BOOST_TEST(value("SELECT password_hash LIKE '%,t=1,%' FROM users WHERE name = 'old'") == "t");
  BOOST_TEST(!!login("old"));
}

BOOST_AUTO_TEST_CASE(a_flood_of_logins_is_refused_and_everybody_has_an_answer) {
  constexpr std::size_t flood = 600;
  struct tally {
    std::mutex mutex;
    std::map<errc, std::size_t> codes;
    std::size_t answers{};
    std::promise<void> all;
  };
  const auto counts = std::make_shared<tally>();
  for (std::size_t i = 0; i < flood; ++i) {
    desk().login({.name = "nobody" + std::to_string(i), .password = wrong},
                 {.address = "192.0.2.8"}, [counts](result<signed_in> r) {
                   const std::lock_guard lock{counts->mutex};
                   ++counts->codes[code_of(r)];
                   if (++counts->answers == flood) counts->all.set_value();
                 });
  }
  BOOST_REQUIRE((counts->all.get_future().wait_for(60s) == std::future_status::ready));
  BOOST_TEST(counts->codes[errc::overloaded] > 0u);
  BOOST_TEST(counts->codes[errc::internal] == 0u);
  BOOST_TEST(!!login("root"));
}

BOOST_AUTO_TEST_CASE(whoever_waits_too_long_is_told_so_and_the_next_one_is_served) {
  run("BEGIN; LOCK TABLE users");
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST((code_of(login("anna")) == errc::timed_out));
  const auto took = std::chrono::steady_clock::now() - begun;
  BOOST_TEST((took >= identity_service::answer_within - 100ms));
  BOOST_TEST((took < 2 * identity_service::answer_within));
  run("ROLLBACK");
  BOOST_TEST(!!login("anna"));
  BOOST_TEST(!!login("anna"));  // by the other worker
}

BOOST_AUTO_TEST_CASE(an_end_answers_whoever_still_waits) {
  const auto promise = std::make_shared<std::promise<errc>>();
  auto future = promise->get_future();
  const auto kept = node_->desk;
  kept->ask<int>(
      [](identity_stores& s) -> result<int> {
        (void)s.users->list(td::now());
        return 1;
      },
      [promise](result<int> r) { promise->set_value(code_of(r)); });
  node_.reset();
  BOOST_REQUIRE((future.wait_for(20s) == std::future_status::ready));
  BOOST_TEST((code_of(answered<principal>([&](auto done) {
                kept->authenticate(make_api_key().text, {}, done);
              })) == errc::stopping));
}

BOOST_AUTO_TEST_SUITE_END()

// -- without the database ---

BOOST_AUTO_TEST_SUITE(identity_outage)

BOOST_AUTO_TEST_CASE(nothing_is_believed_while_the_database_is_away_and_all_is_well_after_it) {
  test::postgres_server server{{}};
  world w{server};
  const auto in = must(w.login("anna"));
  must(w.authenticate(in.access_token));
  BOOST_TEST(!!w.desk().known(in.access_token));
  server.stop();
  world::await_forgotten(w.desk(), in.access_token);
  BOOST_TEST(!w.desk().cache().is_open());
  BOOST_TEST((world::code_of(w.authenticate(in.access_token)) == errc::database_away));
  BOOST_TEST((world::code_of(w.login("anna")) == errc::database_away));
  server.start();
  w.node_->wait_ready();
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!w.authenticate(in.access_token)) {
    BOOST_REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(20ms);
  }
  BOOST_TEST(!!w.desk().known(in.access_token));
  BOOST_TEST(!!w.refresh(in.refresh_token));
}

BOOST_AUTO_TEST_SUITE_END()

// -- the first start ---

namespace {

struct first_start : test::fresh_database {
  std::filesystem::path folder = [] {
    std::string pattern = (std::filesystem::temp_directory_path() / "td-first-XXXXXX").string();
    return std::filesystem::path{::mkdtemp(pattern.data())};
  }();
  settings set;
  uuid deployment = random_uuid();

  first_start() { set.identity.secret_file = folder / "identity"; }
  ~first_start() { std::filesystem::remove_all(folder); }

  result<std::shared_ptr<identity_desk>> start() {
    return prepare_identity(set, options, deployment);
  }
  std::string first_password() const {
    std::string line;
    std::getline(std::ifstream{folder / "admin-password"} >> std::ws, line);
    return line;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(identity_first_start, first_start)

BOOST_AUTO_TEST_CASE(makes_a_secret_a_key_and_an_admin_and_keeps_them) {
  const auto jwks = must(start())->jwks();
  const auto hash = value("SELECT password_hash FROM users WHERE name = 'admin'");
  BOOST_TEST(verify_password(hash, first_password()));
  BOOST_TEST(value("SELECT role FROM users") == "admin");
  BOOST_TEST(must(start())->jwks() == jwks);
  BOOST_TEST(verify_password(hash, first_password()));
  BOOST_TEST(number("SELECT count(*) FROM users") == 1);
}

BOOST_AUTO_TEST_CASE(without_a_secret_file_nobody_signs_in) {
  set.identity.secret_file.clear();
  BOOST_TEST(!must(start()));
  BOOST_TEST(number("SELECT count(*) FROM users") == 0);
}

BOOST_AUTO_TEST_CASE(a_lost_secret_is_not_replaced_without_a_word) {
  must(start());
  std::filesystem::remove(set.identity.secret_file);
  const auto r = start();
  BOOST_TEST((r.error().code == errc::configuration_invalid));
  BOOST_TEST(r.error().detail.find("put it back from a backup") != std::string::npos);
  BOOST_TEST(!std::filesystem::exists(set.identity.secret_file));
}

BOOST_AUTO_TEST_CASE(another_deployment_s_secret_is_refused) {
  must(start());
  std::filesystem::remove(set.identity.secret_file);
  must(make_secret(set.identity.secret_file));
  BOOST_TEST((start().error().code == errc::configuration_invalid));
}

BOOST_AUTO_TEST_CASE(where_there_are_users_no_admin_is_made) {
  auto users = must(open_user_store(options));
  must(users->add("anna", role::admin, "hash", {}));
  must(start());
  BOOST_TEST(first_password().empty());
  BOOST_TEST(number("SELECT count(*) FROM users") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
