#include "pipeline/envelope.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "pipeline/document.hpp"
#include "tests/pipeline/bodies.hpp"
#include "tests/pipeline/event_text.hpp"

using td::errc;
using td::test::event_text;

namespace {

td::timestamp time(std::string_view text) {
  return *td::parse_rfc3339(text);
}

const td::time_window window{time("2026-10-21T12:00:00Z"), time("2026-11-20T12:05:00Z")};

/// An event, read.
class reading {
 public:
  explicit reading(std::string_view json) : body_{json} {
    BOOST_REQUIRE(!document_.read(body_.view()));
    td::envelope_reader reader{200};
    fault_ = reader.read(document_.root(), document_.members(), window, envelope_);
  }
  explicit reading(const event_text& event) : reading{event.text()} {}

  const std::optional<td::failure>& fault() const { return fault_; }
  const td::envelope& operator*() const { return envelope_; }
  const td::envelope* operator->() const { return &envelope_; }
  std::string_view payload() const {
    return body_.view().substr(envelope_.payload.offset, envelope_.payload.size);
  }

 private:
  td::test::padded_body body_;
  td::document document_{{}};
  td::envelope envelope_;
  std::optional<td::failure> fault_;
};

struct refusal {
  const char* member;
  const char* json;  ///< nullptr: the member is missing
  errc code;
};

void expect(const event_text& good, std::initializer_list<refusal> table) {
  for (auto const& [member, json, code] : table) {
    BOOST_TEST_CONTEXT(member << " = " << (json == nullptr ? "nothing" : json)) {
      reading const r{json == nullptr ? good.without(member) : good.with(member, json)};
      BOOST_REQUIRE(r.fault());
      BOOST_TEST(td::name_of(r.fault()->code) == td::name_of(code));
      BOOST_TEST(r.fault()->pointer == fmt::format("/{}", member));
      BOOST_TEST(r.fault()->detail.starts_with(fmt::format("\"{}\" is ", member)));
    }
  }
}

std::string in_quotes(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(envelopes)

BOOST_AUTO_TEST_SUITE(native)

BOOST_AUTO_TEST_CASE(a_good_event_is_read) {
  reading const r{event_text::native()};
  BOOST_REQUIRE(!r.fault());
  BOOST_TEST(to_string(r->event_id) == "0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f");
  BOOST_TEST(to_string(r->trace_id) == "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
  BOOST_TEST(td::to_rfc3339(r->occurred_at) == "2026-11-20T11:59:00.123456Z");
  BOOST_TEST(r->kind == "task_updated");
  BOOST_TEST(r->source == "tracker/device-1");
  BOOST_TEST(r.payload() == R"({"task_id":"7","progress":50})");
  BOOST_TEST(std::int64_t{r->payload_value["progress"]} == 50);
  BOOST_TEST(r->payload_pointer == "/payload");
  BOOST_TEST(r->schema_version == 0);
}

BOOST_AUTO_TEST_CASE(members_may_stand_in_any_order_among_others_and_be_escaped) {
  reading const r{R"({"x":[{"payload":1}],"payload":{ "a" : 1 },"source":"\u0061\/b",
                      "kind":"a","trace_id":"4BF92F35-77B3-4DA6-A3CE-929D0E0E4736",
                      "occurred\u005fat":"2026-11-20 12:00:00+01:00","id":7,"version":"2",
                      "event_id":"0B8A7D9E-3C1F-4F6A-9D2E-5B7C8A9D0E1F" , "z":null})"};
  BOOST_REQUIRE(!r.fault());
  BOOST_TEST(to_string(r->event_id) == "0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f");
  BOOST_TEST(r->source == "a/b");
  BOOST_TEST(r.payload() == R"({ "a" : 1 })");
  BOOST_TEST(td::to_rfc3339(r->occurred_at) == "2026-11-20T11:00:00.000000Z");
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_null_is_named) {
  for (auto const* const json : {static_cast<const char*>(nullptr), "null"}) {
    expect(event_text::native(), {{"event_id", json, errc::event_id_missing},
                                  {"occurred_at", json, errc::occurred_at_missing},
                                  {"trace_id", json, errc::trace_id_missing},
                                  {"kind", json, errc::kind_missing},
                                  {"source", json, errc::source_missing},
                                  {"payload", json, errc::payload_missing}});
  }
  BOOST_TEST(reading{"{}"}.fault()->pointer == "/event_id");
  BOOST_TEST(reading{event_text::native().without("event_id")}.fault()->detail ==
             "\"event_id\" is missing; a UUID of the form 8-4-4-4-12 that is not all zeros is "
             "needed");
}

BOOST_AUTO_TEST_CASE(ids_that_are_no_uuid_are_refused) {
  expect(event_text::native(),
         {{"event_id", "7", errc::event_id_invalid},
          {"event_id", "\"\"", errc::event_id_invalid},
          {"event_id", "\"order-4711\"", errc::event_id_invalid},
          {"event_id", "\"{0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f}\"", errc::event_id_invalid},
          {"event_id", "\"0b8a7d9e3c1f4f6a9d2e5b7c8a9d0e1f\"", errc::event_id_invalid},
          {"event_id", "\"0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1\"", errc::event_id_invalid},
          {"event_id", "\"0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f0\"", errc::event_id_invalid},
          {"event_id", "\"00000000-0000-0000-0000-000000000000\"", errc::event_id_invalid},
          {"event_id", "{}", errc::event_id_invalid},
          {"trace_id", "\"\"", errc::trace_id_invalid},
          {"trace_id", "17", errc::trace_id_invalid},
          {"trace_id", "\"00000000000000000000000000000000\"", errc::trace_id_invalid},
          {"trace_id", "\"4bf92f3577b34da6a3ce929d0e0e47\"", errc::trace_id_invalid}});
}

BOOST_AUTO_TEST_CASE(times_that_are_none_are_refused) {
  expect(event_text::native(),
         {{"occurred_at", "\"\"", errc::occurred_at_invalid},
          {"occurred_at", "\"yesterday\"", errc::occurred_at_invalid},
          {"occurred_at", "\"2026-11-20T11:59:00\"", errc::occurred_at_invalid},
          {"occurred_at", "1795178096", errc::occurred_at_invalid},
          {"occurred_at", "\"2026-02-30T00:00:00Z\"", errc::occurred_at_invalid},
          {"occurred_at", "false", errc::occurred_at_invalid}});
}

BOOST_AUTO_TEST_CASE(the_window_is_closed_at_both_ends) {
  auto const code_at = [](std::string_view text) {
    reading const r{event_text::native().with("occurred_at", in_quotes(text))};
    return r.fault() ? td::name_of(r.fault()->code) : "ok";
  };
  BOOST_TEST(code_at("2026-10-21T12:00:00Z") == "ok");
  BOOST_TEST(code_at("2026-10-21T11:59:59.999999Z") == "occurred_at_too_old");
  BOOST_TEST(code_at("0001-01-01T00:00:00Z") == "occurred_at_too_old");
  BOOST_TEST(code_at("2026-11-20T12:05:00Z") == "ok");
  BOOST_TEST(code_at("2026-11-20T12:05:00.0000009Z") == "ok");  // truncated, as it is stored
  BOOST_TEST(code_at("2026-11-20T12:05:00.000001Z") == "occurred_at_in_future");
  BOOST_TEST(code_at("9999-12-31T23:59:59Z") == "occurred_at_in_future");
  BOOST_TEST(reading{event_text::native().with("occurred_at", "\"2020-01-01T00:00:00Z\"")}
                 .fault()
                 ->detail ==
             "\"occurred_at\" is \"2020-01-01T00:00:00Z\"; events from "
             "2026-10-21T12:00:00.000000Z on are kept");
}

BOOST_AUTO_TEST_CASE(kinds_are_short_lower_case_names) {
  for (auto const* const kind : {"a", "task_updated", "t2", "a__"}) {
    BOOST_TEST(!reading{event_text::native().with("kind", in_quotes(kind))}.fault());
  }
  BOOST_TEST(!reading{event_text::native().with("kind", in_quotes(std::string(100, 'k')))}.fault());
  for (auto const& kind :
       {std::string{}, std::string{"Task"}, std::string{"2task"}, std::string{"_task"},
        std::string{"task.updated"}, std::string{"task-updated"}, std::string{"task updated"},
        std::string{"t\xc3\xa4sk"}, std::string(101, 'k')}) {
    BOOST_TEST_CONTEXT(kind) {
      reading const r{event_text::native().with("kind", in_quotes(kind))};
      BOOST_REQUIRE(r.fault());
      BOOST_TEST((r.fault()->code == errc::kind_invalid));
      BOOST_TEST(r.fault()->pointer == "/kind");
    }
  }
  expect(event_text::native(), {{"kind", "12", errc::kind_invalid}});
}

BOOST_AUTO_TEST_CASE(sources_are_bounded_in_bytes) {
  auto const code_of = [](std::size_t characters) {
    std::string umlauts;
    for (std::size_t i = 0; i < characters; ++i)
      umlauts += "\xc3\xa4";
    reading const r{event_text::native().with("source", in_quotes(umlauts))};
    return r.fault() ? td::name_of(r.fault()->code) : "ok";
  };
  BOOST_TEST(code_of(100) == "ok");
  BOOST_TEST(code_of(101) == "source_invalid");
  expect(event_text::native(),
         {{"source", "\"\"", errc::source_invalid}, {"source", "[\"a\"]", errc::source_invalid}});
  BOOST_TEST(reading{event_text::native().with("source", in_quotes(std::string(201, 'x')))}
                 .fault()
                 ->detail.ends_with("...\" (201 bytes); at most 200 bytes are allowed"));
}

BOOST_AUTO_TEST_CASE(only_an_object_is_a_payload) {
  BOOST_TEST(!reading{event_text::native().with("payload", "{}")}.fault());
  expect(event_text::native(), {{"payload", "[]", errc::payload_invalid},
                                {"payload", "\"{}\"", errc::payload_invalid},
                                {"payload", "1.5", errc::payload_invalid},
                                {"payload", "true", errc::payload_invalid}});
}

BOOST_AUTO_TEST_CASE(a_schema_version_is_a_positive_32_bit_integer) {
  BOOST_TEST(reading { event_text::native().with("schema_version", "1") } -> schema_version == 1);
  BOOST_TEST(reading { event_text::native().with("schema_version", "2147483647") }
             -> schema_version == 2147483647);
  BOOST_TEST(reading { event_text::native().with("schema_version", "null") }
             -> schema_version == 0);
  BOOST_TEST(!reading{event_text::native().with("schema_version", "null")}.fault());
  for (auto const* const json :
       {"0", "-1", "2147483648", "18446744073709551615", "1.5", "1.0", "\"1\"", "true", "[]"}) {
    expect(event_text::native(), {{"schema_version", json, errc::schema_version_invalid}});
  }
}

BOOST_AUTO_TEST_CASE(details_show_what_came_and_what_is_wanted) {
  auto const detail = [](std::string_view member, std::string_view json) {
    return reading{event_text::native().with(member, json)}.fault()->detail;
  };
  BOOST_TEST(detail("trace_id", "17") ==
             "\"trace_id\" is the number 17; a UUID or 32 hex digits, not all zeros, is needed");
  BOOST_TEST(detail("kind", "\"a\\nb\\u202e\"") ==
             "\"kind\" is \"a\\u000ab\\u202e\"; a name of a-z, 0-9 and '_' that begins with a "
             "letter and has at most 100 bytes is needed");
  BOOST_TEST(detail("payload", "[1,2]") == "\"payload\" is an array; an object is needed");
  BOOST_TEST(detail("schema_version", "1.5") ==
             "\"schema_version\" is the number 1.5; an integer from 1 to 2147483647 is needed");
  BOOST_TEST(detail("event_id", in_quotes(std::string(100'000, 'x'))).size() < 250u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(cloud_events)

BOOST_AUTO_TEST_CASE(a_good_event_is_read_as_the_same_thing) {
  reading const r{event_text::cloud()};
  BOOST_REQUIRE(!r.fault());
  BOOST_TEST(to_string(r->event_id) == "0b8a7d9e-3c1f-4f6a-9d2e-5b7c8a9d0e1f");
  BOOST_TEST((r->trace_id == r->event_id));
  BOOST_TEST(td::to_rfc3339(r->occurred_at) == "2026-11-20T11:59:00.123456Z");
  BOOST_TEST(r->kind == "com.example.task-updated");
  BOOST_TEST(r->source == "//shop/orders");
  BOOST_TEST(r.payload() == R"({"task_id":"7"})");
  BOOST_TEST(r->payload_pointer == "/data");
}

BOOST_AUTO_TEST_CASE(extensions_and_optional_attributes_are_let_through) {
  BOOST_TEST(!reading{event_text::cloud()
                          .with("subject", "\"x\"")
                          .with("dataschema", "\"https://example.com/s\"")
                          .with("myextension", "7")
                          .with("traceparent", "null")
                          .with("datacontenttype", "null")
                          .with("data_base64", "null")}
                  .fault());
}

BOOST_AUTO_TEST_CASE(an_id_that_is_no_uuid_is_named_by_its_source) {
  reading const order{event_text::cloud().with("id", "\"order-4711\"")};
  // Python: uuid5(uuid5(NAMESPACE_URL, '//shop/orders'), 'order-4711')
  BOOST_TEST(to_string(order->event_id) == "ad45c7c7-cc30-5306-a2f1-8a27198360c6");
  reading const again{event_text::cloud().with("id", "\"order-4711\"").with("data", "{}")};
  BOOST_TEST((order->event_id == again->event_id));
  reading const elsewhere{
      event_text::cloud().with("id", "\"order-4711\"").with("source", "\"//shop/returns\"")};
  BOOST_TEST((order->event_id != elsewhere->event_id));
}

BOOST_AUTO_TEST_CASE(one_reader_keeps_sources_apart) {
  td::envelope_reader reader{200};
  auto const id_of = [&](std::string_view source) {
    td::test::padded_body const body{
        event_text::cloud().with("id", "\"1\"").with("source", in_quotes(source)).text()};
    td::document document{{}};
    td::envelope envelope;
    BOOST_REQUIRE(!document.read(body.view()));
    BOOST_REQUIRE(!reader.read(document.root(), document.members(), window, envelope));
    return envelope.event_id;
  };
  auto const a = id_of("a");
  auto const b = id_of("b");
  BOOST_TEST((a != b));
  BOOST_TEST((a == id_of("a")));
  BOOST_TEST((b == id_of("b")));
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_null_is_named) {
  for (auto const* const json : {static_cast<const char*>(nullptr), "null"}) {
    expect(event_text::cloud(), {{"id", json, errc::event_id_missing},
                                 {"time", json, errc::occurred_at_missing},
                                 {"type", json, errc::kind_missing},
                                 {"source", json, errc::source_missing},
                                 {"data", json, errc::payload_missing}});
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named) {
  expect(event_text::cloud(),
         {{"specversion", "\"0.3\"", errc::cloudevent_invalid},
          {"specversion", "1.0", errc::cloudevent_invalid},
          {"specversion", "\"\"", errc::cloudevent_invalid},
          {"id", "\"\"", errc::event_id_invalid},
          {"id", "7", errc::event_id_invalid},
          {"id", "\"00000000-0000-0000-0000-000000000000\"", errc::event_id_invalid},
          {"time", "\"2026-11-20\"", errc::occurred_at_invalid},
          {"time", "\"2020-01-01T00:00:00Z\"", errc::occurred_at_too_old},
          {"time", "\"2036-01-01T00:00:00Z\"", errc::occurred_at_in_future},
          {"type", "\"\"", errc::kind_invalid},
          {"type", "\".x\"", errc::kind_invalid},
          {"type", "\"1x\"", errc::kind_invalid},
          {"type", "\"a/b\"", errc::kind_invalid},
          {"source", "\"\"", errc::source_invalid},
          {"data", "\"text\"", errc::payload_invalid},
          {"data", "[{}]", errc::payload_invalid},
          {"data_base64", "\"e30=\"", errc::cloudevent_invalid}});
}

BOOST_AUTO_TEST_CASE(types_may_hold_capitals_dots_and_dashes) {
  for (auto const* const type : {"Microsoft.Storage.BlobCreated", "com.example.a-b_c.v2", "x"}) {
    BOOST_TEST(reading { event_text::cloud().with("type", in_quotes(type)) } -> kind == type);
  }
}

BOOST_AUTO_TEST_CASE(binary_data_is_refused_with_a_clear_sentence) {
  auto const event = event_text::cloud().without("data").with("data_base64", "\"e30=\"");
  BOOST_TEST(reading{event}.fault()->detail ==
             "\"data_base64\" is \"e30=\"; a JSON object in \"data\" instead is needed");
}

BOOST_AUTO_TEST_CASE(the_content_type_must_be_json) {
  for (auto const* const good :
       {"application/json", "application/json; charset=utf-8", "Application/JSON", "text/json",
        "application/cloudevents+json", "application/vnd.x+JSON ;v=1"}) {
    BOOST_TEST_CONTEXT(good) {
      BOOST_TEST(!reading{event_text::cloud().with("datacontenttype", in_quotes(good))}.fault());
    }
  }
  expect(event_text::cloud(),
         {{"datacontenttype", "\"text/xml\"", errc::cloudevent_invalid},
          {"datacontenttype", "\"\"", errc::cloudevent_invalid},
          {"datacontenttype", "\"json\"", errc::cloudevent_invalid},
          {"datacontenttype", "\"/json\"", errc::cloudevent_invalid},
          {"datacontenttype", "\"application/jsonx\"", errc::cloudevent_invalid},
          {"datacontenttype", "\"application/xml+jso\"", errc::cloudevent_invalid},
          {"datacontenttype", "7", errc::cloudevent_invalid}});
}

BOOST_AUTO_TEST_CASE(a_traceparent_gives_the_trace_id) {
  for (auto const* const good : {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                 "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                 "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-new"}) {
    reading const r{event_text::cloud().with("traceparent", in_quotes(good))};
    BOOST_TEST_CONTEXT(good) {
      BOOST_TEST(!r.fault());
      BOOST_TEST(to_string(r->trace_id) == "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_malformed_traceparent_is_refused) {
  for (auto const* const bad : {
           "\"\"",
           "7",
           "\"4bf92f3577b34da6a3ce929d0e0e4736\"",
           "\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7\"",
           "\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\"",
           "\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011\"",
           "\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x\"",
           "\"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x\"",
           "\"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"",
           "\"0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"",
           "\"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01\"",
           "\"00-00000000000000000000000000000000-00f067aa0ba902b7-01\"",
           "\"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01\"",
           "\"00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"",
           "\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01\"",
           "\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bz-01\"",
           "\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0z\"",
       }) {
    expect(event_text::cloud(), {{"traceparent", bad, errc::cloudevent_invalid}});
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
