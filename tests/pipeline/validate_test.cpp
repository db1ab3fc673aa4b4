#include "pipeline/validate.hpp"

#include <map>
#include <string>
#include <utility>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck/boost_test.h>

#include "tests/pipeline/event_text.hpp"
#include "tests/pipeline/json_maker.hpp"

using td::errc;
using td::test::event_text;

namespace {

const td::timestamp at = *td::parse_rfc3339("2026-11-20T12:00:00Z");
constexpr auto good_topic = "tracker/events/tasks/updated";

std::shared_ptr<const td::schema_set> open_schemas() {
  return std::make_shared<td::open_schema_set>();
}

td::validator make_validator() {
  return {td::event_rules{}, open_schemas()};
}

/// What became of one message: "ok", or stage, code and pointer.
std::string fate(td::validator& v, std::string_view topic, std::string_view body,
                 bool retained = false) {
  auto batch = std::make_shared<td::batch>();
  batch->add(topic, body, at, retained);
  auto const checked = v.check(batch, at);
  BOOST_REQUIRE_EQUAL(checked.events.size() + checked.rejects.size(), 1u);
  if (checked.rejects.empty()) return "ok";
  auto const& r = checked.rejects[0];
  BOOST_TEST((td::disposition_of(r.why.code) == td::disposition::dead_letter));
  BOOST_TEST(!r.why.detail.empty());
  BOOST_TEST(r.message == 0u);
  return fmt::format("{} {} {}", r.stage, td::name_of(r.why.code), r.why.pointer);
}

std::string fate(std::string_view topic, std::string_view body) {
  auto v = make_validator();
  return fate(v, topic, body);
}

std::string fate(const event_text& event) {
  return fate(good_topic, event.text());
}

std::string payload(std::string_view inside) {
  return event_text::native().with("payload", fmt::format("{{\"x\":{}}}", inside)).text();
}

/// Knows one kind and wants `/a/b`.
class picky_schemas final : public td::schema_set {
 public:
  td::schema_judgement check(const td::schema_question& about,
                             simdjson::dom::element object) const override {
    if (about.kind != "task_updated")
      return {0, td::failure{errc::unknown_kind, "nobody knows it", ""}};
    if (about.version == 2 && object.at_pointer("/a/b").error() != simdjson::SUCCESS) {
      return {2, td::failure{errc::schema_violation, "b is required", "/a"}};
    }
    return {about.version, {}};
  }
};

/// Claims about any batch after validation: a partition in message order, slices that hold.
void check_partition(const td::checked_batch& checked) {
  std::vector<bool> seen(checked.raw->size());
  auto const mark = [&](auto const& entries) {
    std::int64_t last = -1;
    for (auto const& entry : entries) {
      RC_ASSERT(std::int64_t{entry.message} > last);
      last = entry.message;
      RC_ASSERT(!seen.at(entry.message));
      seen[entry.message] = true;
    }
  };
  mark(checked.events);
  mark(checked.rejects);
  for (auto const one : seen)
    RC_ASSERT(one);

  for (auto const& e : checked.events) {
    auto const body = checked.raw->body(checked.raw->messages()[e.message]);
    auto const text = checked.payload(e);
    RC_ASSERT(text.data() >= body.data());
    RC_ASSERT(text.data() + text.size() <= body.data() + body.size());
    auto const whole = boost::json::parse({body.data(), body.size()}).as_object();
    auto const* const member = whole.if_contains("payload");
    RC_ASSERT((member != nullptr ? *member : whole.at("data")) ==
              boost::json::parse({text.data(), text.size()}));
    RC_ASSERT(!checked.kind(e).empty());
    RC_ASSERT(!checked.source(e).empty());
  }
  for (auto const& r : checked.rejects) {
    RC_ASSERT(simdjson::validate_utf8(r.why.detail + r.why.pointer));
    RC_ASSERT((r.why.detail + r.why.pointer).find('\0') == std::string::npos);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(validation)

BOOST_AUTO_TEST_CASE(good_events_of_both_forms_pass) {
  auto batch = std::make_shared<td::batch>();
  batch->add(good_topic, event_text::native().with("schema_version", "3").text(), at);
  batch->add("tracker/events/projects/created", event_text::cloud().text(), at);
  auto v = make_validator();
  auto const checked = v.check(batch, at);
  BOOST_REQUIRE_EQUAL(checked.events.size(), 2u);
  BOOST_TEST(checked.rejects.empty());
  auto const& native = checked.events[0];
  BOOST_TEST(checked.kind(native) == "task_updated");
  BOOST_TEST(checked.source(native) == "tracker/device-1");
  BOOST_TEST(checked.topic(native) == good_topic);
  BOOST_TEST(checked.payload(native) == R"({"task_id":"7","progress":50})");
  BOOST_TEST(native.schema_version == 3);
  BOOST_TEST(to_string(native.event_id) == "0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f");
  BOOST_TEST(td::to_rfc3339(native.occurred_at) == "2026-11-20T11:59:00.123456Z");
  auto const& cloud = checked.events[1];
  BOOST_TEST(checked.kind(cloud) == "com.example.task-updated");
  BOOST_TEST(checked.source(cloud) == "//shop/orders");
  BOOST_TEST(checked.payload(cloud) == R"({"task_id":"7"})");
  BOOST_TEST(checked.topic(cloud) == "tracker/events/projects/created");
}

BOOST_AUTO_TEST_CASE(an_empty_batch_stays_empty) {
  auto v = make_validator();
  auto const checked = v.check(std::make_shared<td::batch>(), at);
  BOOST_TEST(checked.events.empty());
  BOOST_TEST(checked.rejects.empty());
}

BOOST_AUTO_TEST_CASE(every_kind_of_bad_input_is_refused_with_its_reason) {
  std::string const deep = std::string(199, '[') + std::string(199, ']');
  std::string const deepest(61, '[');
  std::vector<std::pair<std::string, std::string>> const table{
      {"hello", "scan not_json "},                                   // not JSON
      {payload("\"\xff\""), "scan not_utf8 "},                       // not UTF-8
      {payload(R"("a\u0000b")"), "scan nul_escape /payload/x"},      // NUL escape
      {payload(R"("\ud800")"), "scan surrogate_escape /payload/x"},  // half a pair
      {std::string(10'000'000, 'x'), "scan body_too_large "},        // 10 MB
      {"", "scan body_empty "},                                      // empty
      {"[]", "scan not_an_object "},                                 //
      {payload(R"({"k":1,"k":2})"), "scan duplicate_key /payload/x/k"},
      {event_text::native().text().insert(1, "\"kind\":\"x\","), "scan duplicate_key /kind"},
      {payload(std::string(100, '7')), "scan number_too_long /payload/x"},
      {payload("1e-9999"), "scan number_out_of_range /payload/x"},
      {payload("1e400"), "scan number_out_of_range /payload/x"},                 // beyond double
      {payload("18446744073709551616"), "scan number_out_of_range /payload/x"},  // beyond int64
      {payload(fmt::format("\"{}\"", std::string((256u << 10) + 1, 's'))),
       "scan string_too_long /payload/x"},
  };
  auto v = make_validator();
  for (auto const& [body, expected] : table) {
    BOOST_TEST_CONTEXT(body.substr(0, 200)) {
      BOOST_TEST(fate(v, good_topic, body) == expected);
      // And the validator is none the worse for it.
      BOOST_TEST(fate(v, good_topic, event_text::native().text()) == "ok");
    }
  }
  std::string pointer = "/payload/x";
  for (int i = 0; i < 62; ++i)
    pointer += "/0";
  BOOST_TEST(fate(v, good_topic, payload(deep)) == "scan too_deep " + pointer);  // 200 levels
}

BOOST_AUTO_TEST_CASE(the_envelope_is_checked_after_the_bytes) {
  auto const with = [](std::string_view name, std::string_view json) {
    return fate(event_text::native().with(name, json));
  };
  BOOST_TEST(with("occurred_at", "\"9999-12-31T23:59:59Z\"") ==
             "envelope occurred_at_in_future /occurred_at");
  BOOST_TEST(with("occurred_at", "\"0001-01-01T00:00:00Z\"") ==
             "envelope occurred_at_too_old /occurred_at");
  BOOST_TEST(with("occurred_at", "\"2026-11-19T23:59:59.9999996Z\"") == "ok");
  BOOST_TEST(with("occurred_at", "\"2026-11-19T23:59:60Z\"") == "ok");
  BOOST_TEST(with("occurred_at", "\"2026-11-20T13:59:00+02:00\"") == "ok");
  BOOST_TEST(with("event_id", "\"0B8A7D9E-3C1F-4F6A-9D2E-5B7C8A9D0E1F\"") == "ok");
  BOOST_TEST(with("event_id", "\"{0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f}\"") ==
             "envelope event_id_invalid /event_id");
  BOOST_TEST(with("event_id", "\"0b8a7d9e\"") == "envelope event_id_invalid /event_id");
  BOOST_TEST(with("payload", "[]") == "envelope payload_invalid /payload");
  BOOST_TEST(fate(event_text::cloud().without("time")) == "envelope occurred_at_missing /time");
  BOOST_TEST(fate(event_text::cloud().with("specversion", "\"2.0\"")) ==
             "envelope cloudevent_invalid /specversion");
}

BOOST_AUTO_TEST_CASE(truncated_times_make_one_key_of_one_event) {
  auto batch = std::make_shared<td::batch>();
  for (auto const* const text : {"\"2026-11-19T23:59:59.9999996Z\"",
                                 "\"2026-11-19T23:59:59.999999Z\"", "\"2026-11-19T23:59:60Z\""}) {
    batch->add(good_topic, event_text::native().with("occurred_at", text).text(), at);
  }
  auto v = make_validator();
  auto const checked = v.check(batch, at);
  BOOST_REQUIRE_EQUAL(checked.events.size(), 3u);
  BOOST_TEST((checked.events[0].occurred_at == checked.events[1].occurred_at));
  BOOST_TEST((checked.events[0].occurred_at == checked.events[2].occurred_at));
}

BOOST_AUTO_TEST_CASE(the_topic_is_checked_first) {
  BOOST_TEST(fate("tracker/events/secrets/read", "not json") == "topic topic_not_allowed ");
  BOOST_TEST(fate("tracker/events/tasks/" + std::string(500, 'x'), "not json") ==
             "topic topic_too_long ");
}

BOOST_AUTO_TEST_CASE(a_retained_message_is_an_event_like_any_other) {
  auto v = make_validator();
  BOOST_TEST(fate(v, good_topic, event_text::native().text(), true) == "ok");
}

BOOST_AUTO_TEST_CASE(retention_and_skew_are_held_against_the_given_time) {
  td::validator v{{.retention = std::chrono::hours{48}, .allowed_skew = std::chrono::seconds{10}},
                  open_schemas()};
  auto const at_time = [&](std::string_view text) {
    return fate(v, good_topic,
                event_text::native().with("occurred_at", fmt::format("\"{}\"", text)).text());
  };
  BOOST_TEST(at_time("2026-11-18T12:00:00Z") == "ok");
  BOOST_TEST(at_time("2026-11-18T11:59:59.999999Z") == "envelope occurred_at_too_old /occurred_at");
  BOOST_TEST(at_time("2026-11-20T12:00:10Z") == "ok");
  BOOST_TEST(at_time("2026-11-20T12:00:10.000001Z") ==
             "envelope occurred_at_in_future /occurred_at");
}

BOOST_AUTO_TEST_CASE(limits_come_from_the_rules) {
  td::validator v{{.max_topic_bytes = 30,
                   .max_body_bytes = 400,
                   .max_depth = 3,
                   .max_string_bytes = 50,
                   .max_source_bytes = 20},
                  open_schemas()};
  BOOST_TEST(fate(v, "tracker/events/tasks/updated_again", "{}") == "topic topic_too_long ");
  BOOST_TEST(fate(v, good_topic, payload("[[1]]")) == "scan too_deep /payload/x/0");
  BOOST_TEST(fate(v, good_topic, payload("[1]")) == "ok");
  BOOST_TEST(fate(v, good_topic, payload(fmt::format("\"{:51}\"", ""))) ==
             "scan string_too_long /payload/x");
  BOOST_TEST(fate(v, good_topic, payload("1") + std::string(400, ' ')) == "scan body_too_large ");
  BOOST_TEST(fate(v, good_topic,
                  event_text::native().with("source", "\"123456789012345678901\"").text()) ==
             "envelope source_invalid /source");
}

BOOST_AUTO_TEST_CASE(schemas_see_the_payload_and_their_pointers_begin_at_the_document) {
  td::validator v{{}, std::make_shared<picky_schemas>()};
  auto const versioned = event_text::native().with("schema_version", "2");
  BOOST_TEST(fate(v, good_topic, versioned.with("payload", R"({"a":{"b":1}})").text()) == "ok");
  BOOST_TEST(fate(v, good_topic, versioned.with("payload", R"({"a":{}})").text()) ==
             "schema schema_violation /payload/a");
  BOOST_TEST(fate(v, good_topic, event_text::native().text()) == "ok");
  BOOST_TEST(fate(v, good_topic, event_text::cloud().text()) == "schema unknown_kind /data");
}

BOOST_AUTO_TEST_CASE(a_moved_validator_goes_on) {
  auto first = make_validator();
  auto second = std::move(first);
  BOOST_TEST(fate(second, good_topic, event_text::native().text()) == "ok");
}

RC_BOOST_PROP(good_events_with_any_payload_pass, (std::uint64_t seed)) {
  td::test::json_maker random{seed, 0};
  auto batch = std::make_shared<td::batch>();
  for (unsigned i = 0; i < 20; ++i) {
    auto const& form = i % 2 == 0 ? event_text::native() : event_text::cloud();
    auto const text = random.object(1 + i);
    batch->add(good_topic, form.with(i % 2 == 0 ? "payload" : "data", text).text(), at);
  }
  auto v = make_validator();
  auto const checked = v.check(batch, at);
  RC_ASSERT(checked.rejects.empty());
  check_partition(checked);
}

RC_BOOST_PROP(mutated_events_end_in_exactly_one_place, (std::uint64_t seed)) {
  td::test::json_maker random{seed, 30};
  auto batch = std::make_shared<td::batch>();
  for (unsigned i = 0; i < 60; ++i) {
    auto const event = i % 2 == 0 ? event_text::native().with("payload", random.object(10))
                                  : event_text::cloud().with("data", random.object(10));
    auto const text = i % 3 == 0 ? event.text() : mutate(event.text(), random);
    batch->add(i % 10 == 9 ? mutate(good_topic, random) : good_topic, text, at);
  }
  auto v = make_validator();
  check_partition(v.check(batch, at));
}

RC_BOOST_PROP(garbage_ends_in_exactly_one_place,
              (const std::vector<std::pair<std::string, std::string>>& messages)) {
  auto batch = std::make_shared<td::batch>();
  for (auto const& [topic, body] : messages)
    batch->add(topic, body, at);
  for (auto const& [topic, body] : messages)
    batch->add(good_topic, body, at);
  auto v = make_validator();
  auto const checked = v.check(batch, at);
  RC_ASSERT(checked.events.empty());
  check_partition(checked);
}

BOOST_AUTO_TEST_SUITE_END()
