#include "http/snapshot_json.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;

namespace {

timestamp gen_time() {
  // Years 0001 to 9999, as RFC 3339 has them.
  return timestamp{std::chrono::microseconds{
      *rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'799'999'999)}};
}

std::string gen_text() {
  return *rc::gen::container<std::string>(rc::gen::elementOf(std::string{"abc \"\\/{}[]:,0"})) +
         *rc::gen::element("", "\xc3\xa9", "\xf0\x9f\x90\x98");
}

std::uint64_t gen_count() {
  return *rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 1000),
                         rc::gen::arbitrary<std::uint64_t>());
}

ledger_counts gen_counts() {
  ledger_counts c;
  for (auto member :
       {&ledger_counts::received, &ledger_counts::stored, &ledger_counts::duplicate,
        &ledger_counts::dead_lettered, &ledger_counts::given_back, &ledger_counts::in_flight}) {
    c.*member = *rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << 60);
  }
  return c;
}

service_snapshot gen_snapshot() {
  service_snapshot s{gen_text(),
                     gen_text(),
                     gen_text(),
                     gen_time(),
                     gen_time(),
                     *rc::gen::arbitrary<bool>(),
                     *rc::gen::arbitrary<bool>(),
                     gen_counts(),
                     {},
                     {},
                     {},
                     {}};
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    s.findings.push_back({gen_text(), gen_text(), *rc::gen::elementOf(severities), gen_text(),
                          gen_text(), gen_text()});
    s.lanes.push_back({*rc::gen::arbitrary<std::int32_t>(), gen_text(), gen_text(), gen_text(),
                       gen_time(), gen_count(), gen_count(), gen_count()});
    s.dependencies.push_back({gen_text(), *rc::gen::arbitrary<bool>(), gen_text(), gen_time(),
                              std::chrono::microseconds{*rc::gen::arbitrary<std::int64_t>()}});
    s.actors.push_back({gen_text(), gen_text(), gen_count()});
    s.stalls.push_back({*rc::gen::arbitrary<std::int32_t>(), gen_count(), gen_count(), gen_count(),
                        gen_text(), gen_text(), gen_text(), gen_text(), gen_time(),
                        std::chrono::milliseconds{*rc::gen::arbitrary<std::int64_t>()},
                        std::chrono::milliseconds{*rc::gen::arbitrary<std::int64_t>()},
                        gen_count()});
  }
  return s;
}

bool same(const ledger_counts& a, const ledger_counts& b) {
  return a.received == b.received && a.stored == b.stored && a.duplicate == b.duplicate &&
         a.dead_lettered == b.dead_lettered && a.given_back == b.given_back &&
         a.in_flight == b.in_flight;
}
bool same(const lane_status& a, const lane_status& b) {
  return a.slot == b.slot && a.client_id == b.client_id && a.state == b.state &&
         a.reason == b.reason && a.since == b.since && a.epoch == b.epoch &&
         a.in_flight == b.in_flight && a.received == b.received;
}
bool same(const dependency_status& a, const dependency_status& b) {
  return a.name == b.name && a.ok == b.ok && a.reason == b.reason && a.since == b.since &&
         a.latency == b.latency;
}
bool same(const actor_status& a, const actor_status& b) {
  return a.name == b.name && a.state == b.state && a.restarts == b.restarts;
}
bool same(const stall_status& a, const stall_status& b) {
  return a.lane == b.lane && a.epoch == b.epoch && a.batch == b.batch && a.events == b.events &&
         a.holder == b.holder && a.doing == b.doing && a.dependency == b.dependency &&
         a.reason == b.reason && a.since == b.since && a.lasted == b.lasted &&
         a.held_for == b.held_for && a.given_back == b.given_back && a.held == b.held;
}
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T& x, const T& y) { return same(x, y); });
}
bool same(const service_snapshot& a, const service_snapshot& b) {
  return a.version == b.version && a.node == b.node && a.deployment == b.deployment &&
         a.started_at == b.started_at && a.taken_at == b.taken_at && a.ready == b.ready &&
         a.stopping == b.stopping && same(a.counts, b.counts) && same(a.lanes, b.lanes) &&
         same(a.dependencies, b.dependencies) && same(a.actors, b.actors) &&
         same(a.stalls, b.stalls) && a.findings == b.findings;
}

