#include "actors/outbox_run.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

namespace {

/// A table in memory that behaves as outbox_store says.
struct fake_outbox final : outbox_store {
  struct row {
    outbox_row what;
    int entity{};
    std::string state{"pending"};
  };
  std::map<std::int64_t, row> rows;
  std::set<std::int64_t> arrived;       // in the mirror
  std::set<std::int64_t> dead_letters;  // refused by the pipeline
  std::vector<std::pair<std::int64_t, errc>> given_up;
  int settles{}, looks{}, reads{}, marks{};
  bool again{};  // send_again at the next settle

  void put(int entity) {
    const auto id = static_cast<std::int64_t>(rows.size()) + 1;
    rows[id] = {{id, "tracker/events/tasks/updated", "body " + std::to_string(id), 0}, entity};
  }
  std::size_t count(const std::string& state) const {
    return static_cast<std::size_t>(std::count_if(
        rows.begin(), rows.end(), [&](const auto& r) { return r.second.state == state; }));
  }

  result<void> reconnect() override { return ok(); }
  result<bool> lead() override { return true; }
  result<std::vector<outbox_row>> next(std::size_t most) override {
    ++reads;
    std::vector<outbox_row> out;
    std::set<int> busy;
    for (auto& [id, r] : rows) {
      const bool waits = r.state == "pending" || r.state == "published";
      if (r.state == "pending" && !busy.contains(r.entity) && out.size() < most)
        out.push_back(r.what);
      if (waits) busy.insert(r.entity);
    }
    return out;
  }
  result<void> mark_published(std::span<const std::int64_t> ids) override {
    if (!ids.empty()) ++marks;
    for (const auto id : ids)
      rows[id].state = "published";
    return ok();
  }
  result<outbox_refusal> refuse(std::int64_t id, const failure& why) override {
    given_up.emplace_back(id, why.code);
    rows[id].state = "dead_lettered";
    return outbox_refusal{.id = id, .kind = "k", .letter = "ff", .code = "c", .detail = "d"};
  }
  result<settled> settle(std::chrono::milliseconds) override {
    ++settles;
    settled s;
    for (auto& [id, r] : rows) {
      if (r.state != "published") continue;
      if (arrived.contains(id)) {
        r.state = "confirmed";
        ++s.confirmed;
      } else if (dead_letters.contains(id)) {
        r.state = "dead_lettered";
        s.refused.push_back({id, "k", "ff", "c", "d"});
      } else if (again) {
        r.state = "pending";
        ++s.to_be_sent;
      } else {
        ++s.waiting;
      }
    }
    again = false;
    return s;
  }
  result<outbox_state> look() override {
    ++looks;
    return outbox_state{.pending = count("pending"),
                        .published = count("published"),
                        .oldest = 3s,
                        .dead_letters = count("dead_lettered")};
  }
  result<tidied> tidy(std::chrono::seconds) override { return tidied{}; }
  result<bool> wait(std::chrono::milliseconds) override { return false; }
};

/// A broker that answers as it was told.
struct fake_broker {
  bool away{};
  bool breaks{};  // the connection, at the next poll
  std::uint8_t reason{};
  std::map<std::string, std::uint8_t> reasons;  // of bodies
  std::set<std::string> too_large;
  std::size_t window{100};
  int connects{}, closes{};
  std::vector<std::string> received;
};

struct fake_publisher final : publisher {
  fake_broker& broker;
  on_acknowledged acknowledged;
  std::deque<std::pair<std::uint64_t, std::string>> waiting;
  bool open{};

  fake_publisher(fake_broker& b, on_acknowledged a) : broker{b}, acknowledged{std::move(a)} {}

