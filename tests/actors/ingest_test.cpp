#include "actors/ingest.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"
#include "tests/actors/fakes.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

/// The test to its validators: answer the n-th burst, now.
struct answer_now {
  std::size_t index{};
  outcome with{};
};

}  // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(answer_now)

namespace {

using scripted_validators = handle<outcome(burst), void(answer_now)>;

struct lanes_ear {
  std::vector<std::int32_t> drained;
};

/// One lane between a fake broker and validators that the test scripts.
struct fixture : test::deterministic {
  std::shared_ptr<test::fake_session> broker = std::make_shared<test::fake_session>();
  std::shared_ptr<std::atomic<bool>> leased = std::make_shared<std::atomic<bool>>(true);
  lanes_ear heard;
  std::vector<burst> bursts;
  std::vector<caf::typed_response_promise<outcome>> promises;
  bool answer_at_once = true;
  std::optional<failure> refusal;
  caf::sec fail_with{caf::sec::none};
  scripted_validators validators;
  drained_sink lanes;
  ingest_actor lane;

  fixture() {
    validators =
        sys.spawn([this](scripted_validators::pointer me) -> scripted_validators::behavior_type {
          return {
              [this, me](const burst& b) -> caf::result<outcome> {
                bursts.push_back(b);
                if (fail_with != caf::sec::none) return fail_with;
                if (answer_at_once) return answer_to(b);
                promises.push_back(me->make_response_promise<outcome>());
                return promises.back();
              },
              [this](const answer_now& a) { promises.at(a.index).deliver(a.with); },
          };
        });
    lanes = sys.spawn([this](drained_sink::pointer) -> drained_sink::behavior_type {
      return {[this](const lane_drained& d) { heard.drained.push_back(d.slot); }};
    });
  }

  ~fixture() {
    if (lane) end(lane, caf::exit_reason::kill);
    promises.clear();
    end(validators);
    end(lanes);
  }

  outcome answer_to(const burst& b) const {
    if (refusal) return {{}, refusal};
    verdict v;
    v.of = b.raw->from;
    v.stored = static_cast<std::uint32_t>(b.raw->size());
    return {v, std::nullopt};
  }

  void start(bool known = false) {
    lane = make_scheduled_ingest(sys, {.shared = shared,
                                       .slot = {3, false, false, "client-3"},
                                       .known = known,
                                       .session = std::make_shared<test::borrowed_session>(broker),
                                       .leased = leased,
                                       .validators = validators,
                                       .lanes = lanes,
                                       .turn_interval = 10ms});
    run();
  }

  void answer(std::size_t index, outcome with) {
    self->send(validators, answer_now{index, std::move(with)});
    run();
  }

