#include "cli/standalone_view.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

standalone_banner banner() {
  standalone_banner b;
  b.version = "1.2.3";
  b.http_url = "http://127.0.0.1:8080";
  b.mqtt_url = "mqtt://127.0.0.1:1883";
  b.layout.root = "/srv/td";
  b.producer_user = "producer";
  return b;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(standalone_view_test)

BOOST_AUTO_TEST_CASE(shows_a_ready_instance_on_a_dozen_lines) {
  BOOST_TEST(render_banner({}, banner()) == R"(
TaylorDash 1.2.3 is ready

  sign in  user admin, first password in /srv/td/secrets/admin-password
  health   http://127.0.0.1:8080/health/ready
  metrics  http://127.0.0.1:8080/metrics
  MQTT     mqtt://127.0.0.1:1883  user producer, password in /srv/td/secrets/mqtt-producer
  status   taylordash status --data-dir /srv/td --watch
  psql     . /srv/td/run/env && psql "$DATABASE_URL"
  logs     /srv/td/log/postgresql.log, mosquitto.log

Ctrl-C stops everything in order; the data stays in /srv/td

)");
}

BOOST_AUTO_TEST_CASE(tells_devices_where_to_connect_and_whom_to_trust) {
  auto b = banner();
  b.devices_url = "mqtts://0.0.0.0:8883";
  b.demo = true;
  const auto text = render_banner({}, b);
  BOOST_TEST(says(text, "mqtts://0.0.0.0:8883"), text);
  BOOST_TEST(says(text, "CA certificate /srv/td/tls/ca.crt"), text);
  BOOST_TEST(says(text, "5 to 20 events a second"), text);
}

BOOST_AUTO_TEST_CASE(quotes_what_a_shell_would_take_apart) {
  auto b = banner();
  b.layout.root = "/srv/my td";
  const auto text = render_banner({}, b);
  BOOST_TEST(says(text, "--data-dir '/srv/my td' --watch"), text);
  BOOST_TEST(says(text, ". '/srv/my td/run/env' && psql"), text);
}

BOOST_AUTO_TEST_CASE(says_what_a_stop_has_stopped) {
  using enum after_stop;
  BOOST_TEST(render_stop({.service = true}, "/d", keep_data) == "stopped the instance in /d\n");
  BOOST_TEST(render_stop({.servers = true}, "/d", keep_data) ==
             "stopped the servers that a killed service had left in /d\n");
  BOOST_TEST(render_stop({}, "/d", keep_data) == "nothing runs in /d\n");
  BOOST_TEST(render_stop({.service = true}, "/d", purge) ==
             "stopped the instance in /d\nremoved /d\n");
  BOOST_TEST(
      render_stop({.left = {"diary"}}, "/d", purge) ==
      "nothing runs in /d\nremoved its data from /d; left alone what is not its own: diary\n");
}

BOOST_AUTO_TEST_SUITE_END()
