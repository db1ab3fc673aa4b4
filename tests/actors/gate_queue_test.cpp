#include "actors/gate_queue.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

namespace {

struct fixture {
  metrics meters{"v", "n"};
  gate_queue gate{2, 3, meters};
  std::vector<std::string> said;
  int woken[2] = {0, 0};

  fixture() {
    for (std::size_t i : {0u, 1u})
      gate.attach(i, [this, i] { ++woken[i]; });
  }

  void submit(std::string name, std::chrono::milliseconds timeout = 10s) {
    gate.submit([](pg::session&) { return ok(); },
                [this, name](const result<void>& r) {
                  said.push_back(name + ": " + (r ? "done" : std::string{name_of(r.error().code)}));
                },
                timeout);
  }

  bool take(std::size_t reader, std::chrono::milliseconds later = 0ms) {
    auto next = gate.take(reader, gate_queue::clock::now() + later);
    if (next) next->then(ok());
    return next.has_value();
  }

  std::string heard() {
    std::string all;
    for (const auto& s : said)
      all += (all.empty() ? "" : ", ") + s;
    said.clear();
    return all;
  }
};

const failure away{errc::database_away, "connection refused", {}};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gate_queues, fixture)

BOOST_AUTO_TEST_CASE(work_is_taken_in_order_by_whoever_is_free) {
  submit("a");
  submit("b");
  BOOST_TEST(gate.waiting() == 2u);
  BOOST_TEST(take(0));
  BOOST_TEST(take(1));
  BOOST_TEST(!take(0));
  BOOST_TEST(heard() == "a: done, b: done");
}

BOOST_AUTO_TEST_CASE(one_idle_reader_is_woken_for_each_piece_of_work) {
  BOOST_TEST(!take(0));
  BOOST_TEST(!take(1));
  submit("a");
  BOOST_TEST((woken[0] == 1 && woken[1] == 0));
  submit("b");
  BOOST_TEST((woken[0] == 1 && woken[1] == 1));
  submit("c");  // both are at work, and take it when they are done
  BOOST_TEST((woken[0] == 1 && woken[1] == 1));
}

BOOST_AUTO_TEST_CASE(beyond_its_bound_it_refuses) {
  for (auto name : {"a", "b", "c", "d"})
    submit(name);
  BOOST_TEST(heard() == "d: overloaded");
  BOOST_TEST(gate.waiting() == 3u);
  take(0);
  submit("e");
  BOOST_TEST(heard() == "a: done");
}

BOOST_AUTO_TEST_CASE(what_waited_too_long_is_not_run) {
  submit("a", 10ms);
  submit("b");
  BOOST_TEST(take(0, 1s));
  BOOST_TEST(heard() == "a: timed_out, b: done");
}

BOOST_AUTO_TEST_CASE(it_waits_while_one_reader_has_a_connection_and_refuses_when_none_has) {
  submit("a");
  gate.report_down(0, away);
  BOOST_TEST(gate.up());
  submit("b");
  BOOST_TEST(heard() == "");
  gate.report_down(1, away);
  BOOST_TEST(!gate.up());
  BOOST_TEST(heard() == "a: database_away, b: database_away");
  submit("c");
  BOOST_TEST(heard() == "c: database_away");
  gate.report_up(1);
  submit("d");
  BOOST_TEST(take(1));
  BOOST_TEST(heard() == "d: done");
}

BOOST_AUTO_TEST_CASE(a_loss_wakes_the_others_to_look_after_their_connections) {
  take(1);
  gate.report_down(0, away);
  BOOST_TEST(woken[1] == 1);
  take(1);
  gate.report_down(0, away);  // no news
  BOOST_TEST(woken[1] == 1);
}

BOOST_AUTO_TEST_CASE(a_reader_that_ends_leaves_its_call_to_another) {
  take(0);
  take(1);
  submit("a");
  BOOST_TEST(woken[0] == 1);
  gate.detach(0);
  BOOST_TEST(woken[1] == 1);
}

BOOST_AUTO_TEST_CASE(closed_it_refuses_what_waits_and_what_comes) {
  submit("a");
  gate.close();
  submit("b");
  BOOST_TEST(heard() == "a: stopping, b: stopping");
  BOOST_TEST(!gate.up());
}

BOOST_AUTO_TEST_SUITE_END()
