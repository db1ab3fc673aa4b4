#include "bench/load/mix.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace td::bench;

BOOST_AUTO_TEST_SUITE(mixes)

BOOST_AUTO_TEST_CASE(read_sizes_and_write_them_back) {
  const auto one = parse_sizes("350");
  BOOST_REQUIRE(one.has_value());
  BOOST_TEST((*one == std::vector<size_share>{{350, 1}}));
  const auto three = parse_sizes("350:90,4096:9,65536:1");
  BOOST_REQUIRE(three.has_value());
  BOOST_TEST((*three == std::vector<size_share>{{350, 90}, {4096, 9}, {65'536, 1}}));
  BOOST_TEST(to_text(*one) == "350");
  BOOST_TEST(to_text(*three) == "350:90,4096:9,65536:1");
}

BOOST_AUTO_TEST_CASE(refuse_sizes_that_are_none_with_an_example) {
  for (const auto* text : {"", "349", "1048577", "350:0", "350:", "350:x", "x", "350,", ",350",
                           "350 :1", "350:1000001", "-350", "350:1:1"}) {
    BOOST_TEST_CONTEXT(text) {
      const auto read = parse_sizes(text);
      BOOST_REQUIRE(!read);
      BOOST_TEST((read.error().code == td::errc::configuration_invalid));
      BOOST_TEST(read.error().detail.find("right is '350'") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuse_shares_that_can_not_be) {
  BOOST_TEST(check_mix({}).has_value());
  BOOST_TEST(check_mix({.invalid = 100}).has_value());
  BOOST_TEST(check_mix({.invalid = 5, .duplicate = 90, .out_of_order = 5}).has_value());
  for (const event_mix& bad :
       {event_mix{.invalid = 101}, event_mix{.invalid = 50, .duplicate = 30, .out_of_order = 21},
        event_mix{.duplicate = 91}, event_mix{.invalid = 50, .duplicate = 50},
        event_mix{.invalid = ~0u, .duplicate = 2}, event_mix{.late_by_seconds = 0},
        event_mix{.late_by_seconds = 86'401}, event_mix{.sizes = {}}}) {
    const auto checked = check_mix(bad);
    BOOST_REQUIRE(!checked);
    BOOST_TEST((checked.error().code == td::errc::configuration_invalid));
  }
}

BOOST_AUTO_TEST_CASE(deal_exact_parts_and_spread_them) {
  dealer deal{{84, 5, 10, 1}};
  for (int round = 0; round < 3; ++round) {
    std::vector<unsigned> dealt(4);
    std::vector<int> last(4, -1);
    for (int i = 0; i < 100; ++i) {
      const auto place = deal.next();
      ++dealt[place];
      // No clusters: a tenth comes every tenth turn or so.
      if (place == 2 && last[2] >= 0) BOOST_TEST(std::abs(i - last[2] - 10) <= 3);
      last[place] = i;
    }
    BOOST_TEST(dealt == (std::vector<unsigned>{84, 5, 10, 1}), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(never_deal_a_place_without_parts) {
  dealer deal{{0, 3, 0, 1}};
  for (int i = 0; i < 100; ++i) {
    const auto place = deal.next();
    BOOST_TEST((place == 1 || place == 3));
  }
  dealer nothing_else{{0, 100}};
  BOOST_TEST(nothing_else.next() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
