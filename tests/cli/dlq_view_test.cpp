#include "cli/dlq_view.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "cli/dlq_check.hpp"
#include "cli/dlq_options.hpp"
#include "http/api/dead_letter_json.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

constexpr terminal::output plain{1, false, false};
const timestamp noon = parse_rfc3339("2026-11-20T12:00:00Z").value();

dead_letter_summary summary() {
  return {.id = "3fa9c1d2e4b0" + std::string(52, '0'),
          .first_failure = noon - 2h,
          .last_failure = noon - 65s,
          .attempts = 3,
          .status = dead_letter_status::open,
          .stage = "schema",
          .code = "schema_violation",
          .detail = "must be a number, it is \"b\"",
          .pointer = "/payload/items/1/a~1b",
          .fingerprint = "0123456789abcdef",
          .topic = "tracker/events/tasks/updated",
          .kind = "task_updated",
          .source = "sensor-7",
          .occurred_at = noon - 3h,
          .schema_version = 2,
          .bytes = 45};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

std::string complaint_about(const dlq_selection& selection) {
  const auto filter = filter_of(selection, dead_letter_status::open, noon);
  return filter ? "none" : filter.error().text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dlq_view)

BOOST_AUTO_TEST_CASE(letters_stand_in_rows) {
  auto second = summary();
  second.status = dead_letter_status::discarded;
  second.edited = true;
  second.pointer = "";
  second.kind = "";
  second.attempts = 1234;
  second.topic = "tracker/events/projects/\x1b[31m" + std::string(100, 'x');
  const auto text = render_letters(plain, {summary(), second}, noon);
  BOOST_TEST(
      text ==
      "  id            last failure  code              place                  topic           "
      "                      kind          attempts  status\n"
      "  3fa9c1d2e4b0     1m 5s ago  schema_violation  /payload/items/1/a~1b  "
      "tracker/events/tasks/updated          task_updated         3  open\n"
      "  3fa9c1d2e4b0     1m 5s ago  schema_violation  -                      "
      "tracker/events/projects/\\u001b[31...  -                1,234  discarded, edited\n");
  BOOST_TEST(render_letters(plain, {}, noon) == "  no dead letters\n");
}

BOOST_AUTO_TEST_CASE(groups_stand_in_rows) {
  const dead_letter_group group{.fingerprint = "0123456789abcdef",
                                .letters = 1500,
                                .attempts = 1600,
                                .first_failure = noon - 50h,
                                .last_failure = noon - 5s,
                                .last_hour = 7,
                                .last_day = 40,
                                .topics = {"a/b", "a/c"},
                                .kinds = {},
                                .sample = summary()};
  const auto text = render_groups(plain, {group}, noon);
  BOOST_TEST(has(text,
                 "0123456789ab    1,500     1,600        40          7  2d 2h ago  5s ago  "
                 "schema_violation  /payload/items/1/a~1b  a/b +1  -      3fa9c1d2e4b0\n"),
             text);
  BOOST_TEST(render_groups(plain, {}, noon) == "  no dead letters\n");
}

BOOST_AUTO_TEST_CASE(a_letter_says_why_and_shows_the_place) {
  dead_letter letter{.about = summary(),
                     .raw = R"({"kind":"task_updated","payload":{"items":[{},{"a/b":"b"}]}})"};
  const auto text = render_letter(plain, letter, std::nullopt, 80, noon);
  BOOST_TEST(text == R"(dead letter 3fa9c1d2e4b0  open
  schema_violation: the payload breaks its kind's schema
  must be a number, it is "b"

  stage           schema
  place           /payload/items/1/a~1b
  topic           tracker/events/tasks/updated
  kind            task_updated
  source          sensor-7
  occurred at     2026-11-20T09:00:00.000000Z
  schema version  2
  attempts        3
  first failure   2026-11-20 10:00:00 UTC, 2h 0m ago
  last failure    2026-11-20 11:58:55 UTC, 1m 5s ago
  group           0123456789abcdef
  id              3fa9c1d2e4b00000000000000000000000000000000000000000000000000000

as it was delivered, 60 bytes
     0  {"kind":"task_updated","payload":{"items":[{},{"a/b":"b"}]}}
                                                             ^^^
)",
             text);
}

BOOST_AUTO_TEST_CASE(an_edited_letter_shows_both_bodies_and_who_did_what) {
  dead_letter letter{.about = summary(), .raw = "{x}", .edited = "{y}"};
  letter.about.code = "not_json";
  letter.about.pointer = "";
  letter.about.detail = "expected a key in quotes or '}' at byte 1, found 'x'";
  letter.about.edited = true;
  letter.history = {{noon - 1h, "ada@host", "edited", "3 bytes; 3 were delivered", std::nullopt},
                    {noon - 30s, "job@host", "replay_failed", "not_json", 12}};
  const failure still{errc::not_json, "expected a key in quotes or '}' at byte 1, found 'y'"};
  const auto text = render_letter(plain, letter, still, 80, noon);
  BOOST_TEST(has(text, "as it was delivered, 3 bytes\n     0  {x}\n         ^\n"), text);
  BOOST_TEST(
      has(text,
          "as it was edited, 3 bytes\n  would be refused: not_json: expected a key in quotes "
          "or '}' at byte 1, found 'y'\n     0  {y}\n         ^\n"),
      text);
  BOOST_TEST(has(text,
                 "history\n"
                 "  2026-11-20 11:00:00 UTC, 1h 0m ago  ada@host  edited         3 bytes; 3 were "
                 "delivered\n"
                 "  2026-11-20 11:59:30 UTC, 30s ago    job@host  replay_failed  not_json (job "
                 "12)\n"),
             text);
  BOOST_TEST(has(render_letter(plain, letter, std::nullopt, 80, noon), "would pass now"));
}

