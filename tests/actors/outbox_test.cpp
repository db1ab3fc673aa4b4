// The whole way with real servers: an outbox, a broker, the lanes and mirrors of a service, and
// back.

#include <functional>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <prometheus/registry.h>

#include "actors/service.hpp"
#include "pipeline/own_event.hpp"
#include "storage/outbox_store.hpp"
#include "tests/storage/fixtures.hpp"
#include "tests/support/broker.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

struct outbox_world {
  test::broker broker{};
  fresh_database database;
  settings set;
  std::vector<std::unique_ptr<service>> nodes;

  outbox_world() {
    set.database.url = database.options.url;
    set.mqtt.host = broker.options().host;
    set.mqtt.port = broker.port();
    set.mqtt.connect_timeout = 2s;
    set.outbox.confirm_within = 2s;
    set.shutdown.grace = 30s;
  }
  ~outbox_world() {
    for (auto& n : nodes)
      n->stop();
  }

  service& start() {
    nodes.push_back(
        must(start_service(set, [](const failure& why) { BOOST_ERROR(to_string(why)); })));
    BOOST_TEST_REQUIRE(nodes.back()->wait_ready(30s));
    return *nodes.back();
  }

  void put(const std::optional<uuid>& entity, std::string payload, int count = 1) {
    for (int i = 0; i < count; ++i) {
      must(outbox_store::put(
          database.eye,
          make_own_event("task_updated", "tracker/events/tasks/updated", payload, entity, uuid{})));
    }
  }
  void put_task(int entity, int count = 1) {
    const auto id = id_of(static_cast<std::uint32_t>(entity), 7);
    put(id, fmt::format(R"({{"task_id":"{}"}})", to_string(id)), count);
  }

  static void await(const std::function<bool()>& condition, const char* what) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error(what);
      std::this_thread::sleep_for(5ms);
    }
  }
  std::int64_t in_state(const char* state) {
    return database.number(
        fmt::format("SELECT count(*) FROM outbox_events WHERE state = '{}'", state));
  }
  void await_confirmed(std::int64_t count) {
    await([&] { return in_state("confirmed") == count; }, "the confirmations");
  }
  std::int64_t stored() { return database.number("SELECT count(*) FROM events_mirror"); }

  double metric(const std::string& name) {
    double sum = 0;
    for (const auto& n : nodes) {
      for (const auto& family : n->metrics()->Collect()) {
        if (family.name != name) continue;
        for (const auto& m : family.metric)
          sum += m.counter.value + m.gauge.value;
      }
    }
    return sum;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(outbox, outbox_world)

BOOST_AUTO_TEST_CASE(what_is_put_comes_back_through_the_pipeline_once_and_in_order) {
  start();
  for (int i = 0; i < 8; ++i) {
    for (int entity = 0; entity < 3; ++entity)
      put_task(entity);
  }
  await_confirmed(24);
  BOOST_TEST(stored() == 24);
  // In the journal's order each entity's events stand as they were written.
  BOOST_TEST(
      database.number("SELECT count(*) FROM (SELECT o.id < lag(o.id) OVER (PARTITION BY o.entity "
                      "ORDER BY b.position, m.batch_index) AS wrong FROM outbox_events o "
                      "JOIN events_mirror m USING (event_id, occurred_at) "
                      "JOIN mirror_batches b ON b.batch_id = m.batch_id) t WHERE wrong") == 0);
  BOOST_TEST(metric("taylordash_outbox_published_total") == 24.0);
  BOOST_TEST(metric("taylordash_outbox_confirmed_total") == 24.0);
}

BOOST_AUTO_TEST_CASE(the_broker_goes_and_comes_back) {
  start();
  put_task(1);
  await_confirmed(1);
  broker.stop();
  put_task(2, 3);
  await([&] { return metric("taylordash_outbox_pending_events") == 3.0; }, "the gauge");
  BOOST_TEST(in_state("pending") == 3);
  broker.start();
  await_confirmed(4);
  BOOST_TEST(stored() == 4);
  await([&] { return metric("taylordash_outbox_pending_events") == 0.0; }, "the gauge");
}

BOOST_AUTO_TEST_CASE(the_database_ends_its_connections_and_nothing_is_lost) {
  start();
  put_task(1);
  await_confirmed(1);
  database.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  put_task(2, 3);
  await_confirmed(4);
  BOOST_TEST(stored() == 4);
}

BOOST_AUTO_TEST_CASE(two_nodes_publish_each_event_once_and_one_takes_over) {
  start();
  start();
  for (int i = 0; i < 50; ++i)
    put_task(i);
  await_confirmed(50);
  BOOST_TEST(metric("taylordash_outbox_published_total") == 50.0);
  nodes.front()->stop();
  nodes.erase(nodes.begin());
  put_task(99);
  await_confirmed(51);
  BOOST_TEST(stored() == 51);
}

BOOST_AUTO_TEST_CASE(what_the_pipeline_refuses_is_told_and_its_entity_goes_on) {
  start();
  const auto id = id_of(1, 7);
  put(id, R"({"task_id":"not a uuid"})");
  put_task(1);
  await_confirmed(1);
  BOOST_TEST(in_state("dead_lettered") == 1);
  await([&] { return metric("taylordash_outbox_dead_letters") == 1.0; }, "the gauge");
  BOOST_TEST(metric("taylordash_outbox_dead_lettered_total") == 1.0);
  BOOST_TEST(database.value("SELECT code FROM dlq_events") == "schema_violation");
}

/// The broker has it, the pipeline never sees it: a subscription that takes nothing.
BOOST_AUTO_TEST_CASE(what_is_not_stored_in_time_is_published_again) {
  set.mqtt.filter = "tracker/events/projects/#";  // tasks are not subscribed to by the service
  start();
  const auto other = make_lane_session({.broker = broker.options(),
                                        .client_id = "somebody-else",
                                        .subscription = "tracker/events/tasks/#"});
  must(other->connect());
  put_task(1);
  await([&] { return database.number("SELECT max(attempts) FROM outbox_events") == 2; },
        "the second publication");
  BOOST_TEST(stored() == 0);
  other->drop();
  nodes.front()->stop();
  nodes.clear();
  set.mqtt.filter = "tracker/events/#";
  set.mqtt.group = "another";
  start();
  await_confirmed(1);
  BOOST_TEST(stored() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
