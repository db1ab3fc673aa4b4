#include "identity/lockout.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(lockout)

BOOST_AUTO_TEST_CASE(typing_errors_are_free_and_guesses_wait_twice_as_long_each_time) {
  const lockout_rule rule;
  for (std::uint32_t n = 0; n <= 5; ++n)
    BOOST_TEST((rule.wait_after(n) == 0s));
  BOOST_TEST((rule.wait_after(6) == 30s));
  BOOST_TEST((rule.wait_after(7) == 60s));
  BOOST_TEST((rule.wait_after(8) == 120s));
  BOOST_TEST((rule.wait_after(11) == 15min));
  BOOST_TEST((rule.wait_after(4'000'000'000U) == 15min));
}

BOOST_AUTO_TEST_CASE(an_address_counts_alone_and_a_network_of_one_customer_together) {
  BOOST_TEST(address_group("203.0.113.7") == "203.0.113.7");
  BOOST_TEST(address_group("::ffff:203.0.113.7") == "203.0.113.7");
  BOOST_TEST(address_group("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  BOOST_TEST(address_group("2001:db8:1:2::1") == "2001:db8:1:2::/64");
  BOOST_TEST(address_group("2001:db8:1:3::1") == "2001:db8:1:3::/64");
  BOOST_TEST(address_group("fe80::1%eth0") == "fe80::/64");
  BOOST_TEST(address_group("") == "elsewhere");
  BOOST_TEST(address_group("example.org") == "elsewhere");
  BOOST_TEST(address_group("1.2.3.4, 5.6.7.8") == "elsewhere");
}

BOOST_AUTO_TEST_SUITE_END()
