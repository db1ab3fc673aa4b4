#include "bench/target.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/bench/report/xml.hpp"

using namespace td::bench;

namespace {

const target fast{.what = "rate", .wanted = 0.9, .found = 0.95, .at_least = true, .unit = "x"};
const target large{.what = "memory", .wanted = 200, .found = 201, .unit = "MiB"};

}  // namespace

BOOST_AUTO_TEST_SUITE(targets)

BOOST_AUTO_TEST_CASE(hold_on_their_side_of_what_is_wanted) {
  BOOST_TEST(fast.holds());
  BOOST_TEST(!large.holds());
  auto edge = large;
  edge.found = edge.wanted;
  BOOST_TEST(edge.holds());
}

BOOST_AUTO_TEST_CASE(are_summed_up_in_one_sentence) {
  BOOST_TEST(verdict_of({}) == "no targets");
  BOOST_TEST(verdict_of({fast}) == "The target holds: rate");
  BOOST_TEST(verdict_of({fast, fast}) == "All 2 targets hold");
  BOOST_TEST(verdict_of({fast, large}) == "1 of 2 targets is missed: memory");
  BOOST_TEST(verdict_of({large}) == "The target is missed: memory");
  BOOST_TEST(verdict_of({large, large}) == "2 of 2 targets are missed: memory; memory");
}

BOOST_AUTO_TEST_CASE(colour_the_verdict_of_a_page) {
  const auto tone = [](const std::vector<target>& all) {
    report_page page{"t"};
    set_verdict(page, all);
    add_targets(page, all);
    const auto html = td::test::read_xml(page.html());
    for (const auto* name : {"good", "bad", "neutral"}) {
      if (html.count("p", "class", std::string{"verdict "} + name) == 1) return std::string{name};
    }
    return std::string{};
  };
  BOOST_TEST(tone({fast}) == "good");
  BOOST_TEST(tone({fast, large}) == "bad");
  BOOST_TEST(tone({}) == "neutral");
}

BOOST_AUTO_TEST_SUITE_END()
