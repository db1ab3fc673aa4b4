#include "bench/load/mqtt_url.hpp"

#include <boost/test/unit_test.hpp>

using td::bench::parse_mqtt_url;

BOOST_AUTO_TEST_SUITE(mqtt_urls)

BOOST_AUTO_TEST_CASE(name_host_and_port) {
  const auto to = parse_mqtt_url("mqtt://10.0.0.5:2883");
  BOOST_REQUIRE(to.has_value());
  BOOST_TEST(to->host == "10.0.0.5");
  BOOST_TEST(to->port == 2883);
}

BOOST_AUTO_TEST_CASE(may_leave_the_port_out) {
  const auto to = parse_mqtt_url("mqtt://broker.example/");
  BOOST_REQUIRE(to.has_value());
  BOOST_TEST(to->host == "broker.example");
  BOOST_TEST(to->port == 1883);
}

BOOST_AUTO_TEST_CASE(are_refused_when_they_are_anything_else) {
  for (const auto* url : {"", "mqtt://", "mqtt://:1883", "http://host:1883", "host:1883",
                          "mqtt://host:0", "mqtt://host:65536", "mqtt://host:18x3",
                          "mqtts://host:8883", "mqtt://user:secret@host:1883"}) {
    BOOST_TEST_CONTEXT(url) {
      const auto to = parse_mqtt_url(url);
      BOOST_REQUIRE(!to);
      BOOST_TEST((to.error().code == td::errc::configuration_invalid));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
