#include "storage/outbox_store.hpp"

#include <future>

#include <boost/test/unit_test.hpp>

#include "pipeline/own_event.hpp"
#include "storage/dead_letter_store.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* topic = "tracker/events/tasks/updated";

own_event event_of(const std::optional<uuid>& entity, std::string payload = R"({"n":1})") {
  return make_own_event("task_updated", topic, std::move(payload), entity, uuid{});
}

struct outbox_fixture : fresh_database {
  std::unique_ptr<outbox_store> outbox = must(open_outbox_store(options));
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));

  outbox_fixture() { BOOST_TEST_REQUIRE(must(outbox->lead())); }

  void put(const own_event& e) { must(outbox_store::put(eye, e)); }

  std::vector<std::int64_t> next(std::size_t most = 100) {
    std::vector<std::int64_t> ids;
    for (const auto& row : must(outbox->next(most)))
      ids.push_back(row.id);
    return ids;
  }
  void publish(std::size_t most = 100) { must(outbox->mark_published(next(most))); }
  void store(const own_event& e) {
    must(
        mirror->write(batch_builder{}.event(e.event_id, e.payload, e.occurred_at, e.kind).build()));
  }
  void dead_letter(const own_event& e) {
    must(mirror->write(
        batch_builder{}.reject(envelope_of(e), errc::schema_violation, "/n", topic).build()));
  }
  std::string states() {
    return value("SELECT coalesce(string_agg(state, ' ' ORDER BY id), '') FROM outbox_events");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(outbox_store_, outbox_fixture)

BOOST_AUTO_TEST_CASE(what_is_put_is_there_after_the_commit_and_not_before) {
  const auto e = event_of(id_of(1));
  must(eye.exec("BEGIN"));
  put(e);
  BOOST_TEST(next().empty());
  must(eye.exec("COMMIT"));
  const auto rows = must(outbox->next(10));
  BOOST_REQUIRE(rows.size() == 1u);
  BOOST_TEST(rows[0].topic == topic);
  BOOST_TEST(rows[0].body == envelope_of(e));
  must(eye.exec("BEGIN"));
  put(event_of(id_of(2)));
  must(eye.exec("ROLLBACK"));
  BOOST_TEST(next().size() == 1u);
}

BOOST_AUTO_TEST_CASE(of_each_entity_one_goes_at_a_time_in_the_order_of_its_writes) {
  std::vector<own_event> of_a{event_of(id_of(1)), event_of(id_of(1)), event_of(id_of(1))};
  const auto of_b = event_of(id_of(2));
  put(of_a[0]);
  put(of_a[1]);
  put(of_b);
  put(event_of(std::nullopt));
  put(event_of(std::nullopt));
  BOOST_TEST(next() == (std::vector<std::int64_t>{1, 3, 4, 5}), boost::test_tools::per_element());
  publish();
  BOOST_TEST(next().empty());  // the second of A waits until the first is seen, not only published
  store(of_a[0]);
  BOOST_TEST(must(outbox->settle(1min)).confirmed == 1u);
  BOOST_TEST(next() == (std::vector<std::int64_t>{2}), boost::test_tools::per_element());
  BOOST_TEST(next(0).empty());
}

BOOST_AUTO_TEST_CASE(the_mirrors_row_confirms_and_a_dead_letter_tells_why_not) {
  const auto good = event_of(id_of(1));
  const auto bad = event_of(id_of(2));
  const auto later = event_of(id_of(3));
  for (const auto& e : {good, bad, later})
    put(e);
  publish();
  BOOST_TEST(must(outbox->settle(1min)).waiting == 3u);
  store(good);
  dead_letter(bad);
  const auto done = must(outbox->settle(1min));
  BOOST_TEST(done.confirmed == 1u);
  BOOST_TEST(done.waiting == 1u);
  BOOST_REQUIRE(done.refused.size() == 1u);
  BOOST_TEST(done.refused[0].code == "schema_violation");
  BOOST_TEST(done.refused[0].kind == "task_updated");
  BOOST_TEST(done.refused[0].letter ==
             value("SELECT encode(delivery_hash, 'hex') FROM dlq_events"));
  BOOST_TEST(states() == "confirmed dead_lettered published");
  const auto state = must(outbox->look());
  BOOST_TEST(state.published == 1u);
  BOOST_TEST(state.pending == 0u);
  BOOST_TEST(state.dead_letters == 1u);
  BOOST_TEST(state.oldest.count() > 0);
}

BOOST_AUTO_TEST_CASE(an_event_with_the_same_id_and_another_time_confirms_nothing) {
  auto e = event_of(id_of(1));
  put(e);
  publish();
  e.occurred_at -= 1us;
  store(e);
  BOOST_TEST(must(outbox->settle(1min)).confirmed == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_replayed_is_confirmed_in_the_end) {
  const auto e = event_of(id_of(1));
  put(e);
  publish();
  dead_letter(e);
  must(outbox->settle(1min));
  BOOST_TEST(must(outbox->look()).dead_letters == 1u);
  store(e);
  BOOST_TEST(must(outbox->tidy(1h)).replayed == 1u);
  BOOST_TEST(states() == "confirmed");
  BOOST_TEST(must(outbox->look()).dead_letters == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_not_seen_in_time_goes_again_each_time_later) {
  put(event_of(id_of(1)));
  publish();
  BOOST_TEST(must(outbox->settle(1min)).to_be_sent == 0u);
  const auto age = [&](const char* by) {
    run(std::string{"UPDATE outbox_events SET published_at = published_at - interval '"} + by +
        "'");
  };
  age("61 s");
  BOOST_TEST(must(outbox->settle(1min)).to_be_sent == 1u);
  BOOST_TEST(next().size() == 1u);
  publish();
  age("61 s");
  BOOST_TEST(must(outbox->settle(1min)).to_be_sent == 0u);  // twice as long now
  age("60 s");
  BOOST_TEST(must(outbox->settle(1min)).to_be_sent == 1u);
  BOOST_TEST(must(outbox->next(1)).at(0).attempts == 2u);
}

BOOST_AUTO_TEST_CASE(what_no_broker_takes_is_a_dead_letter_that_can_be_replayed) {
  const auto e = event_of(id_of(1));
  put(e);
  const auto letter = must(outbox->refuse(1, {errc::body_too_large, "the broker takes 10 bytes"}));
  BOOST_TEST(states() == "dead_lettered");
  const auto kept = must(must(open_dead_letter_store(options))->get(letter.letter));
  BOOST_TEST(kept.about.stage == "outbox");
  BOOST_TEST(kept.about.code == "body_too_large");
  BOOST_TEST(std::string(kept.raw.begin(), kept.raw.end()) == envelope_of(e));
  BOOST_TEST((kept.about.event_id == e.event_id));
  BOOST_TEST(next().empty());
  BOOST_TEST((outbox->refuse(1, {errc::body_too_large, "again"}).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(what_was_settled_long_ago_is_deleted_and_what_is_open_is_not) {
  const auto good = event_of(id_of(1));
  const auto bad = event_of(id_of(2));
  put(good);
  put(bad);
  put(event_of(id_of(3)));
  publish(2);
  store(good);
  dead_letter(bad);
  must(outbox->settle(1min));
  run("UPDATE outbox_events SET created_at = created_at - interval '2 h', "
      "settled_at = settled_at - interval '2 h'");
  BOOST_TEST(must(outbox->tidy(3h)).pruned == 0u);
  BOOST_TEST(must(outbox->tidy(1h)).pruned == 1u);
  BOOST_TEST(states() == "dead_lettered pending");
  run("UPDATE dlq_events SET status = 'discarded'");
  BOOST_TEST(must(outbox->tidy(1h)).pruned == 1u);
  BOOST_TEST(states() == "pending");
}

BOOST_AUTO_TEST_CASE(one_leads_and_another_takes_over_when_it_is_gone) {
  const auto other = must(open_outbox_store(options));
  BOOST_TEST(!must(other->lead()));
  BOOST_TEST((other->next(1).error().code == errc::lease_lost));
  outbox.reset();
  await(eye,
        "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))");
  BOOST_TEST(must(other->lead()));
}

BOOST_AUTO_TEST_CASE(the_leader_is_woken_by_a_commit_and_by_nothing_else) {
  BOOST_TEST(!must(outbox->wait(1ms)));
  must(eye.exec("BEGIN"));
  put(event_of(id_of(1)));
  BOOST_TEST(!must(outbox->wait(50ms)));
  auto woken = std::async(std::launch::async, [&] { return must(outbox->wait(20s)); });
  must(eye.exec("COMMIT"));
  BOOST_TEST(woken.get());
  BOOST_TEST(!must(outbox->wait(1ms)));  // once
  // Also when the word came along with the answer to something else.
  put(event_of(id_of(2)));
  next();
  BOOST_TEST(must(outbox->wait(20s)));
}

BOOST_AUTO_TEST_CASE(a_sleeper_is_woken_by_the_interrupter_and_by_a_lost_connection) {
  auto stoppable = options;
  stoppable.stop = std::make_shared<interrupter>();
  const auto other = must(open_outbox_store(stoppable));
  auto asleep = std::async(std::launch::async, [&] { return other->wait(20s); });
  stoppable.stop->interrupt();
  BOOST_TEST((asleep.get().error().code == errc::stopping));
  auto lost = std::async(std::launch::async, [&] { return outbox->wait(20s); });
  run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
      "AND pid <> pg_backend_pid()");
  BOOST_TEST((lost.get().error().code == errc::database_away));
  must(outbox->reconnect());
  BOOST_TEST(must(outbox->lead()));
}

BOOST_AUTO_TEST_CASE(nothing_is_looked_for_while_the_journal_stands_still) {
  put(event_of(id_of(1)));
  publish();
  must(outbox->settle(1min));
  const auto e = event_of(id_of(9));
  run("INSERT INTO events_mirror SELECT event_id, event_id, occurred_at, now(), 0, 0, NULL, kind, "
      "'s', topic, '{}' FROM outbox_events");
  BOOST_TEST(must(outbox->settle(1min)).confirmed == 0u);  // no batch has said so
  store(e);
  BOOST_TEST(must(outbox->settle(1min)).confirmed == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
