#include "actors/consumer.hpp"

#include <deque>

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

/// A journal of numbered events in memory.
struct journal {
  std::size_t events{};
  std::size_t settled{};
  bool leads{true};
  bool away{};
  std::deque<delivery> waiting;
  std::vector<std::size_t> asked;  ///< how many events each call wanted
  std::vector<delivery_failure> failures;
};

delivery event_number(std::size_t n) {
  delivery d;
  d.event_id.bytes[15] = static_cast<decltype(d.event_id.bytes)::value_type>(n);
  d.event = std::to_string(n);
  return d;
}

class memory_store final : public consumer_store {
 public:
  explicit memory_store(journal& j) : j_{j} {}
  result<bool> lead() override {
    if (j_.away) return failure{errc::database_away, "away"};
    return j_.leads;
  }
  result<journal_stretch> next(std::size_t most) override {
    j_.asked.push_back(most);
    journal_stretch s;
    for (auto n = j_.settled; n < j_.events && s.events.size() < most; ++n)
      s.events.push_back(event_number(n));
    s.moved = !s.events.empty();
    return s;
  }
  result<void> settle(const journal_stretch& s, std::span<const delivery_failure> failed) override {
    j_.settled += s.events.size();
    for (const auto& f : failed) {
      j_.failures.push_back(f);
      j_.waiting.push_back(s.events[f.index]);
    }
    return ok();
  }
  result<std::vector<delivery>> due(std::size_t most) override {
    std::vector<delivery> all;
    while (!j_.waiting.empty() && all.size() < most) {
      all.push_back(j_.waiting.front());
      j_.waiting.pop_front();
    }
    return all;
  }
  result<void> settle_due(std::span<const delivery> done,
                          std::span<const delivery_failure> failed) override {
    for (const auto& f : failed) {
      j_.failures.push_back(f);
      auto again = done[f.index];
      ++again.attempts;
      j_.waiting.push_back(again);
    }
    return ok();
  }
  result<std::uint64_t> waiting(std::uint64_t) override { return j_.waiting.size(); }
  result<std::optional<std::chrono::milliseconds>> due_in() override {
    return std::optional<std::chrono::milliseconds>{};
  }
  result<void> reconnect() override {
    if (j_.away) return failure{errc::database_away, "away"};
    return ok();
  }

 private:
  journal& j_;
};

/// What the handler does; it may fail, be away, or keep silent.
struct handler_script {
  std::vector<std::string> seen;
  std::function<std::optional<handled>(const std::vector<delivery>&)> answer = [](const auto&) {
    return handled{};
  };
};

class scripted_handler {
 public:
  using interface = consumer_handler;
  static constexpr const char* name = "handler";
  scripted_handler(self_of<scripted_handler> self, handler_script* s) : self_{self}, script_{s} {}
  interface::behavior_type make_behavior() {
    return {[this](const deliver& d) -> caf::result<handled> {
      auto reply = script_->answer(*d.events);
      if (!reply) return self_->template make_response_promise<handled>();  // never delivered
      if (!reply->away) {
        for (const auto& e : *d.events)
          script_->seen.push_back(e.event);
      }
      return *reply;
    }};
  }

 private:
  self_of<scripted_handler> self_;
  handler_script* script_;
};

struct fixture : test::deterministic {
  journal log;
  handler_script script;
  consumer_handler handler = spawn<scripted_handler>(sys, &script);
  consumer_actor actor;

  void start() {
    actor = make_scheduled_consumer(
        sys, shared, {.name = "billing", .most_events = 8, .handle_within = 10s},
        [this]() -> result<std::unique_ptr<consumer_store>> {
          return std::make_unique<memory_store>(log);
        },
        handler);
    run();
  }
  ~fixture() {
    end(actor);
    end(handler);
  }
};

handled failing(std::size_t index) {
  handled h;
  h.failed.push_back({index, {errc::consumer_failed, "no"}, false});
  return h;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_test, fixture)

BOOST_AUTO_TEST_CASE(delivers_everything_in_order_and_sees_what_comes_later) {
  log.events = 20;
  start();
  BOOST_TEST(log.settled == 20u);
  BOOST_TEST(script.seen.size() == 20u);
  BOOST_TEST(script.seen.back() == "19");
  log.events = 21;
  advance(200ms);
  BOOST_TEST(log.settled == 21u);
}

BOOST_AUTO_TEST_CASE(one_delivery_at_a_time) {
  log.events = 20;
  script.answer = [](const auto&) { return std::nullopt; };
  start();
  BOOST_TEST(log.asked.size() == 1u);
  advance(5s);
  BOOST_TEST(log.asked.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_event_that_fails_a_few_times_passes_in_the_end) {
  log.events = 3;
  int failures = 3;
  script.answer = [&](const std::vector<delivery>& events) -> std::optional<handled> {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].event == "1" && failures-- > 0) return failing(i);
    }
    return handled{};
  };
  start();
  advance(5s);
  BOOST_TEST(log.settled == 3u);
  BOOST_TEST(log.failures.size() == 3u);
  BOOST_TEST(log.waiting.empty());
}

BOOST_AUTO_TEST_CASE(nothing_moves_while_the_handler_is_away) {
  log.events = 5;
  bool away = true;
  script.answer = [&](const auto&) {
    handled h;
    if (away) h.away = failure{errc::overloaded, "restarting"};
    return h;
  };
  start();
  advance(30s);
  BOOST_TEST(log.settled == 0u);
  BOOST_TEST(log.failures.empty());
  away = false;
  advance(10s);
  BOOST_TEST(log.settled == 5u);
}

BOOST_AUTO_TEST_CASE(silence_is_traced_to_the_event_that_causes_it) {
  log.events = 8;
  bool poisoned = true;
  script.answer = [&](const std::vector<delivery>& events) -> std::optional<handled> {
    for (const auto& e : events) {
      if (e.event == "5" && poisoned) return std::nullopt;
    }
    return handled{};
  };
  start();
  advance(5min);
  BOOST_TEST(log.settled == 8u);
  BOOST_REQUIRE(!log.failures.empty());
  BOOST_TEST((log.failures.front().why.code == errc::timed_out));
  BOOST_TEST(script.seen.size() == 7u);
  poisoned = false;
  advance(2min);
  BOOST_TEST(script.seen.back() == "5");
}

BOOST_AUTO_TEST_CASE(waits_while_another_node_serves_the_consumer) {
  log.events = 3;
  log.leads = false;
  start();
  advance(5s);
  BOOST_TEST(log.settled == 0u);
  log.leads = true;
  advance(1s);
  BOOST_TEST(log.settled == 3u);
}

BOOST_AUTO_TEST_CASE(survives_the_database_and_goes_on) {
  log.events = 3;
  log.away = true;
  start();
  advance(20s);
  log.away = false;
  advance(10s);
  BOOST_TEST(log.settled == 3u);
}

BOOST_AUTO_TEST_CASE(a_failure_of_something_that_was_not_sent_settles_nothing) {
  log.events = 2;
  script.answer = [](const auto&) { return failing(7); };
  start();
  advance(2s);
  BOOST_TEST(log.settled == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
