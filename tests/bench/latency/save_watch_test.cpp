#include "bench/latency/save_watch.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/broker.hpp"

using namespace td::bench;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(save_watches)

BOOST_AUTO_TEST_CASE(see_every_save_of_a_real_broker) {
  td::test::broker broker;
  const auto watch = save_watch::start(broker.folder());
  BOOST_REQUIRE(watch.has_value());
  BOOST_TEST((*watch)->saves().empty());
  const auto before = td::now();
  broker.save();
  BOOST_TEST_REQUIRE((*watch)->await(1, 10s));
  const auto between = td::now();
  broker.save();
  BOOST_TEST_REQUIRE((*watch)->await(2, 10s));
  const auto after = td::now();
  const auto saves = (*watch)->saves();
  BOOST_REQUIRE(saves.size() == 2u);
  BOOST_TEST((before <= saves[0].from && saves[0].from <= saves[0].to));
  BOOST_TEST((saves[0].to <= between && between <= saves[1].from));
  BOOST_TEST((saves[1].from <= saves[1].to && saves[1].to <= after));
}

BOOST_AUTO_TEST_CASE(fail_where_there_is_nothing_to_watch) {
  const auto watch = save_watch::start("/nonexistent/broker");
  BOOST_REQUIRE(!watch);
  BOOST_TEST(watch.error().detail.find("/nonexistent/broker") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(count_a_save_until_its_backlog_is_gone) {
  const td::timestamp t{1000s};
  const auto spans = affected_by({{t, t + 300ms}, {t + 15s, t + 15s}});
  BOOST_REQUIRE(spans.size() == 2u);
  BOOST_TEST((spans[0] == time_span{t - 25ms, t + 700ms}));
  BOOST_TEST((spans[1] == time_span{t + 15s - 25ms, t + 15s + 100ms}));
}

BOOST_AUTO_TEST_SUITE_END()
