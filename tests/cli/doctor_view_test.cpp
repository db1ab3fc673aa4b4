#include "cli/doctor_view.hpp"

#include "doctor/codes.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

constexpr terminal::output plain{1, false, false};

examination sick() {
  examination seen{{}, true, true};
  seen.findings = {
      make_finding("database_reachable", severity::ok, "database x lets role y in"),
      make_finding("database_clock", severity::ok, "the clocks agree"),
      make_finding("broker_version", severity::note, "Mosquitto 2.0.11"),
      make_finding("broker_reachable", severity::ok, "the broker lets the service in"),
      make_finding("broker_queue_limit", severity::danger,
                   "the broker acknowledged 1,500 messages for a session that was away and kept "
                   "1,000: 500 are gone, and so are events while a lane is slow or away",
                   "max_queued_messages 1000000000", "/etc/mosquitto/mosquitto.conf:12"),
      make_finding("machine_files", severity::warning, "few files", "one\ntwo", "the unit")};
  return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor_view)

BOOST_AUTO_TEST_CASE(the_worst_area_comes_first_with_the_line_to_change) {
  BOOST_TEST(render_doctor(plain, sick(), {"127.0.0.1:1883", "postgresql://x", {}}, false, 80) ==
             "TaylorDash doctor  1 danger, 1 warning, 1 note, 3 ok\n"
             "\n"
             "broker  127.0.0.1:1883\n"
             "  DANGER   the broker acknowledged 1,500 messages for a session that was away\n"
             "           and kept 1,000: 500 are gone, and so are events while a lane is slow\n"
             "           or away\n"
             "           change: max_queued_messages 1000000000\n"
             "           in:     /etc/mosquitto/mosquitto.conf:12\n"
             "           code:   broker_queue_limit\n"
             "  note     Mosquitto 2.0.11\n"
             "  ok       1 check\n"
             "\n"
             "machine\n"
             "  WARNING  few files\n"
             "           change: one\n"
             "                   two\n"
             "           in:     the unit\n"
             "           code:   machine_files\n"
             "\n"
             "database  postgresql://x\n"
             "  ok       2 checks\n"
             "\n"
             "Every code explained: docs/doctor.md\n");
}

BOOST_AUTO_TEST_CASE(what_is_ok_is_listed_for_those_who_ask) {
  const auto text = render_doctor(plain, sick(), {}, true, 80);
  BOOST_TEST(text.find("  ok       the clocks agree\n") != std::string::npos);
  BOOST_TEST(text.find("2 checks") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_text_from_elsewhere_cannot_steer_the_terminal) {
  examination seen;
  seen.findings = {make_finding("broker_version", severity::note, "\x1b[2Jboo", "\x1b]0;x\x07")};
  BOOST_TEST(render_doctor(plain, seen, {"\x1b[1m", {}, {}}, false, 80).find('\x1b') ==
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(scripts_get_the_same_as_json) {
  const auto said = boost::json::parse(doctor_json(sick())).as_object();
  BOOST_TEST(said.at("worst").as_string() == "danger");
  BOOST_TEST(said.at("counts").at("ok").as_int64() == 3);
  BOOST_TEST(said.at("looked_at").at("broker").as_bool());
  const auto& first = said.at("findings").at(0);
  BOOST_TEST(first.at("code").as_string() == "broker_queue_limit");
  BOOST_TEST(first.at("mend").as_string() == "max_queued_messages 1000000000");
}

BOOST_AUTO_TEST_SUITE_END()
