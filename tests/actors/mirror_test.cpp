#include "actors/mirror.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

/// A database that the test switches on and off.
struct database {
  bool up{true};
  int opened{};
  int writes{};
  int lose_next{};  ///< this many writes lose the connection first
  std::optional<failure> refusal;
};

class switched_store final : public mirror_store {
 public:
  explicit switched_store(database& db) : db_{db} {}

  result<verdict> write(const checked_batch& b) override {
    ++db_.writes;
    if (!db_.up) return away();
    if (db_.lose_next > 0) {
      --db_.lose_next;
      return away();
    }
    if (db_.refusal) return *db_.refusal;
    verdict v;
    v.of = b.raw->from;
    v.stored = static_cast<std::uint32_t>(b.raw->size());
    v.committed_at = now();
    return v;
  }
  result<void> reconnect() override {
    if (!db_.up) return away();
    return ok();
  }
  result<void> ping() override { return reconnect(); }

 private:
  static failure away() { return {errc::database_away, "connection refused"}; }
  database& db_;
};

struct fixture : test::deterministic {
  database db;
  mirror_actor mirror;
  std::optional<failure> fatal;

  fixture() {
    shared->fatal = [this](const failure& f) { fatal = f; };
    start();
  }
  ~fixture() { end(mirror); }

  void start() {
    mirror =
        make_scheduled_mirror(sys, shared, 0, [this]() -> result<std::unique_ptr<mirror_store>> {
          if (!db.up) return failure{errc::database_away, "connection refused"};
          ++db.opened;
          return std::make_unique<switched_store>(db);
        });
    run();
  }

  outcome write(std::size_t events = 1) {
    auto raw = std::make_shared<batch>();
    for (std::size_t i = 0; i < events; ++i)
      raw->add("tracker/events/tasks/updated", "{}", now());
    raw->from = {1, 1, 1};
    auto b = std::make_shared<checked_batch>();
    b->raw = raw;
    b->events.resize(events);
    return ask<outcome>(mirror, checked{b}).value();
  }

  bool database_up() const { return shared->board.up(dependency_database); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mirror_test, fixture)

BOOST_AUTO_TEST_CASE(answers_with_the_verdict_of_the_commit) {
  const auto o = write(3);
  BOOST_TEST(!o.refused);
  BOOST_TEST(o.done.stored == 3u);
  BOOST_TEST((o.done.of == origin{1, 1, 1}));
  BOOST_TEST(shared->meters.batches.Value() == 1.0);
}

BOOST_AUTO_TEST_CASE(writes_once_more_after_a_lost_connection_that_comes_back_at_once) {
  db.lose_next = 1;
  BOOST_TEST(!write().refused);
  BOOST_TEST(db.writes == 2);
  BOOST_TEST(database_up());
}

BOOST_AUTO_TEST_CASE(refuses_at_once_while_the_database_is_away_and_recovers_by_itself) {
  db.up = false;
  BOOST_TEST((write().refused->code == errc::database_away));
  BOOST_TEST(!database_up());
  const auto tried = db.writes;
  write();
  BOOST_TEST(db.writes == tried);  // no blocking attempt per batch
  advance(30s);
  BOOST_TEST(!database_up());
  db.up = true;
  advance(1s);
  BOOST_TEST(database_up());
  BOOST_TEST(!write().refused);
}

BOOST_AUTO_TEST_CASE(notices_a_dead_database_while_idle) {
  write();
  db.up = false;
  advance(11s);
  BOOST_TEST(!database_up());
}

BOOST_AUTO_TEST_CASE(keeps_one_timer_however_often_the_database_goes) {
  for (int i = 0; i < 20; ++i) {
    db.up = false;
    write();
    db.up = true;
    advance(2s);
  }
  BOOST_TEST(sched.clock().schedule().size() <= 25u);  // request time-outs and one tick
  const auto before = db.opened;
  advance(60s);
  BOOST_TEST(db.opened == before);
}

BOOST_AUTO_TEST_CASE(starts_without_a_database_and_waits_for_it) {
  end(mirror);
  db.up = false;
  start();
  BOOST_TEST(!database_up());
  BOOST_TEST((write().refused->code == errc::database_away));
  db.up = true;
  advance(2s);
  BOOST_TEST(database_up());
  BOOST_TEST(!write().refused);
}

BOOST_AUTO_TEST_CASE(stops_the_service_on_an_error_that_waiting_cannot_mend) {
  db.refusal = failure{errc::permission_denied, "permission denied for table events_mirror"};
  BOOST_TEST(write().refused.has_value());
  BOOST_REQUIRE(fatal.has_value());
  BOOST_TEST((fatal->code == errc::permission_denied));
}

BOOST_AUTO_TEST_SUITE_END()
