#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/storage/tracker_fixture.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(project_store_, tracker_fixture)

BOOST_AUTO_TEST_CASE(what_is_made_is_found_as_it_was_given) {
  auto wanted = project_named("OPS", "Operations");
  wanted.description = "Keeps\nthings \"running\" \\ ü";
  wanted.status = project_status::active;
  wanted.urgency = priority::high;
  wanted.person = "bob";
  wanted.labels = std::vector<std::string>{"a,b", "c\"d", "{e}", "NULL", " f"};
  wanted.due_at = parse_rfc3339("2030-01-02T03:04:05.123456Z");
  wanted.metadata = R"({"n": 1, "deep": {"list": [1, 2.5, null, "ü"]}})";
  const auto made = must(projects->create(wanted, anna));
  auto found = must(projects->find(made.id));
  BOOST_TEST(same_metadata(found.metadata, made.metadata));
  found.metadata = made.metadata;
  BOOST_TEST((found == made));
  BOOST_TEST(*made.person == "bob");
  BOOST_TEST(made.lived.started_at.has_value());
  BOOST_TEST((must(projects->find_by_key("OPS")).id == made.id));
  BOOST_TEST((why_not(projects->find_by_key("NONE")).code == errc::not_found));
  BOOST_TEST((why_not(projects->find_by_key("no key'; --")).code == errc::not_found));
  BOOST_TEST((why_not(projects->find(id_of(1))).code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_write_and_its_event_are_one_transaction) {
  BOOST_TEST(said() == "project_created");
  must(projects->update(pay.id, std::nullopt, project_named("PAY", "Payments"), anna));
  BOOST_TEST(said() == "");  // nothing differed
  must(projects->update(pay.id, 1, project_named("PAY", "Paying"), anna));
  BOOST_TEST(value("SELECT body::json ->> 'trace_id' FROM outbox_events") ==
             to_string(anna.trace_id));
  BOOST_TEST(value("SELECT topic FROM outbox_events") == "tracker/events/projects/updated");
  BOOST_TEST(value("SELECT entity FROM outbox_events") == to_string(pay.id));
  BOOST_TEST(value("SELECT body::json #>> '{payload,changed,title,before}' FROM outbox_events") ==
             "Payments");
  BOOST_TEST(value("SELECT occurred_at = p.updated_at FROM outbox_events, projects p") == "t");
  BOOST_TEST(said() == "project_updated");
  run("ALTER TABLE outbox_events ADD CONSTRAINT full_up CHECK (false) NOT VALID");
  BOOST_TEST(!projects->update(pay.id, std::nullopt, project_named("PAY", "Lost"), anna));
  BOOST_TEST(must(projects->find(pay.id)).title == "Paying");
}

BOOST_AUTO_TEST_CASE(an_expected_version_that_is_gone_is_a_conflict_that_tells_the_current_one) {
  must(projects->update(pay.id, 1, project_named("PAY", "Two"), anna));
  const auto why = why_not(projects->update(pay.id, 1, project_named("PAY", "Three"), anna));
  BOOST_TEST((why.code == errc::version_conflict));
  BOOST_TEST(why.detail ==
             "the project is at version 2 now, not 1; read it again and repeat the change");
  BOOST_TEST((why_not(projects->archive(pay.id, 7, anna)).code == errc::version_conflict));
  BOOST_TEST(must(projects->find(pay.id)).title == "Two");
}

BOOST_AUTO_TEST_CASE(a_key_is_there_once) {
  const auto why = why_not(projects->create(project_named("PAY", "Again"), anna));
  BOOST_TEST((why.code == errc::conflict));
  BOOST_TEST(why.pointer == "/key");
  BOOST_TEST(number("SELECT count(*) FROM projects") == 1);
  BOOST_TEST(said() == "project_created");
}

BOOST_AUTO_TEST_CASE(archived_ones_are_left_alone_and_come_back) {
  const auto away = must(projects->archive(pay.id, 1, anna));
  BOOST_TEST(away.version == 2);
  BOOST_TEST((why_not(projects->update(pay.id, 2, project_named("PAY", "X"), anna)).code ==
              errc::conflict));
  BOOST_TEST(
      (why_not(components->create(pay.id, component_named("api"), anna)).code == errc::conflict));
  BOOST_TEST((why_not(tasks->create(pay.id, titled("x"), anna)).code == errc::conflict));
  must(projects->archive(pay.id, 2, anna));  // again: no news
  BOOST_TEST(must(projects->restore(pay.id, 2, anna)).version == 3);
  BOOST_TEST(said() == "project_created project_archived project_restored");
}

BOOST_AUTO_TEST_CASE(only_what_is_archived_and_empty_is_deleted) {
  const auto api = add_component("api");
  BOOST_TEST((why_not(projects->remove(pay.id, std::nullopt, anna)).code == errc::conflict));
  must(projects->archive(pay.id, std::nullopt, anna));
  const auto why = why_not(projects->remove(pay.id, std::nullopt, anna));
  BOOST_TEST(why.detail == "the project still has components; delete those first");
  must(components->archive(api.id, std::nullopt, anna));
  must(components->remove(api.id, std::nullopt, anna));
  must(projects->remove(pay.id, 2, anna));
  BOOST_TEST((why_not(projects->find(pay.id)).code == errc::not_found));
  BOOST_TEST(said() ==
             "project_created component_created project_archived component_archived "
             "component_deleted project_deleted");
}

BOOST_AUTO_TEST_CASE(components_have_a_slug_of_their_own_in_their_project) {
  const auto api = add_component("api");
  const auto ledger = add_component("ledger");
  BOOST_TEST(api.position < ledger.position);
  BOOST_TEST((must(components->find(api.id)) == api));
  const auto why = why_not(components->create(pay.id, component_named("api"), anna));
  BOOST_TEST(why.pointer == "/slug");
  const auto ops = must(projects->create(project_named("OPS", "Operations"), anna));
  must(components->create(ops.id, component_named("api"), anna));
  component_change c;
  c.slug = "ledger";
  BOOST_TEST(why_not(components->update(api.id, std::nullopt, c, anna)).pointer == "/slug");
  BOOST_TEST(
      (why_not(components->create(id_of(1), component_named("x"), anna)).code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(two_writers_of_one_version_make_one_change) {
  const auto other = make_project_store(must(open_entity_connection(options)));
  int won = 0;
  for (auto* store : {projects.get(), other.get()})
    won += store->update(pay.id, 1, project_named("PAY", "Won"), anna).has_value() ? 1 : 0;
  BOOST_TEST(won == 1);
  BOOST_TEST(must(projects->find(pay.id)).version == 2);
}

BOOST_AUTO_TEST_CASE(it_works_again_after_the_connection_was_lost) {
  run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
      "AND pid <> pg_backend_pid()");
  const auto lost = projects->find(pay.id);
  BOOST_REQUIRE(!lost);
  BOOST_TEST((lost.error().code == errc::database_away));
  must(projects->reconnect());
  BOOST_TEST(must(components->create(pay.id, component_named("api"), anna)).version == 1);
}

BOOST_AUTO_TEST_SUITE_END()