  ledger_counts books() const { return shared->books.read(); }
  std::string state() const {
    const auto all = shared->board.lanes();
    return all.empty() ? "gone" : all.front().state;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ingest_test, fixture)

BOOST_AUTO_TEST_CASE(acknowledges_a_batch_after_its_verdict_and_not_before) {
  answer_at_once = false;
  broker->queued = {"a", "b"};
  start();
  advance(5s);
  BOOST_TEST(broker->acknowledged.empty());
  BOOST_TEST(books().in_flight == 2u);
  BOOST_TEST(state() == "waiting");
  answer(0, answer_to(bursts.at(0)));
  BOOST_TEST(broker->acknowledged.size() == 2u);
  BOOST_TEST(books().in_flight == 0u);
  BOOST_TEST(books().stored == 2u);
  BOOST_TEST(books().unaccounted() == 0);
}

BOOST_AUTO_TEST_CASE(has_at_most_one_batch_out) {
  answer_at_once = false;
  broker->burst = 1;
  broker->queued = {"a", "b", "c"};
  start();
  advance(1s);
  BOOST_TEST(bursts.size() == 1u);
  BOOST_TEST(broker->delivered.size() == 1u);
}

BOOST_AUTO_TEST_CASE(gives_the_batch_back_when_no_verdict_comes_in_time) {
  answer_at_once = false;
  broker->queued = {"a"};
  start();
  advance(shared->set.ingest.verdict_timeout - 1s);
  BOOST_TEST(broker->drops == 0);
  advance(1s);
  BOOST_TEST(broker->drops == 1);
  BOOST_TEST(broker->acknowledged.empty());
  BOOST_TEST(books().given_back == 1u);
  BOOST_TEST(books().unaccounted() == 0);
}

BOOST_AUTO_TEST_CASE(drops_a_late_verdict_of_an_old_epoch) {
  answer_at_once = false;
  broker->queued = {"a"};
  start();
  advance(shared->set.ingest.verdict_timeout + 2s);  // given back, reconnected, read again
  BOOST_REQUIRE_EQUAL(bursts.size(), 2u);
  BOOST_TEST(bursts[0].raw->from.epoch == 1u);
  BOOST_TEST(bursts[1].raw->from.epoch == 2u);
  answer(0, answer_to(bursts[0]));  // the old batch was committed after all
  BOOST_TEST(broker->acknowledged.empty());
  answer(1, answer_to(bursts[1]));
  BOOST_TEST(broker->acknowledged.size() == 1u);
  BOOST_TEST(books().unaccounted() == 0);
}

BOOST_AUTO_TEST_CASE(never_acknowledges_on_a_verdict_that_names_another_batch) {
  answer_at_once = false;
  broker->queued = {"a"};
  start();
  auto wrong = answer_to(bursts.at(0));
  wrong.done.of.epoch = 7;
  answer(0, wrong);
  BOOST_TEST(broker->acknowledged.empty());
  BOOST_TEST(broker->drops == 1);
  BOOST_TEST(shared->meters.late_verdicts.Value() == 1.0);
}

BOOST_AUTO_TEST_CASE(gives_the_batch_back_when_the_database_is_away_and_returns_with_it) {
  refusal = failure{errc::database_away, "connection refused"};
  broker->queued = {"a", "b"};
  start();
  shared->board.report(dependency_database, "mirror 0", false, "connection refused");
  advance(1s);
  BOOST_TEST(state() == "paused");
  BOOST_TEST(broker->connects == 1);
  advance(60s);
  BOOST_TEST(broker->connects == 1);  // it stays away from the broker, which keeps the events
  refusal.reset();
  shared->board.report(dependency_database, "mirror 0", true, "");
  advance(1s);
  BOOST_TEST(broker->connects == 2);
  BOOST_TEST(broker->acknowledged.size() == 2u);
  BOOST_TEST(books().given_back == 2u);
  BOOST_TEST(books().stored == 2u);
  BOOST_TEST(books().unaccounted() == 0);
}

BOOST_AUTO_TEST_CASE(waits_longer_each_time_when_what_stops_it_lies_behind_the_broker) {
  refusal = failure{errc::database_busy, "no space left on device"};  // yet it can be reached
  broker->queued = {"a"};
  start();
  advance(60s);
  BOOST_TEST(broker->connects < 130);  // one or two a second
  BOOST_TEST(broker->connects > 50);
  refusal.reset();
  advance(2s);
  BOOST_TEST(broker->acknowledged.size() == 1u);
}

BOOST_AUTO_TEST_CASE(gives_the_batch_back_when_the_actor_that_held_it_fails) {
  fail_with = caf::sec::runtime_error;
  broker->queued = {"a"};
  start();
  BOOST_TEST(books().given_back == 1u);
  BOOST_TEST(broker->acknowledged.empty());
}

BOOST_AUTO_TEST_CASE(reconnects_within_a_second_for_as_long_as_the_broker_is_away) {
  broker->refuse_connect = failure{errc::broker_away, "connection refused"};
  start();
  const auto before = broker->connects;
  advance(30s);
  BOOST_TEST(broker->connects - before >= 30);
  BOOST_TEST(broker->connects - before <= 80);
  BOOST_TEST(!shared->board.up(dependency_broker));
  broker->refuse_connect.reset();
  broker->queued = {"a"};
  advance(1s);
  BOOST_TEST(broker->acknowledged.size() == 1u);
  BOOST_TEST(shared->board.up(dependency_broker));
}

BOOST_AUTO_TEST_CASE(does_not_connect_without_the_lease_of_its_slot) {
  *leased = false;
  start();
  advance(10s);
  BOOST_TEST(broker->connects == 0);
  BOOST_TEST(state() == "paused");
  *leased = true;
  advance(200ms);
  BOOST_TEST(broker->connects == 1);
}

BOOST_AUTO_TEST_CASE(reports_a_session_that_the_broker_has_lost) {
  broker->present = false;
  start(/*known=*/true);
  advance(100ms);
  BOOST_TEST(shared->meters.sessions_lost.Value() == 1.0);
}

BOOST_AUTO_TEST_CASE(expects_no_session_for_a_new_slot) {
  broker->present = false;
  start(/*known=*/false);
  advance(100ms);
  BOOST_TEST(shared->meters.sessions_lost.Value() == 0.0);
}

BOOST_AUTO_TEST_CASE(drains_to_empty_before_it_ends_the_session) {
  broker->burst = 1;
  broker->queued = {"a", "b", "c"};
  start();
  self->send(lane, retire{});
  advance(1s);
  BOOST_TEST(broker->unsubscribes == 1);
  BOOST_TEST(broker->ended);
  BOOST_TEST(broker->acknowledged.size() == 3u);
  BOOST_TEST(heard.drained.size() == 1u);
  BOOST_TEST(state() == "gone");
}

BOOST_AUTO_TEST_CASE(misses_no_session_that_it_has_ended_itself) {
  broker->refuse_end = failure{errc::broker_away, "no answer to DISCONNECT"};
  start(/*known=*/true);
  self->send(lane, retire{});
  advance(5s);
  BOOST_TEST(broker->connects == 2);
  BOOST_TEST(shared->meters.sessions_lost.Value() == 0.0);
  BOOST_TEST(heard.drained.size() == 1u);
  BOOST_TEST(state() == "gone");
}

BOOST_AUTO_TEST_CASE(unsubscribes_after_the_first_batch_however_much_there_is_to_read) {
  broker->burst = 1;
  for (int i = 0; i < 1000; ++i)
    broker->queued.push_back("x");
  answer_at_once = false;
  start();
  self->send(lane, retire{});
  run();
  BOOST_TEST(broker->unsubscribes == 0);  // a batch is out
  answer(0, answer_to(bursts.at(0)));
  BOOST_TEST(broker->unsubscribes == 1);
  BOOST_TEST(!broker->ended);
}

BOOST_AUTO_TEST_CASE(waits_for_the_outstanding_verdict_when_asked_to_stop) {
  answer_at_once = false;
  broker->queued = {"a"};
  start();
  self->send_exit(lane, caf::exit_reason::user_shutdown);
  run();
  BOOST_TEST(broker->left == 0);
  answer(0, answer_to(bursts.at(0)));
  BOOST_TEST(broker->acknowledged.size() == 1u);
  BOOST_TEST(broker->left == 1);
  BOOST_TEST(state() == "gone");
}

BOOST_AUTO_TEST_CASE(keeps_the_books_balanced_when_killed_with_a_batch_out) {
  answer_at_once = false;
  broker->queued = {"a", "b"};
  start();
  end(lane, caf::exit_reason::kill);
  BOOST_TEST(broker->acknowledged.empty());
  BOOST_TEST(books().given_back == 2u);
  BOOST_TEST(books().in_flight == 0u);
  BOOST_TEST(books().unaccounted() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