BOOST_AUTO_TEST_CASE(a_missing_member_is_shown_where_it_belongs) {
  dead_letter letter{.about = summary(), .raw = R"({"kind":"a"})"};
  letter.about.code = "source_missing";
  letter.about.pointer = "/source";
  BOOST_TEST(has(render_letter(plain, letter, std::nullopt, 80, noon),
                 "  /source is not there; this is where it belongs\n     0  {\"kind\":\"a\"}\n"
                 "        ^\n"));
}

BOOST_AUTO_TEST_CASE(a_code_of_a_newer_version_is_shown_as_it_is) {
  dead_letter letter{.about = summary(), .raw = "{}"};
  letter.about.code = "moon_phase";
  BOOST_TEST(has(render_letter(plain, letter, std::nullopt, 80, noon), "\n  moon_phase\n"));
}

BOOST_AUTO_TEST_CASE(json_lines_hold_text_as_text_and_the_rest_as_base64) {
  dead_letter letter{.about = summary(), .raw = "{\"a\":\"\u00fc\n\"}", .edited = "\xff\xfe"};
  letter.history = {{noon, "ada@host", "edited", "", 7}};
  const auto line = to_json(letter);
  BOOST_TEST(!has(line, "\n"));
  const auto o = boost::json::parse(line).as_object();
  BOOST_TEST(o.at("raw").as_string() == letter.raw);
  BOOST_TEST(!o.at("raw_is_base64").as_bool());
  BOOST_TEST(o.at("correction").as_string() == "//4=");
  BOOST_TEST(o.at("correction_is_base64").as_bool());
  BOOST_TEST(o.at("last_failure").as_string() == "2026-11-20T11:58:55.000000Z");
  BOOST_TEST(o.at("history").as_array().at(0).as_object().at("job").as_int64() == 7);
  BOOST_TEST(!o.contains("event_id"));
}

BOOST_AUTO_TEST_CASE(base64_is_that_of_the_standard) {
  // RFC 4648 section 10.
  BOOST_TEST(base64("") == "");
  BOOST_TEST(base64("f") == "Zg==");
  BOOST_TEST(base64("fo") == "Zm8=");
  BOOST_TEST(base64("foo") == "Zm9v");
  BOOST_TEST(base64("foobar") == "Zm9vYmFy");
  BOOST_TEST(base64(std::string_view{"\0\xff", 2}) == "AP8=");
}

BOOST_AUTO_TEST_CASE(options_become_a_filter) {
  const auto filter = filter_of({.ids = {"abcdef"},
                                 .since = "2h",
                                 .before = "2026-11-20T11:00:00Z",
                                 .topic = "a/",
                                 .code = "not_json",
                                 .consumer_given = true},
                                dead_letter_status::open, noon);
  BOOST_TEST_REQUIRE(filter.has_value());
  BOOST_TEST((*filter == dead_letter_filter{.since = noon - 2h,
                                            .before = noon - 1h,
                                            .topic_prefix = "a/",
                                            .code = "not_json",
                                            .status = dead_letter_status::open,
                                            .consumer = "",
                                            .ids = {"abcdef"}}));
  const auto any = filter_of({.status = "any"}, dead_letter_status::open, noon);
  BOOST_TEST_REQUIRE(any.has_value());
  BOOST_TEST((*any == dead_letter_filter{}));
  BOOST_TEST(!is_narrowed(*any));
  BOOST_TEST(is_narrowed(*filter));
}

BOOST_AUTO_TEST_CASE(options_that_mean_nothing_are_explained) {
  BOOST_TEST(complaint_about({.since = "tomorrow"}).starts_with("--since \"tomorrow\" is neither"));
  BOOST_TEST(complaint_about({.since = "1h", .before = "2h"}) ==
             "--since is not earlier than --before: nothing can match");
  BOOST_TEST(complaint_about({.code = "not_jsn"}) ==
             "--code \"not_jsn\" is no code of a dead letter; did you mean not_json?");
  BOOST_TEST(complaint_about({.code = "no_such_thing"}).find("is no code of a dead letter") !=
             std::string::npos);
  BOOST_TEST(complaint_about({.status = "closed"}) ==
             "--status \"closed\" is none: open, replayed, discarded or any");
}

BOOST_AUTO_TEST_CASE(a_correction_is_judged_as_the_pipeline_would) {
  const auto judge = [](std::string_view bytes) {
    return refusal_of({}, std::make_shared<open_schema_set>(), "tracker/events/tasks/updated",
                      bytes, noon);
  };
  BOOST_TEST((judge("{x}")->code == errc::not_json));
  BOOST_TEST((judge("{}")->code == errc::event_id_missing));
  BOOST_TEST(!judge(R"({"event_id":"0190aaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",)"
                    R"("trace_id":"0190aaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",)"
                    R"("occurred_at":"2026-11-20T11:00:00Z","kind":"task_updated",)"
                    R"("source":"s","payload":{}})"));
}

BOOST_AUTO_TEST_SUITE_END()
