#include "cli/retention_view.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::sys_days;

namespace {

constexpr terminal::output plain{1, false, false};
const timestamp noon = parse_rfc3339("2026-11-20T12:00:00Z").value();
constexpr sys_days october = std::chrono::year{2026} / 10 / 1;

retention_rules rules() {
  return {{.events = days{30}, .dead_letters = 36h},
          {{.what = retained::events,
            .topic_prefix = "tracker/events/tasks/",
            .keep_days = 1,
            .changed_at = noon - 2h,
            .changed_by = "ada@host"},
           {.what = retained::events,
            .kind = "audit\x1b",
            .keep_days = 400,
            .changed_at = noon - 5s,
            .changed_by = "bob@host"}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retention_view)

BOOST_AUTO_TEST_CASE(policies_stand_in_the_order_in_which_they_count) {
  BOOST_TEST(render_policies(plain, rules(), noon) ==
             R"(  what          topics from            kind             kept    changed  by
  events        tracker/events/tasks/  any             1 day  2h 0m ago  ada@host
  events        any                    audit\u001b  400 days     5s ago  bob@host
  events        all others                           30 days             settings
  dead letters  all others                               36h             settings
)");
  BOOST_TEST(
      policies_json(rules()).find(R"({"default":true,"events_days":30,"dead_letter_hours":36})") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plan_says_what_is_known_and_what_is_estimated) {
  const retention_plan plan{
      .events =
          {{.day = october, .way = retention_way::drop, .events = 1234, .bytes = 3u << 20},
           {.day = october + days{1},
            .way = retention_way::rewrite,
            .policy = 0,
            .events = 50,
            .bytes = 1536,
            .estimated = true},
           {.day = october + days{2}, .way = retention_way::erase, .policy = -1, .events = 3}},
      .dead_letters = {{.policy = -1, .events = 7}}};
  BOOST_TEST(render_plan(plain, plan, rules()) ==
             R"(  day           how      policy                  rows  given back
  2026-10-01    drop     all of the day         1,234       3 MiB
  2026-10-02    rewrite  tracker/events/tasks/     50    ~1.5 KiB
  2026-10-03    erase    settings                   3           -
  dead letters  erase    settings                   7           -
  total                                         1,294      ~3 MiB
  ~ is an estimate: from the share of the day's rows
  - is space that PostgreSQL uses again; no bytes are given back
)");
  BOOST_TEST(render_plan(plain, {}, rules()) == "  nothing has expired\n");
  const auto json = plan_json(plan, rules());
  const auto total = json.substr(json.rfind('\n', json.size() - 2) + 1);
  BOOST_TEST(total ==
             R"({"total":true,"events":1287,"dead_letters":7,"bytes":3147264,"estimated":true})"
             "\n");
}

BOOST_AUTO_TEST_CASE(runs_say_what_they_took_and_how_they_ended) {
  retention_run run{.id = 4,
                    .started_at = noon - 1h,
                    .finished_at = noon - 1h + 90s,
                    .actor = "the service",
                    .days_dropped = 1,
                    .events = 1500,
                    .dead_letters = 1,
                    .bytes = 5u << 20};
  BOOST_TEST(render_run(run) ==
             "took 1,500 events (1 day dropped whole) and 1 dead letter; 5 MiB given back\n");
  BOOST_TEST(render_run({}) == "nothing has expired\n");
  auto cut_short = run;
  cut_short.id = 3;
  cut_short.finished_at.reset();
  run.error = "events_mirror_20261001 is left";
  BOOST_TEST(
      render_runs(plain, {run, cut_short}, noon) ==
      "  run       when    took  by           days  events  dead letters  given back\n"
      "    4  1h 0m ago  1m 30s  the service     1   1,500             1       5 MiB  "
      "events_mirror_20261001 is left\n"
      "    3  1h 0m ago       -  the service     1   1,500             1       5 MiB  did not "
      "end\n");
  BOOST_TEST(render_run(run).ends_with("left for later: events_mirror_20261001 is left\n"));
}

BOOST_AUTO_TEST_SUITE_END()
