#include <boost/test/unit_test.hpp>

#include "storage/consumer_store.hpp"
#include "storage/dead_letter_rows.hpp"
#include "storage/replay_json.hpp"
#include "storage/replay_run.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* topic = "tracker/events/tasks/updated";

/// A whole event as a producer would have sent it. (id_of(0) would be the nil UUID.)
std::string event_text(std::uint32_t n, std::string_view payload = R"({"n":1})",
                       std::string_view kind = "order_placed") {
  return R"({"event_id":")" + to_string(id_of(n + 1000)) + R"(","occurred_at":")" +
         to_rfc3339(now() - 1min) + R"(","trace_id":")" + to_string(id_of(n + 1000)) +
         R"(","kind":")" + std::string{kind} + R"(","source":"s","payload":)" +
         std::string{payload} + "}";
}

struct replay_fixture : fresh_database {
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));
  std::unique_ptr<replay_store> jobs = must(open_replay_store(options));
  validator check{event_rules{}, std::make_shared<open_schema_set>()};
  replay_run runner{*jobs, *mirror, check, "node"};

  replay_fixture() { must(jobs->lead()); }

  /// A dead letter with these bytes, whatever was wrong with them then.
  void letter(std::string_view raw, errc code = errc::unknown_kind) {
    must(mirror->write(batch_builder{}.reject(raw, code, "/kind", topic).build()));
  }

  replay_job run_one(std::size_t most = 500) {
    for (;;) {
      const auto job = must(jobs->next_job("node"));
      if (!job) break;
      const auto id = job->id;
      if (must(runner.step(*job, most)).over) return must(jobs->find(id));
    }
    throw std::runtime_error("no job");
  }

  replay_job run_request(const replay_request& q, std::size_t most = 500) {
    must(jobs->create(q, "anna@desk"));
    return run_one(most);
  }

  std::int64_t stored() { return number("SELECT count(*) FROM events_mirror"); }
  std::int64_t letters(const std::string& status) {
    return number("SELECT count(*) FROM dlq_events WHERE status = '" + status + "'");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(replay_, replay_fixture)

BOOST_AUTO_TEST_CASE(sends_what_passes_now_and_says_why_the_rest_does_not) {
  for (std::uint32_t n = 0; n < 10; ++n)
    letter(event_text(n));
  letter("{broken", errc::not_json);
  letter(event_text(20, "[1]"), errc::payload_invalid);
  const auto job = run_request({}, 4);
  BOOST_TEST((job.state == replay_state::done));
  BOOST_TEST(*job.total == 12u);
  BOOST_TEST(job.passed == 10u);
  BOOST_TEST(job.refused == 2u);
  BOOST_TEST(stored() == 10);
  BOOST_TEST(letters("replayed") == 10);
  BOOST_TEST(letters("open") == 2);
  BOOST_TEST(job.reasons.size() == 2u);
  BOOST_TEST(number("SELECT count(*) FROM dlq_history WHERE action = 'replayed' AND job = 1") ==
             10);
  BOOST_TEST(number("SELECT attempts FROM dlq_events WHERE code = 'not_json'") == 2);
  BOOST_TEST(value("SELECT string_agg(action || ' ' || actor, ', ' ORDER BY id) FROM "
                   "replay_audit") == "created anna@desk, started node, finished node");
}

BOOST_AUTO_TEST_CASE(a_dry_run_says_the_same_and_changes_nothing) {
  letter(event_text(1));
  letter(event_text(2));
  letter("{broken", errc::not_json);
  const auto before =
      value("SELECT string_agg(d::text, '' ORDER BY delivery_hash) FROM dlq_events d");
  const auto job = run_request({.dry_run = true});
  BOOST_TEST(job.passed == 2u);
  BOOST_TEST(job.refused == 1u);
  BOOST_TEST(job.reasons.front().code == "not_json");
  BOOST_TEST(stored() == 0);
  BOOST_TEST(value("SELECT string_agg(d::text, '' ORDER BY delivery_hash) FROM dlq_events d") ==
             before);
}

BOOST_AUTO_TEST_CASE(sends_a_persons_correction_instead_of_what_came) {
  letter("{broken", errc::not_json);
  run("UPDATE dlq_events SET edited = convert_to('" + event_text(1) + "', 'UTF8')");
  BOOST_TEST(run_request({}).passed == 1u);
  BOOST_TEST(stored() == 1);
  BOOST_TEST(letters("replayed") == 1);
  BOOST_TEST(value("SELECT convert_from(raw, 'UTF8') FROM dlq_events") == "{broken");
}

BOOST_AUTO_TEST_CASE(recognises_what_is_stored_already) {
  letter(event_text(1));
  const auto first = run_request({});
  run("UPDATE dlq_events SET status = 'open'");
  const auto job = run_request({});
  BOOST_TEST(first.passed == 1u);
  BOOST_TEST(job.duplicate == 1u);
  BOOST_TEST(stored() == 1);
  BOOST_TEST(letters("replayed") == 1);
}

BOOST_AUTO_TEST_CASE(an_event_that_is_stored_with_other_content_is_refused) {
  const auto text = event_text(1, R"({"n":1})");
  letter(text);
  BOOST_TEST(run_request({}).passed == 1u);
  auto other = text;
  other.replace(other.find(R"({"n":1})"), 7, R"({"n":2})");
  letter(other);
  const auto job = run_request({});
  BOOST_TEST(job.refused == 1u);
  BOOST_TEST(job.reasons.front().code == "event_conflict");
  BOOST_TEST(letters("open") == 1);
  BOOST_TEST(value("SELECT payload ->> 'n' FROM events_mirror") == "1");
}

BOOST_AUTO_TEST_CASE(takes_only_what_the_filter_names) {
  letter(event_text(1));
  letter("{broken", errc::not_json);
  const auto group = value("SELECT fingerprint FROM dlq_events WHERE code = 'unknown_kind'");
  const auto id =
      value("SELECT encode(delivery_hash, 'hex') FROM dlq_events WHERE code = 'not_json'");
  const auto total = [&](const replay_filter& f) {
    return *run_request({.filter = f, .dry_run = true}).total;
  };
  BOOST_TEST(total({.fingerprint = group.substr(0, 8)}) == 1u);
  BOOST_TEST(total({.ids = {id}}) == 1u);
  BOOST_TEST(total({.topic_prefix = "tracker/events/tasks"}) == 2u);
  BOOST_TEST(total({.topic_prefix = "tracker/events/projects"}) == 0u);
  BOOST_TEST(total({.kind = "order_placed"}) == 0u);  // these letters' envelopes were not sound
  BOOST_TEST(total({.from = now() - 1h, .to = now() + 1h}) == 2u);
  BOOST_TEST(total({.to = now() - 1h}) == 0u);
}

BOOST_AUTO_TEST_CASE(refuses_requests_that_cannot_be_meant) {
  const auto code = [&](const replay_request& q) { return jobs->create(q, "x").error().code; };
  BOOST_TEST((code({.filter = {.from = now(), .to = now() - 1h}}) == errc::configuration_invalid));
  BOOST_TEST((code({.filter = {.ids = {"xyz"}}}) == errc::configuration_invalid));
  BOOST_TEST((code({.source = replay_source::mirror, .filter = {.fingerprint = "ab"}}) ==
              errc::configuration_invalid));
  BOOST_TEST((code({.target = replay_target::consumer, .consumer = "nobody"}) == errc::not_found));
}

BOOST_AUTO_TEST_CASE(pauses_resumes_and_cancels) {
  for (std::uint32_t n = 0; n < 10; ++n)
    letter(event_text(n));
  const auto id = must(jobs->create({}, "anna"));
  BOOST_TEST(!must(runner.step(*must(jobs->next_job("node")), 4)).over);
  must(jobs->pause(id, "anna"));
  BOOST_TEST(!must(jobs->next_job("node")).has_value());
  BOOST_TEST((jobs->pause(id, "anna").error().code == errc::conflict));
  must(jobs->resume(id, "anna"));
  BOOST_TEST(!must(runner.step(*must(jobs->next_job("node")), 4)).over);
  BOOST_TEST(stored() == 8);
  must(jobs->cancel(id, "anna"));
  BOOST_TEST(!must(jobs->next_job("node")).has_value());
  BOOST_TEST((must(jobs->find(id)).state == replay_state::cancelled));
  BOOST_TEST((jobs->resume(id, "anna").error().code == errc::conflict));
  BOOST_TEST(letters("open") == 2);
  BOOST_TEST((jobs->cancel(77, "anna").error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_cancelled_during_a_step_stays_cancelled) {
  for (std::uint32_t n = 0; n < 4; ++n)
    letter(event_text(n));
  const auto id = must(jobs->create({}, "anna"));
  const auto job = *must(jobs->next_job("node"));
  must(jobs->cancel(id, "anna"));
  must(runner.step(job, 500));
  BOOST_TEST((must(jobs->find(id)).state == replay_state::cancelled));
  BOOST_TEST(letters("replayed") == 4);  // what was on its way is accounted for
}

BOOST_AUTO_TEST_CASE(two_runners_cannot_count_a_step_twice) {
  for (std::uint32_t n = 0; n < 4; ++n)
    letter(event_text(n));
  must(jobs->create({}, "anna"));
  const auto job = *must(jobs->next_job("node"));
  must(runner.step(job, 2));
  const auto again = runner.step(job, 2);  // with the cursor of before
  BOOST_TEST((again.error().code == errc::lease_lost));
  BOOST_TEST(must(jobs->find(job.id)).passed == 2u);
  // What the second one copied is recognised: nothing is doubled, and nothing is left out.
  const auto done = run_one(500);
  BOOST_TEST(done.passed == 2u);
  BOOST_TEST(done.duplicate == 2u);
  BOOST_TEST(stored() == 4);
  BOOST_TEST(letters("replayed") == 4);
}

BOOST_AUTO_TEST_CASE(one_node_runs_the_jobs) {
  auto other = must(open_replay_store(options));
  BOOST_TEST(!must(other->lead()));
  BOOST_TEST(must(other->is_served()));
  jobs.reset();
  await(eye, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND classid = " +
                 std::to_string(0x54440008));
  BOOST_TEST(!must(other->is_served()));
  BOOST_TEST(must(other->lead()));
}

BOOST_AUTO_TEST_CASE(letters_that_come_while_it_runs_are_not_the_jobs) {
  letter(event_text(1));
  must(jobs->create({}, "anna"));
  letter(event_text(2));
  BOOST_TEST(*run_one().total == 1u);
  BOOST_TEST(letters("open") == 1);
}

BOOST_AUTO_TEST_CASE(the_mirror_is_held_against_todays_rules_and_nothing_is_doubled) {
  must(mirror->write(batch_builder{}.event(id_of(1), "{}", now() - 1min).build()));
  must(mirror->write(batch_builder{}.event(id_of(2), "{}", now() - 40 * 24h).build()));
  const auto job = run_request({.source = replay_source::mirror});
  BOOST_TEST(*job.total == 2u);
  BOOST_TEST(job.duplicate == 1u);
  BOOST_TEST(job.refused == 1u);
  BOOST_TEST(job.reasons.front().code == "occurred_at_too_old");
  BOOST_TEST(stored() == 2);
  BOOST_TEST(number("SELECT count(*) FROM dlq_events") == 0);
}

BOOST_AUTO_TEST_CASE(stored_events_reach_a_consumer_once_each) {
  auto billing = must(open_consumer_store(options, {.name = "billing"}));
  must(billing->lead());
  must(mirror->write(batch_builder{}.events(0, 300).build()));
  must(mirror->write(batch_builder{}.event(id_of(999), "{}", noon(), "task_created").build()));
  must(billing->settle(must(billing->next(1000)), {}));
  const replay_request q{.source = replay_source::mirror,
                         .target = replay_target::consumer,
                         .consumer = "billing",
                         .filter = {.kind = "task_updated"}};
  const auto job = run_request(q, 70);
  BOOST_TEST(*job.total == 300u);
  BOOST_TEST(job.passed == 300u);
  BOOST_TEST(run_request(q).duplicate == 300u);
  const auto due = must(billing->due(1000));
  BOOST_TEST(due.size() == 300u);
  BOOST_TEST(due.front().attempts == 0u);
  must(billing->settle_due(due, {}));
  BOOST_TEST(must(billing->due(10)).empty());
}

BOOST_AUTO_TEST_CASE(named_events_of_the_mirror_reach_a_consumer) {
  auto billing = must(open_consumer_store(options, {.name = "billing"}));
  must(billing->lead());
  must(mirror->write(batch_builder{}.events(0, 10).build()));
  const auto job = run_request({.source = replay_source::mirror,
                                .target = replay_target::consumer,
                                .consumer = "billing",
                                .filter = {.ids = {to_string(id_of(3)), to_string(id_of(7))}}},
                               1);
  BOOST_TEST(job.passed == 2u);
}

BOOST_AUTO_TEST_CASE(a_consumers_dead_letter_goes_back_to_it) {
  auto billing = must(open_consumer_store(
      options, {.name = "billing", .from_the_start = true, .retries = {.attempts = 1}}));
  must(billing->lead());
  must(mirror->write(batch_builder{}.events(0, 2).build()));
  const std::vector<delivery_failure> failed{{1, {errc::consumer_failed, "no"}, false}};
  must(billing->settle(must(billing->next(10)), failed));
  BOOST_TEST(letters("open") == 1);
  BOOST_TEST(*run_request({}).total == 0u);  // not the pipeline's
  const auto job = run_request({.target = replay_target::consumer, .consumer = "billing"});
  BOOST_TEST(job.passed == 1u);
  BOOST_TEST(letters("replayed") == 1);
  const auto due = must(billing->due(10));
  BOOST_REQUIRE(due.size() == 1u);
  BOOST_TEST((due.front().event_id == id_of(1)));
  must(billing->settle_due(due, {}));
}

BOOST_AUTO_TEST_CASE(a_job_whose_filter_cannot_be_read_sends_nothing) {
  letter(event_text(1));
  const auto id = must(jobs->create({}, "anna"));
  run("UPDATE replay_jobs SET filter = '{\"from_the_future\": 1}'");
  const auto job = must(jobs->next_job("node"));
  BOOST_REQUIRE(job.has_value());
  BOOST_TEST((runner.step(*job, 10).error().code == errc::configuration_invalid));
  BOOST_TEST(must(jobs->find(id)).passed == 0u);
  BOOST_TEST(letters("open") == 1);
}

BOOST_AUTO_TEST_CASE(equal_keys_in_one_stretch_are_counted_once) {
  const auto text = event_text(1);
  letter(text);
  letter(text + " ");  // other bytes, the same event
  auto other = text;
  other.replace(other.find(R"({"n":1})"), 7, R"({"n":2})");
  letter(other);
  const auto dry = run_request({.dry_run = true});
  const auto job = run_request({});
  for (const auto& j : {dry, job}) {
    BOOST_TEST(j.passed == 1u);
    BOOST_TEST(j.passed + j.duplicate + j.refused == 3u);
  }
  BOOST_TEST(stored() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_edited_while_it_is_sent_stays_open) {
  letter(event_text(1));
  must(jobs->create({}, "anna"));
  const auto job = *must(jobs->next_job("node"));
  const auto stretch = must(jobs->read(job, 10));
  run("UPDATE dlq_events SET edited = 'other'");
  must(jobs->settle(job, stretch, {.passed = {0}}, "node"));
  BOOST_TEST(letters("open") == 1);
  BOOST_TEST(number("SELECT count(*) FROM dlq_history") == 0);
}

BOOST_AUTO_TEST_CASE(a_refused_letter_keeps_its_group) {
  const auto unknown = [](const std::string& text) {
    class strict final : public schema_set {
      schema_judgement check(const schema_question&, simdjson::dom::element) const override {
        return {0, failure{errc::unknown_kind, "nobody knows it", {}}};
      }
    };
    auto raw = std::make_shared<batch>();
    raw->add(topic, text, now());
    return std::pair{std::make_shared<strict>(), raw};
  };
  const auto [schemas, raw] = unknown(event_text(1));
  validator strict{event_rules{}, schemas};
  must(mirror->write(strict.check(raw, now())));
  const auto group = value("SELECT fingerprint FROM dlq_events");
  replay_run refusing{*jobs, *mirror, strict, "node"};
  must(jobs->create({}, "anna"));
  must(refusing.step(*must(jobs->next_job("node")), 10));
  BOOST_TEST(number("SELECT attempts FROM dlq_events") == 2);
  BOOST_TEST(value("SELECT fingerprint FROM dlq_events") == group);
}

BOOST_AUTO_TEST_CASE(large_letters_come_in_small_steps) {
  const std::string large(5u << 20, 'x');
  for (int n = 0; n < 3; ++n)
    letter(large + std::to_string(n), errc::body_too_large);
  must(jobs->create({}, "anna"));
  const auto job = *must(jobs->next_job("node"));
  const auto stretch = must(jobs->read(job, 500));
  BOOST_TEST(stretch.items.size() == 1u);
  BOOST_TEST(stretch.more);
  BOOST_TEST(run_one().refused == 3u);
}

BOOST_AUTO_TEST_CASE(an_edit_that_is_no_envelope_is_refused_and_the_others_go) {
  auto billing = must(open_consumer_store(
      options, {.name = "billing", .from_the_start = true, .retries = {.attempts = 1}}));
  must(billing->lead());
  must(mirror->write(batch_builder{}.events(1, 3).build()));
  std::vector<delivery_failure> failed;
  for (std::size_t i = 0; i < 3; ++i)
    failed.push_back({i, {errc::consumer_failed, "no"}, false});
  must(billing->settle(must(billing->next(10)), failed));
  run("UPDATE dlq_events SET edited = '{broken' WHERE event_id = '" + to_string(id_of(2)) + "'");
  const replay_request q{.target = replay_target::consumer, .consumer = "billing"};
  auto dry = q;
  dry.dry_run = true;
  BOOST_TEST(run_request(dry).passed == 2u);
  const auto job = run_request(q);
  BOOST_TEST(job.passed == 2u);
  BOOST_TEST(job.refused == 1u);
  BOOST_TEST(letters("open") == 1);
  BOOST_TEST(must(billing->due(10)).size() == 2u);
}

BOOST_AUTO_TEST_CASE(named_events_are_not_ordered_again_by_a_second_run) {
  auto billing = must(open_consumer_store(options, {.name = "billing"}));
  must(billing->lead());
  must(mirror->write(batch_builder{}.events(1, 3).build()));
  must(jobs->create({.source = replay_source::mirror,
                     .target = replay_target::consumer,
                     .consumer = "billing",
                     .filter = {.ids = {to_string(id_of(1)), to_string(id_of(2))}}},
                    "anna"));
  const auto job = *must(jobs->next_job("node"));
  const auto stretch = must(jobs->read(job, 500));
  must(jobs->settle(job, stretch, {.passed = {0, 1}}, "node"));
  must(billing->settle_due(must(billing->due(10)), {}));  // handled before the job says it is done
  const auto again = must(jobs->read(*must(jobs->next_job("node")), 500));
  BOOST_TEST(again.items.empty());
}

BOOST_AUTO_TEST_CASE(a_filter_survives_its_json) {
  const replay_filter f{.from = noon(),
                        .to = noon() + 1h,
                        .topic_prefix = "a\"b",
                        .kind = "k",
                        .fingerprint = "f0",
                        .ids = {"1", "2"}};
  BOOST_TEST((must(replay_filter_from(to_json(f))) == f));
  BOOST_TEST((must(replay_filter_from(to_json(replay_filter{}))) == replay_filter{}));
  for (const auto* bad :
       {"", "[]", R"({"from":"yesterday"})", R"({"newer":"member"})", R"({"kind":1})"})
    BOOST_TEST_CONTEXT(bad) BOOST_TEST(!replay_filter_from(bad).has_value());
}

BOOST_AUTO_TEST_CASE(reasons_stay_bounded) {
  std::vector<replay_reason> reasons;
  replay_stretch stretch;
  replay_outcome outcome;
  for (std::size_t i = 0; i < 200; ++i) {
    stretch.items.push_back({std::to_string(i), topic, "{}"});
    outcome.refused.push_back({.index = i,
                               .stage = "schema",
                               .why = {errc::schema_violation, "x", "/a" + std::to_string(i)}});
  }
  add_reasons(reasons, stretch, outcome);
  BOOST_TEST(reasons.size() == most_replay_reasons + 1);
  std::uint64_t total = 0;
  for (const auto& r : reasons)
    total += r.count;
  BOOST_TEST(total == 200u);
  BOOST_TEST(reasons.front().code == "other");
  BOOST_TEST(replay_reasons_from(to_json(reasons)).size() == reasons.size());
}

BOOST_AUTO_TEST_SUITE_END()