  result<void> connect() override {
    ++broker.connects;
    waiting.clear();
    if (broker.away) return failure{errc::broker_away, "refused"};
    broker.breaks = false;
    open = true;
    return ok();
  }
  result<bool> publish(std::string_view, std::string_view body, std::uint64_t token,
                       bool) override {
    if (!open) return failure{errc::broker_away, "closed"};
    if (broker.too_large.contains(std::string{body}))
      return failure{errc::body_too_large, "too large"};
    if (waiting.size() == broker.window) return false;
    waiting.emplace_back(token, std::string{body});
    return true;
  }
  result<void> poll(std::chrono::milliseconds) override {
    if (broker.breaks) {
      open = false;
      return failure{errc::broker_away, "broke"};
    }
    if (waiting.empty()) return ok();
    const auto [token, body] = waiting.front();
    waiting.pop_front();
    broker.received.push_back(body);
    const auto special = broker.reasons.find(body);
    acknowledged(token, special == broker.reasons.end() ? broker.reason : special->second);
    return ok();
  }
  std::size_t in_flight() const noexcept override { return waiting.size(); }
  bool flushed() const noexcept override { return true; }
  bool connected() const noexcept override { return open; }
  void close() noexcept override {
    if (open) ++broker.closes;
    open = false;
    waiting.clear();
  }
};

struct run_fixture {
  fake_outbox outbox;
  fake_broker broker;
  metrics meters{"1", "n"};
  bool stopping{};
  outbox_rules rules{.window = 10, .max_unconfirmed = 20};
  outbox_run run{rules, meters,
                 [this](publisher::on_acknowledged a) {
                   return std::make_unique<fake_publisher>(broker, std::move(a));
                 },
                 [this] { return stopping; }};
  outbox_run::clock::time_point now{outbox_run::clock::time_point{} + 1h};