struct bad_json {
  std::string text;
  errc code;
  std::string pointer;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(snapshot_json)

RC_BOOST_PROP(snapshots_survive_json, ()) {
  const auto s = gen_snapshot();
  const auto again = snapshot_from_json(to_json(s));
  RC_ASSERT(again.has_value());
  RC_ASSERT(same(*again, s));
}

BOOST_AUTO_TEST_CASE(members_are_named_as_documented) {
  service_snapshot s;
  s.version = "0.1.0";
  s.counts = {10, 5, 2, 1, 0, 1};
  s.lanes = {{3, "td-3", "reading", "", {}, 7, 1, 10}};
  s.actors = {{"mirror 1", "running", 2}};
  s.findings = {{"database", "database_fsync", severity::danger, "fsync is off", "a\nb", "psql"}};
  BOOST_TEST(
      to_json(s) ==
      R"({"version":"0.1.0","node":"","deployment":"",)"
      R"("started_at":"1970-01-01T00:00:00.000000Z","taken_at":"1970-01-01T00:00:00.000000Z",)"
      R"("ready":false,"stopping":false,)"
      R"("counts":{"received":10,"stored":5,"duplicate":2,"dead_lettered":1,"given_back":0,)"
      R"("in_flight":1,"unaccounted":1},)"
      R"("lanes":[{"slot":3,"client_id":"td-3","state":"reading","reason":"",)"
      R"("since":"1970-01-01T00:00:00.000000Z","epoch":7,"in_flight":1,"received":10}],)"
      R"("dependencies":[],)"
      R"("actors":[{"name":"mirror 1","state":"running","restarts":2}],"stalls":[],)"
      R"("findings":[{"area":"database","code":"database_fsync","severity":"danger",)"
      R"("what":"fsync is off","mend":"a\nb","where":"psql"}]})");
}

BOOST_AUTO_TEST_CASE(readiness_names_warnings_and_dangers_and_is_not_changed_by_them) {
  service_snapshot s;
  s.ready = true;
  s.findings = {{"database", "database_fsync", severity::danger, "fsync is off", "x", "psql"},
                {"database", "database_clock", severity::warning, "off", "", ""},
                {"database", "database_checksums", severity::note, "off", "", ""}};
  const auto text = readiness_json(s);
  BOOST_TEST(text.starts_with(R"({"ready":true,"reasons":[],)"));
  BOOST_TEST(text.find("database_fsync") != std::string::npos);
  BOOST_TEST(text.find("database_clock") != std::string::npos);
  BOOST_TEST(text.find("database_checksums") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_still_makes_json) {
  service_snapshot s;
  s.dependencies = {{"mqtt", false, "bad \xff\x1b bytes", {}, {}}};
  const auto again = snapshot_from_json(to_json(s));
  BOOST_REQUIRE(again);
  BOOST_TEST(again->dependencies[0].reason == "bad \\xff\\u001b bytes");
}

BOOST_AUTO_TEST_CASE(neighbouring_versions_understand_each_other) {
  const auto s = snapshot_from_json(
      R"({"version":"9.9","counts":{"received":1,"new":2},"lanes":[{"slot":1}],"new":{"a":[]}})");
  BOOST_REQUIRE(s);
  BOOST_TEST(s->version == "9.9");
  BOOST_TEST(s->counts.received == 1u);
  BOOST_TEST(s->lanes.at(0).slot == 1);
  BOOST_TEST(s->lanes.at(0).state == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_snapshot_is_refused_with_the_place) {
  const std::string good = R"("version":"1","counts":{})";
  const std::vector<bad_json> table{
      {"", errc::not_json, ""},
      {"{", errc::not_json, ""},
      {"<html>", errc::not_json, ""},
      {"[]", errc::payload_invalid, ""},
      {"{}", errc::payload_invalid, "/version"},
      {R"({"version":"1"})", errc::payload_invalid, "/counts"},
      {R"({"version":1,"counts":{}})", errc::payload_invalid, "/version"},
      {R"({"version":"1","counts":[]})", errc::payload_invalid, "/counts"},
      {R"({"version":"1","counts":{"stored":-1}})", errc::payload_invalid, "/counts/stored"},
      {R"({"version":"1","counts":{"stored":1.5}})", errc::payload_invalid, "/counts/stored"},
      {R"({"version":"1","counts":{"in_flight":18446744073709551615}})", errc::payload_invalid,
       "/counts/in_flight"},
      {"{" + good + R"(,"ready":1})", errc::payload_invalid, "/ready"},
      {"{" + good + R"(,"taken_at":"noon"})", errc::payload_invalid, "/taken_at"},
      {"{" + good + R"(,"lanes":{}})", errc::payload_invalid, "/lanes"},
      {"{" + good + R"(,"lanes":[{},5]})", errc::payload_invalid, "/lanes/1"},
      {"{" + good + R"(,"lanes":[{"slot":3000000000}]})", errc::payload_invalid, "/lanes/0/slot"},
      {"{" + good + R"(,"findings":[{"severity":"bad"}]})", errc::payload_invalid,
       "/findings/0/severity"},
      {"{" + good + R"(,"dependencies":[{"latency_us":"1"}]})", errc::payload_invalid,
       "/dependencies/0/latency_us"},
  };
  for (const auto& [text, code, pointer] : table) {
    const auto s = snapshot_from_json(text);
    BOOST_REQUIRE_MESSAGE(!s, text);
    BOOST_TEST((s.error().code == code), text);
    BOOST_TEST(s.error().pointer == pointer, text << " -> " << s.error().pointer);
  }
}

BOOST_AUTO_TEST_SUITE_END()
