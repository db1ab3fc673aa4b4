#include "storage/audit_store.hpp"

#include "identity/audit_check.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

const auto key = crypto::sha256("the audit key");
using kind = audit_fault::kind;

struct audit_fixture : fresh_database {
  std::unique_ptr<audit_store> store = must(open_audit_store(options));
  timestamp start = now();

  void add(int n, const std::string& actor = "user anna",
           audit_action action = audit_action::login) {
    audit_entry e;
    e.action = action;
    e.actor = actor;
    e.actor_id = id_of(1);
    e.target = "task 5";
    e.before = R"({"b" : 1, "a":2.50})";
    e.after = "null";
    e.address = "192.0.2.1";
    e.request_id = "r-" + std::to_string(n);
    e.detail = "\xc3\xa4 \x1b[2J";
    must(append(eye, e, start + std::chrono::seconds{n}));
  }
  void add_chained(int n) {
    for (int i = 1; i <= n; ++i)
      add(i);
    BOOST_TEST(must(store->chain_waiting(key, 1000)) == static_cast<std::uint32_t>(n));
  }
  /// As whoever owns the tables can.
  void tamper(const std::string& sql) {
    run("ALTER TABLE auth_audit_log DISABLE TRIGGER ALL; " + sql +
        "; ALTER TABLE auth_audit_log ENABLE TRIGGER ALL");
  }
  std::vector<audit_fault> faults(const audit_head& kept = {}) {
    std::optional<audit_check> check;
    must(store->visit_chain(
        [&](const audit_head& head) {
          check.emplace(key, head);
          check->remember(kept.position);
        },
        [&](const audit_row& row) { check->add(row); }));
    check->finish();
    check->hold_against(kept, "the kept head");
    return check->faults();
  }
  bool finds(kind what, std::int64_t first, std::int64_t last, const audit_head& kept = {}) {
    const auto all = faults(kept);
    for (const auto& f : all)
      BOOST_TEST_MESSAGE(f.sentence);
    return all.size() == 1 && all.front().what == what && all.front().first == first &&
           all.front().last == last;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_store_, audit_fixture)

BOOST_AUTO_TEST_CASE(a_row_comes_back_as_it_was_recorded) {
  add(1);
  const auto rows = must(store->list({}));
  BOOST_TEST_REQUIRE(rows.size() == 1u);
  const auto& r = rows.front();
  BOOST_TEST((r.at == start + 1s));
  BOOST_TEST((r.entry.action == audit_action::login));
  BOOST_TEST(r.entry.actor == "user anna");
  BOOST_TEST((r.entry.actor_id == id_of(1)));
  BOOST_TEST(r.entry.before == R"({"b" : 1, "a":2.50})");  // to the letter
  BOOST_TEST(r.entry.after == "null");
  BOOST_TEST(r.entry.detail == "\xc3\xa4 \\u001b[2J");  // fit for a terminal
  BOOST_TEST(r.position == 0);
}

BOOST_AUTO_TEST_CASE(an_entry_goes_with_its_transaction) {
  run("BEGIN");
  add(1);
  run("ROLLBACK");
  BOOST_TEST(must(store->list({})).empty());
  BOOST_TEST(must(store->chain_waiting(key, 10)) == 0u);
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut_and_large_changes_left_out) {
  audit_entry e;
  e.actor = std::string(1000, 'a');
  e.target = std::string(1000, '\x01');
  e.detail = std::string(5000, '\xff');
  e.address = std::string(500, '\n');
  e.request_id = std::string(500, '\x02');
  e.before = '"' + std::string(10'000, 'x') + '"';
  must(append(eye, e, start));
  BOOST_TEST(must(store->list({})).front().entry.before == R"({"too_large":true})");
}

BOOST_AUTO_TEST_CASE(lists_are_filtered_and_paged) {
  for (int i = 0; i < 10; ++i)
    add(i, i % 2 == 0 ? "user anna" : "bo@desk",
        i < 5 ? audit_action::login : audit_action::logout);
  const auto count = [&](const audit_filter& f) { return must(store->list(f)).size(); };
  BOOST_TEST(count({.actor = "anna"}) == 5u);
  BOOST_TEST(count({.actor = "bo@desk"}) == 5u);
  BOOST_TEST(count({.actor = "user anna", .action = "logout"}) == 2u);
  BOOST_TEST(count({.target = "task 5", .result = "ok"}) == 10u);
  BOOST_TEST(count({.result = "denied"}) == 0u);
  BOOST_TEST(count({.request_id = "r-3"}) == 1u);
  BOOST_TEST(count({.address = "192.0.2.2"}) == 0u);
  BOOST_TEST(count({.since = start + 8s}) == 2u);
  BOOST_TEST(count({.until = start + 8s}) == 8u);
  std::string seen;
  audit_filter page{.limit = 4};
  for (auto rows = must(store->list(page)); !rows.empty(); rows = must(store->list(page))) {
    for (const auto& r : rows)
      seen += r.entry.request_id + " ";
    page.before = std::pair{rows.back().at, rows.back().id};
  }
  BOOST_TEST(seen == "r-9 r-8 r-7 r-6 r-5 r-4 r-3 r-2 r-1 r-0 ");
}

BOOST_AUTO_TEST_CASE(rows_are_chained_in_steps_and_in_order) {
  for (int i = 1; i <= 25; ++i)
    add(i);
  BOOST_TEST(must(store->tail()).rows == 25u);
  BOOST_TEST((must(store->tail()).oldest == start + 1s));
  BOOST_TEST(must(store->chain_waiting(key, 10)) == 10u);
  BOOST_TEST(must(store->chain_waiting(key, 10)) == 10u);
  BOOST_TEST(must(store->chain_waiting(key, 10)) == 5u);
  BOOST_TEST(must(store->chain_waiting(key, 10)) == 0u);
  BOOST_TEST(must(store->head()).position == 25);
  BOOST_TEST(must(store->tail()).rows == 0u);
  BOOST_TEST((*must(store->head_at(25)) == must(store->head())));
  BOOST_TEST(!must(store->head_at(26)).has_value());
  BOOST_TEST(faults().empty());
}

BOOST_AUTO_TEST_CASE(one_store_leads_until_its_connection_ends) {
  auto other = must(open_audit_store(options));
  BOOST_TEST(must(store->lead()));
  BOOST_TEST(must(store->lead()));
  BOOST_TEST(!must(other->lead()));
  store.reset();
  await(eye, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
  BOOST_TEST(must(other->lead()));
}

BOOST_AUTO_TEST_CASE(two_who_chain_at_once_give_no_place_twice) {
  for (int i = 1; i <= 200; ++i)
    add(i);
  auto other = must(open_audit_store(options));
  std::thread t{[&] {
    for (int i = 0; i < 40; ++i)
      (void)other->chain_waiting(key, 10);
  }};
  for (int i = 0; i < 40; ++i)
    (void)store->chain_waiting(key, 10);
  t.join();
  while (must(store->chain_waiting(key, 10)) > 0) {
  }
  BOOST_TEST(must(store->head()).position == 200);
  BOOST_TEST(faults().empty());
}

BOOST_AUTO_TEST_CASE(the_database_itself_refuses_changes) {
  add_chained(3);
  add(4);
  for (const auto* sql :
       {"UPDATE auth_audit_log SET actor = 'x' WHERE position = 2",
        "UPDATE auth_audit_log SET actor = 'x' WHERE position IS NULL",
        "UPDATE auth_audit_log SET position = NULL, mac = NULL, link = NULL",
        "DELETE FROM auth_audit_log", "DELETE FROM auth_audit_log WHERE position IS NULL",
        "TRUNCATE auth_audit_log"})
    BOOST_TEST(!eye.exec(sql), sql);
  BOOST_TEST(must(store->list({})).size() == 4u);
}

// -- what somebody who owns the tables does ---

BOOST_AUTO_TEST_CASE(an_edited_row_is_found) {
  add_chained(10);
  tamper("UPDATE auth_audit_log SET actor = 'user bo' WHERE position = 4");
  BOOST_TEST(finds(kind::edited, 4, 4));
}

BOOST_AUTO_TEST_CASE(a_name_that_no_program_writes_is_an_edit) {
  add_chained(3);
  tamper("UPDATE auth_audit_log SET action = 'something_else' WHERE position = 2");
  BOOST_TEST(finds(kind::edited, 2, 2));
}

BOOST_AUTO_TEST_CASE(a_removed_row_is_found) {
  add_chained(10);
  tamper("DELETE FROM auth_audit_log WHERE position IN (4, 5)");
  BOOST_TEST(finds(kind::removed, 4, 5));
}

BOOST_AUTO_TEST_CASE(an_inserted_row_is_found) {
  add_chained(10);
  tamper(
      "INSERT INTO auth_audit_log SELECT gen_random_uuid(), at, action, result, 'user bo', "
      "actor_id, target, before, after, address, request_id, detail, 11, mac, link FROM "
      "auth_audit_log WHERE position = 10");
  BOOST_TEST(finds(kind::inserted, 11, 11));
}

BOOST_AUTO_TEST_CASE(a_row_squeezed_in_between_is_found) {
  add_chained(10);
  tamper(
      "ALTER TABLE auth_audit_log DROP CONSTRAINT auth_audit_log_position_key; "
      "INSERT INTO auth_audit_log SELECT gen_random_uuid(), at, action, result, 'user bo', "
      "actor_id, target, before, after, address, request_id, detail, position, mac, link FROM "
      "auth_audit_log WHERE position = 5");
  BOOST_TEST(finds(kind::inserted, 5, 5));
}

BOOST_AUTO_TEST_CASE(a_cut_end_is_found_even_when_the_head_was_set_back) {
  add_chained(10);
  const auto kept = must(store->head());
  tamper("DELETE FROM auth_audit_log WHERE position > 7");
  BOOST_TEST(finds(kind::cut, 8, 10));
  run("UPDATE audit_head SET position = 7, link = (SELECT link FROM auth_audit_log WHERE position "
      "= 7)");
  BOOST_TEST(faults().empty());  // the database alone can't tell
  BOOST_TEST(finds(kind::cut, 8, 10, kept));
  for (int i = 20; i < 25; ++i)
    add(i);
  must(store->chain_waiting(key, 100));
  BOOST_TEST(finds(kind::replaced, 10, 10, kept));
}

BOOST_AUTO_TEST_CASE(chaining_goes_on_after_a_change_and_the_change_stays_visible) {
  add_chained(5);
  tamper("UPDATE auth_audit_log SET detail = 'nothing happened' WHERE position = 5");
  for (int i = 10; i < 13; ++i)
    add(i);
  BOOST_TEST(must(store->chain_waiting(key, 100)) == 3u);
  BOOST_TEST(finds(kind::edited, 5, 5));
}

BOOST_AUTO_TEST_SUITE_END()
