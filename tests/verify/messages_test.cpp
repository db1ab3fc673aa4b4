#include "verify/messages.hpp"

#include <memory>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "pipeline/schema.hpp"
#include "pipeline/validate.hpp"
#include "verify/content.hpp"

namespace td::verify {

namespace {

constexpr std::size_t many = 20'000;

/// What the product's validator says of messages, each in a batch of its own.
class judge {
 public:
  checked_batch operator()(const planned_message& m) {
    auto raw = std::make_shared<batch>();
    raw->add(m.topic, m.body, now());
    return validator_.check(raw, now());
  }

 private:
  validator validator_{event_rules{}, std::make_shared<open_schema_set>()};
};

/// Microseconds, so that time formats have digits to keep and to drop.
timestamp moment() {
  return std::chrono::floor<std::chrono::seconds>(now()) + std::chrono::microseconds{123456};
}

BOOST_AUTO_TEST_CASE(sound_messages_are_what_they_are_expected_to_be) {
  message_maker maker{7, 0};
  judge validate;
  std::size_t sound = 0;
  std::size_t cloud_events = 0;
  std::set<timestamp> times;
  for (std::size_t i = 0; i < many; ++i) {
    const auto m = maker.next(moment());
    if (m.expected.dead_letter) continue;
    const auto checked = validate(m);
    if (!checked.rejects.empty()) BOOST_FAIL(to_string(checked.rejects.front().why) + m.body);
    const auto& e = checked.events.front();
    ++sound;
    cloud_events += m.body.starts_with(R"({"specversion")") ? 1 : 0;
    times.insert(m.expected.occurred_at);
    BOOST_REQUIRE((e.event_id == m.expected.key));
    BOOST_REQUIRE((e.occurred_at == m.expected.occurred_at));
    BOOST_REQUIRE_EQUAL(envelope_fingerprint(e.trace_id, e.schema_version, checked.kind(e),
                                             checked.source(e), checked.topic(e)),
                        m.expected.envelope);
    BOOST_REQUIRE_EQUAL(payload_fingerprint(checked.payload(e)), m.expected.payload);
    BOOST_REQUIRE(canonical_json(checked.payload(e)).has_value());
  }
  BOOST_TEST(sound > many * 95 / 100);
  BOOST_TEST(cloud_events > sound / 6);
  BOOST_TEST(times.size() > 1U);  // some formats have no microseconds
}

BOOST_AUTO_TEST_CASE(broken_messages_deserve_their_codes) {
  message_maker maker{8, 3};
  judge validate;
  std::size_t broken = 0;
  std::set<errc> codes;
  for (std::size_t i = 0; i < 3 * many; ++i) {
    const auto m = maker.next(moment());
    if (!m.expected.dead_letter) continue;
    ++broken;
    codes.insert(m.expected.code);
    const auto checked = validate(m);
    const std::string what = std::string{name_of(m.expected.code)} + " " + m.body;
    if (!checked.events.empty()) BOOST_FAIL(what);
    const auto& why = checked.rejects.front().why;
    if (why.code != m.expected.code) BOOST_FAIL(to_string(why) + " for " + what);
    BOOST_REQUIRE((delivery_key(m.topic, m.body) == m.expected.key));
  }
  BOOST_TEST(broken > 3 * many * 15 / 1000);
  BOOST_TEST(broken < 3 * many * 25 / 1000);
  BOOST_TEST(codes.size() >= 20U);
}

BOOST_AUTO_TEST_CASE(no_two_messages_share_a_key) {
  std::set<uuid> keys;
  for (std::size_t producer = 0; producer < 4; ++producer) {
    message_maker maker{1, producer};
    for (std::size_t i = 0; i < many; ++i)
      BOOST_REQUIRE(keys.insert(maker.next(moment()).expected.key).second);
    BOOST_REQUIRE(keys.insert(maker.probe(moment()).expected.key).second);
  }
}

BOOST_AUTO_TEST_CASE(a_seed_and_a_time_say_it_all) {
  message_maker one{42, 1};
  message_maker same{42, 1};
  message_maker other{43, 1};
  const auto at = moment();
  for (int i = 0; i < 1000; ++i) {
    const auto m = one.next(at);
    const auto n = same.next(at);
    BOOST_REQUIRE_EQUAL(m.body, n.body);
    BOOST_REQUIRE((m.expected == n.expected && m.again == n.again));
    BOOST_REQUIRE(other.next(at).body != m.body);
  }
}

BOOST_AUTO_TEST_CASE(probes_are_sound) {
  message_maker maker{5, 2};
  judge validate;
  const auto m = maker.probe(moment());
  const auto checked = validate(m);
  BOOST_REQUIRE_EQUAL(checked.events.size(), 1U);
  BOOST_TEST((checked.events.front().event_id == m.expected.key));
  BOOST_TEST(payload_fingerprint(checked.payload(checked.events.front())) == m.expected.payload);
}

BOOST_AUTO_TEST_CASE(about_one_message_in_fifty_is_to_be_published_twice) {
  message_maker maker{6, 0};
  std::size_t acknowledged = 0;
  std::size_t stored = 0;
  for (std::size_t i = 0; i < many; ++i) {
    const auto again = maker.next(moment()).again;
    acknowledged += again == repeat::when_acknowledged ? 1 : 0;
    stored += again == repeat::when_stored ? 1 : 0;
  }
  BOOST_TEST(acknowledged + stored > many * 15 / 1000);
  BOOST_TEST(acknowledged + stored < many * 25 / 1000);
  BOOST_TEST(acknowledged > 100U);
  BOOST_TEST(stored > 100U);
}

}  // namespace

}  // namespace td::verify
