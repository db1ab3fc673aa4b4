#include "bench/limits/limit_broker.hpp"

#include <boost/test/unit_test.hpp>

using namespace td::bench;

BOOST_AUTO_TEST_SUITE(subscribe_reports)

BOOST_AUTO_TEST_CASE(survive_the_way_through_text) {
  const auto at = [](std::int64_t us) { return td::timestamp{std::chrono::microseconds{us}}; };
  const subscribe_report r{.received = 400'000,
                           .id_sum = 0xffff'ffff'ffff,
                           .first_occurred = at(1'700'000'000'000'001),
                           .first_received = at(1'700'000'000'000'002),
                           .last_received = at(1'700'000'003'000'003)};
  const auto back = subscribe_report::parse(r.to_text());
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST((*back == r));
  BOOST_TEST(back->truth().rows == 400'000u);
  BOOST_TEST(check_exact(back->truth(), 400'000, r.id_sum).has_value());
  BOOST_TEST(!check_exact(back->truth(), 400'001, r.id_sum).has_value());
}

BOOST_AUTO_TEST_CASE(are_not_read_from_other_lines) {
  const auto whole = subscribe_report{}.to_text();
  for (std::size_t n = 0; n < whole.size(); ++n)
    BOOST_TEST(!subscribe_report::parse(whole.substr(0, n)).has_value());
  BOOST_TEST(!subscribe_report::parse(whole + " ").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