  std::chrono::milliseconds turn() {
    const auto r = run.turn(outbox, now);
    if (!r) throw std::runtime_error(to_string(r.error()));
    return *r;
  }
  /// Turns, each when it is due, for so long.
  void live(std::chrono::milliseconds span) {
    for (const auto end = now + span; now < end;)
      now += std::max(std::chrono::milliseconds{1}, turn());
  }
  void arrive_all() {
    for (const auto& [id, r] : outbox.rows) {
      if (r.state == "published") outbox.arrived.insert(id);
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(outbox_runs, run_fixture)

BOOST_AUTO_TEST_CASE(with_nothing_to_publish_it_leaves_broker_and_database_alone) {
  live(1min);
  BOOST_TEST(broker.connects == 0);
  BOOST_TEST(outbox.settles == 1);
  BOOST_TEST(outbox.reads <= 13);  // one look each five seconds
  BOOST_TEST(outbox.looks <= 2);
}

BOOST_AUTO_TEST_CASE(what_is_published_is_confirmed_and_the_broker_left_after_a_while) {
  outbox.put(1);
  BOOST_TEST((turn() <= 10ms));
  BOOST_TEST(outbox.count("published") == 1u);
  arrive_all();
  live(1s);
  BOOST_TEST(outbox.count("confirmed") == 1u);
  BOOST_TEST(meters.outbox_published.Value() == 1.0);
  BOOST_TEST(meters.outbox_confirmed.Value() == 1.0);
  BOOST_TEST(broker.connects == 1);
  BOOST_TEST(broker.closes == 0);
  live(30s);
  BOOST_TEST(broker.closes == 1);
  BOOST_TEST(meters.outbox_pending.Value() == 0.0);
}

BOOST_AUTO_TEST_CASE(many_go_in_windows_one_turn_after_the_other) {
  for (int i = 0; i < 25; ++i)
    outbox.put(i);
  broker.window = 3;  // the broker takes fewer at a time
  BOOST_TEST(turn().count() == 0);
  BOOST_TEST(outbox.count("published") == 10u);
  turn();
  BOOST_TEST(outbox.count("published") == 20u);
  now += 1ms;
  turn();
  BOOST_TEST(outbox.count("published") == 20u);  // no more before some are seen
  arrive_all();
  live(1s);
  BOOST_TEST(outbox.count("confirmed") == 20u);
  BOOST_TEST(outbox.count("published") == 5u);
  BOOST_TEST(outbox.marks == 3);
}

BOOST_AUTO_TEST_CASE(events_of_one_entity_reach_the_broker_in_their_order) {
  for (int i = 0; i < 9; ++i)
    outbox.put(i % 3);
  for (int i = 0; i < 10; ++i) {
    arrive_all();
    live(200ms);
  }
  BOOST_TEST(outbox.count("confirmed") == 9u);
  std::map<int, std::int64_t> last;
  for (const auto& body : broker.received) {
    const auto id = std::stoll(body.substr(5));
    auto& before = last[outbox.rows[id].entity];
    BOOST_TEST(before < id);
    before = id;
  }
}

BOOST_AUTO_TEST_CASE(while_the_broker_is_away_it_tries_ever_more_seldom_and_then_goes_on) {
  broker.away = true;
  outbox.put(1);
  live(1min);
  BOOST_TEST(broker.connects >= 4);
  BOOST_TEST(broker.connects <= 15);
  BOOST_TEST(outbox.count("pending") == 1u);
  BOOST_TEST(meters.outbox_pending.Value() == 1.0);
  BOOST_TEST(meters.outbox_oldest_seconds.Value() == 3.0);
  broker.away = false;
  live(40s);
  BOOST_TEST(outbox.count("published") == 1u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_died_while_idle_is_replaced_at_once) {
  outbox.put(1);
  turn();
  arrive_all();
  live(1s);
  broker.breaks = true;
  outbox.put(2);
  turn();
  BOOST_TEST(outbox.count("published") == 1u);
  BOOST_TEST(broker.connects == 2);
}

BOOST_AUTO_TEST_CASE(what_nobody_subscribes_to_stays_pending_and_comes_again) {
  broker.reason = 16;
  outbox.put(1);
  turn();
  BOOST_TEST(outbox.count("pending") == 1u);
  broker.reason = 0x87;  // not authorised
  live(2s);
  BOOST_TEST(outbox.count("pending") == 1u);
  broker.reason = 0;
  live(5s);
  BOOST_TEST(outbox.count("published") == 1u);
}

BOOST_AUTO_TEST_CASE(a_refusal_of_one_holds_back_nobody_else) {
  for (int i = 0; i < 5; ++i)
    outbox.put(i);
  broker.reasons["body 2"] = 0x97;    // quota
  broker.reasons["body 4"] = 0x95;    // packet too large
  broker.too_large.insert("body 5");  // the library knows before
  turn();
  BOOST_TEST(outbox.count("published") == 2u);
  BOOST_TEST(outbox.count("pending") == 1u);
  BOOST_REQUIRE(outbox.given_up.size() == 2u);
  BOOST_TEST((outbox.given_up[0] == std::pair<std::int64_t, errc>{5, errc::body_too_large}));
  BOOST_TEST((outbox.given_up[1] == std::pair<std::int64_t, errc>{4, errc::body_too_large}));
  BOOST_TEST(meters.outbox_dead_lettered.Value() == 2.0);
}

BOOST_AUTO_TEST_CASE(a_dead_letter_is_counted_and_shown_until_somebody_cares) {
  outbox.put(1);
  turn();
  outbox.dead_letters.insert(1);
  live(5s);
  BOOST_TEST(outbox.count("dead_lettered") == 1u);
  BOOST_TEST(meters.outbox_dead_lettered.Value() == 1.0);
  BOOST_TEST(meters.outbox_dead_letters.Value() == 1.0);
  outbox.rows[1].state = "confirmed";  // replayed
  live(2min);
  BOOST_TEST(meters.outbox_dead_letters.Value() == 0.0);
}

BOOST_AUTO_TEST_CASE(it_asks_for_what_was_published_ever_more_seldom_while_nothing_comes) {
  outbox.put(1);
  live(60s);
  BOOST_TEST(outbox.settles < 140);
  BOOST_TEST(outbox.settles > 100);
  outbox.again = true;
  live(2s);
  BOOST_TEST(broker.received.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_others_published_before_is_looked_at_first) {
  outbox.put(1);
  outbox.rows[1].state = "published";
  outbox.put(1);
  turn();
  BOOST_TEST(outbox.settles == 1);
  outbox.arrived.insert(1);
  live(2s);
  BOOST_TEST(outbox.count("published") == 1u);
  run.rest();
  run.forget();
  const auto before = outbox.settles;
  turn();
  BOOST_TEST(outbox.settles == before + 1);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_turn_and_marks_nothing) {
  outbox.put(1);
  stopping = true;
  const auto r = run.turn(outbox, now);
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::stopping));
  BOOST_TEST(outbox.count("pending") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
