#include "cli/status_view.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

namespace {

constexpr terminal::output plain{1, false, false};
constexpr terminal::output coloured{1, true, true};
constexpr timestamp noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;

service_snapshot healthy() {
  service_snapshot s;
  s.version = "0.1.0";
  s.node = "host/4711";
  s.deployment = "7d0f3a52-5a0e-4b6f-8f43-0d7c4b0f7f10";
  s.started_at = noon;
  s.taken_at = noon + 3h + 12min;
  s.ready = true;
  s.counts = {1'234'567, 1'230'000, 500, 67, 0, 4'000};
  s.lanes = {{0, "td-7d0f3a52-0", "reading", "", noon + 1s, 1, 0, 617'000},
             {1, "td-7d0f3a52-1", "waiting", "", noon + 3h, 2, 4'000, 617'567}};
  s.dependencies = {{"mqtt", true, "", noon, 250us}, {"postgresql", true, "", noon, 1200us}};
  s.actors = {{"lane 0", "running", 0}, {"lane 1", "running", 0}, {"mirror 0", "running", 0}};
  return s;
}

service_snapshot one_second_before(service_snapshot s) {
  s.taken_at -= 1s;
  s.counts.received -= 12'300;
  s.counts.stored -= 12'000;
  s.counts.duplicate -= 7;
  s.lanes[0].received -= 6'150;
  s.lanes[1].received -= 6'150;
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(status_view)

BOOST_AUTO_TEST_CASE(a_healthy_service_fits_a_small_screen) {
  const auto now = healthy();
  BOOST_TEST(render_status(plain, now, one_second_before(now)) ==
             "TaylorDash 0.1.0  ready  up 3h 12m\n"
             "  node host/4711  deployment 7d0f3a52-5a0e-4b6f-8f43-0d7c4b0f7f10\n"
             "\n"
             "  events             total     rate\n"
             "  received       1,234,567  12.3k/s\n"
             "  stored         1,230,000    12k/s\n"
             "  duplicate            500      7/s\n"
             "  dead-lettered         67      0/s\n"
             "  given back             0      0/s\n"
             "  in flight          4,000\n"
             "  ledger balanced\n"
             "\n"
             "  depends on  state   since  latency\n"
             "  mqtt        up     3h 12m    250us\n"
             "  postgresql  up     3h 12m    1.2ms\n"
             "\n"
             "  lane  state     since  in flight  received    rate  connects  client id\n"
             "     0  reading  3h 11m          0   617,000  6150/s         1  td-7d0f3a52-0\n"
             "     1  waiting  12m 0s      4,000   617,567  6150/s         2  td-7d0f3a52-1\n"
             "\n"
             "  3 of 3 actors running, no restarts\n");
}

BOOST_AUTO_TEST_CASE(trouble_stands_out_with_since_and_reason) {
  auto now = healthy();
  now.ready = false;
  now.counts.stored -= 2;
  now.dependencies[1] = {"postgresql", false, "connection refused\x1b[2J", now.taken_at - 4s, {}};
  now.lanes[0] = {0, "td-7d0f3a52-0", "paused", "the database is away", now.taken_at - 4s, 1,
                  0, 617'000};
  now.actors = {
      {"lane 0", "running", 0}, {"mirror 0", "restarting", 3}, {"mirror 1", "gave_up", 1}};
  now.stalls = {{1, 2, 17, 4'000, "mirror 0", "writes it", "postgresql", "", now.taken_at - 31s,
                 31s, 30s, 0, true}};
  BOOST_TEST(render_status(plain, now, std::nullopt) ==
             "TaylorDash 0.1.0  not ready  up 3h 12m\n"
             "  node host/4711  deployment 7d0f3a52-5a0e-4b6f-8f43-0d7c4b0f7f10\n"
             "\n"
             "  events             total\n"
             "  received       1,234,567\n"
             "  stored         1,229,998\n"
             "  duplicate            500\n"
             "  dead-lettered         67\n"
             "  given back             0\n"
             "  in flight          4,000\n"
             "  ledger NOT BALANCED: 2 unaccounted for, please report\n"
             "\n"
             "  depends on  state   since  latency\n"
             "  mqtt        up     3h 12m    250us\n"
             "  postgresql  AWAY       4s           connection refused\\u001b[2J\n"
             "\n"
             "  lane  state     since  in flight  received    connects  client id\n"
             "     0  paused       4s          0   617,000           1  td-7d0f3a52-0: the "
             "database is away\n"
             "     1  waiting  12m 0s      4,000   617,567           2  td-7d0f3a52-1\n"
             "\n"
             "  STALLED lane 1: 4000 events unacknowledged for 31 s: batch 17 of connection 2 is "
             "held by mirror 0 (writes it) for 30 s; waits for postgresql\n"
             "\n"
             "  1 of 3 actors running, 4 restarts\n"
             "  actor     state       restarts\n"
             "  mirror 0  restarting         3\n"
             "  mirror 1  gave_up            1\n");
}

BOOST_AUTO_TEST_CASE(warnings_and_dangers_of_the_doctor_stand_at_the_end) {
  auto s = healthy();
  s.findings = {{"database", "database_fsync", severity::danger, "fsync is off", "x", "psql"},
                {"broker", "broker_dropped", severity::warning, "500 dropped", "x", "y"},
                {"machine", "machine_clock", severity::note, "unsynchronised", "", ""}};
  const auto text = render_status(plain, s, std::nullopt);
  BOOST_TEST(
      text.ends_with("\n"
                     "  DANGER   fsync is off\n"
                     "  WARNING  500 dropped\n"
                     "  what to change: taylordash doctor\n"));
}

BOOST_AUTO_TEST_CASE(the_rate_is_per_second_whatever_the_interval) {
  const auto now = healthy();
  auto earlier = one_second_before(now);
  earlier.taken_at = now.taken_at - 3s;
  BOOST_TEST(render_status(plain, now, earlier).find("4100/s") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_service_that_was_restarted_between_the_looks_has_no_rates) {
  const auto now = healthy();
  auto earlier = one_second_before(now);
  earlier.started_at -= 1h;
  BOOST_TEST(render_status(plain, now, earlier).find("/s") == std::string::npos);
  earlier = now;  // the same moment
  BOOST_TEST(render_status(plain, now, earlier).find("/s") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_service_that_has_just_started_is_shown_as_it_is) {
  service_snapshot s;
  s.version = "0.1.0";
  s.node = "n";
  s.started_at = s.taken_at = noon;
  const auto text = render_status(plain, s, std::nullopt);
  BOOST_TEST(
      text.starts_with("TaylorDash 0.1.0  not ready  up 0us\n  node n  deployment unknown\n"));
  BOOST_TEST(text.find("  no lanes yet\n") != std::string::npos);
  BOOST_TEST(text.find("  0 of 0 actors running, no restarts\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(colours_are_only_for_terminals) {
  BOOST_TEST(render_status(plain, healthy(), std::nullopt).find('\x1b') == std::string::npos);
  const auto text = render_status(coloured, healthy(), std::nullopt);
  BOOST_TEST(text.find("\x1b[32mready\x1b[0m") != std::string::npos);
  BOOST_TEST(text.find("\x1b[32mbalanced\x1b[0m") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
