#include "verify/outcome.hpp"

#include <functional>
#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "verify/ledger_watch.hpp"

namespace td::verify {

namespace {

/// A run of which nothing bad can be said.
outcome sound() {
  outcome o;
  o.asked.seed = 7;
  o.end.planned = o.end.created = 1000;
  o.end.book = {.published = 1000, .acknowledged = 1000, .stored = 980, .dead_lettered = 20};
  o.end.planned_faults = 3;
  o.end.faults.done = {1, 1, 0, 1};
  o.end.faults.finished = true;
  o.end.ledger.samples = 10;
  o.audit = audit_report{};
  o.audit->stored = 980;
  o.audit->dead_lettered = 20;
  return o;
}

BOOST_AUTO_TEST_CASE(passes_where_nothing_can_be_said_against_it) {
  BOOST_TEST(sound().passed());
}

BOOST_AUTO_TEST_CASE(each_single_thing_that_is_wrong_fails_the_run) {
  std::vector<std::function<void(outcome&)>> wrongs{
      [](outcome& o) { o.audit.reset(); },
      [](outcome& o) { o.audit->never_acknowledged = 1; },
      [](outcome& o) { o.end.journal.went_back = true; },
      [](outcome& o) { o.end.ledger.off = 1; },
      [](outcome& o) { o.end.ledger.samples = 0; },
      [](outcome& o) { o.end.service.own_deaths = 1; },
      [](outcome& o) { o.end.service.given_up = true; },
      [](outcome& o) { o.end.unheard = 1; },
      [](outcome& o) { o.end.refused.emplace_back("not authorized (0x87)"); },
      [](outcome& o) {
        o.end.faults.done = {1, 1, 0, 0};
      },
      [](outcome& o) { o.stalled = true; },
      [](outcome& o) { o.stopped_early = true; },
      [](outcome& o) { o.stop_trouble = "it runs on"; }};
  for (std::size_t k = 0; k < flaw_kinds; ++k)
    wrongs.emplace_back([k](outcome& o) { o.audit->found[k].count = 1; });
  for (std::size_t i = 0; i < wrongs.size(); ++i) {
    auto o = sound();
    wrongs[i](o);
    BOOST_TEST_CONTEXT("wrong number " << i) {
      BOOST_TEST(!o.passed());
      BOOST_TEST(o.complaints().size() == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_broker_loses_after_its_own_acknowledgement_is_no_complaint) {
  auto o = sound();
  o.end.producers.lost_by_broker = 683;
  BOOST_TEST(o.passed());
}

BOOST_AUTO_TEST_CASE(a_loss_is_complained_of_before_everything_else) {
  auto o = sound();
  o.end.ledger.off = 1;
  o.audit->found[static_cast<std::size_t>(flaw_kind::miscounted)].count = 1;
  o.audit->found[static_cast<std::size_t>(flaw_kind::lost)].count = 3;
  BOOST_TEST(o.complaints().front().starts_with("3 lost:"));
}

BOOST_AUTO_TEST_CASE(json_says_the_same) {
  auto o = sound();
  o.end.producers.lost_by_broker = 5;
  auto& lost = o.audit->found[static_cast<std::size_t>(flaw_kind::lost)];
  lost.count = 2;
  lost.examples = {"event \"a\\b\"\n", "another"};
  o.kept = "/var/tmp/x";
  const auto json = boost::json::parse(to_json(o)).as_object();
  BOOST_TEST(json.at("result") == "fail");
  BOOST_TEST(json.at("seed") == 7);
  BOOST_TEST(json.at("stored") == 980);
  BOOST_TEST(json.at("lost") == 2);
  BOOST_TEST(json.at("duplicates") == 0);
  BOOST_TEST(json.at("lost_by_broker_and_resent") == 5);
  BOOST_TEST(json.at("faults").at("broker") == 1);
  BOOST_TEST(json.at("ledger").at("samples") == 10);
  BOOST_TEST(json.at("examples").at("lost").at(0) == "event \"a\\b\"\n");
  BOOST_TEST(json.at("complaints").as_array().size() == 1U);
  BOOST_TEST(json.at("kept") == "/var/tmp/x");
  BOOST_TEST(boost::json::parse(to_json(sound())).at("result") == "pass");
  BOOST_TEST(boost::json::parse(to_json(outcome{})).at("result") == "fail");
}

BOOST_AUTO_TEST_CASE(a_metric_is_read_by_its_whole_name) {
  constexpr std::string_view text =
      "# HELP taylordash_unaccounted_events always 0\n"
      "# TYPE taylordash_unaccounted_events gauge\n"
      "taylordash_unaccounted_events_more 7\n"
      "taylordash_unaccounted_events{a=\"b\"} 8\n"
      "taylordash_unaccounted_events -3\n"
      "other 1e3";
  BOOST_TEST(metric_value(text, "taylordash_unaccounted_events").value() == -3);
  BOOST_TEST(metric_value(text, "other").value() == 1000);
  BOOST_TEST(!metric_value(text, "taylordash").has_value());
  BOOST_TEST(!metric_value("other ", "other").has_value());
  BOOST_TEST(!metric_value("other x", "other").has_value());
  BOOST_TEST(!metric_value("", "other").has_value());
}

}  // namespace

}  // namespace td::verify
