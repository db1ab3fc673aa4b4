#include "mqtt/reason.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;

BOOST_AUTO_TEST_CASE(reasons_carry_their_standard_name_and_number) {
  BOOST_TEST(mqtt_reason(0x87) == "not authorized (0x87)");
  BOOST_TEST(mqtt_reason(0x86) == "bad user name or password (0x86)");
  BOOST_TEST(mqtt_reason(0x8e) == "session taken over (0x8e)");
  BOOST_TEST(mqtt_reason(0x9b) == "QoS not supported (0x9b)");
  BOOST_TEST(mqtt_reason(0x05) == "unknown reason (0x05)");
}

BOOST_AUTO_TEST_CASE(only_passing_troubles_are_called_passing) {
  for (const int passing : {0x88, 0x89, 0x8b, 0x97, 0x9c, 0x9f}) {
    BOOST_TEST(mqtt_reason_may_pass(passing));
  }
  for (const int lasting : {0x00, 0x84, 0x85, 0x86, 0x87, 0x8a, 0x8e, 0x9d}) {
    BOOST_TEST(!mqtt_reason_may_pass(lasting));
  }
}
