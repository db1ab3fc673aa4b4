#include "cli/identity_view.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

namespace {

const terminal::output plain{};
const auto noon = *parse_rfc3339("2026-11-21T12:00:00Z");

user_record anna() {
  user_record u;
  u.name = "anna";
  u.role = role::manager;
  u.sessions = 2;
  u.last_login_at = noon - 90min;
  u.password_changed_at = u.created_at = noon - 24h;
  u.created_by = "bo@desk";
  return u;
}

api_key_record key() {
  api_key_record k;
  k.prefix = "3xK9sT0a";
  k.name = "press \x1b[2J";
  k.owner_name = "anna";
  k.scopes = {scope::events_read, scope::events_write};
  k.expires_at = noon + 24h;
  return k;
}

audit_row login() {
  audit_row r;
  r.at = noon;
  r.position = 7;
  r.entry.actor = "nobody";
  r.entry.target = "user anna";
  r.entry.result = audit_result::denied;
  r.entry.address = "192.0.2.1";
  r.entry.after = R"({"role":"viewer"})";
  r.entry.detail = "wrong name or password";
  return r;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(identity_views)

BOOST_AUTO_TEST_CASE(users_are_a_table_with_what_is_unusual) {
  auto locked = anna();
  locked.name = "bo";
  locked.locked_from = 1;
  locked.last_login_at.reset();
  auto gone = anna();
  gone.name = "cleo";
  gone.disabled = true;
  const auto text = render_users(plain, {anna(), locked, gone}, noon);
  BOOST_TEST(text.find("NAME") == 0u);
  BOOST_TEST(says(text, "anna  operator  active"), text);
  BOOST_TEST(says(text, "1h 30m ago"), text);
  BOOST_TEST(says(text, "bo    operator  locked from 1 address  no            2  never"), text);
  BOOST_TEST(says(text, "cleo  operator  disabled"), text);
  BOOST_TEST(says(text, "2026-11-20 12:00:00Z  bo@desk"), text);
}

BOOST_AUTO_TEST_CASE(users_for_programs_have_no_secrets) {
  const auto line = users_json({anna()});
  const auto o = boost::json::parse(line).as_object();
  BOOST_TEST(o.at("name").as_string() == "anna");
  BOOST_TEST(o.at("role").as_string() == "operator");
  BOOST_TEST(o.at("sessions").to_number<int>() == 2);
  BOOST_TEST(!says(line, "hash"));
}

BOOST_AUTO_TEST_CASE(keys_say_whether_they_work_and_obey_no_escape) {
  auto revoked = key();
  revoked.revoked_at = noon;
  auto expired = key();
  expired.expires_at = noon - 1s;
  auto resting = key();
  resting.owner_disabled = true;
  const auto text = render_api_keys(plain, {key(), revoked, expired, resting}, noon);
  for (const auto* state : {"active", "revoked", "expired", "owner disabled"})
    BOOST_TEST(says(text, state), text);
  BOOST_TEST(says(text, "events:read events:write"), text);
  BOOST_TEST(!says(text, "\x1b"));
  const auto o = boost::json::parse(api_keys_json({key()}, noon)).as_object();
  BOOST_TEST(o.at("state").as_string() == "active");
  BOOST_TEST(o.at("scopes").as_array().size() == 2u);
  BOOST_TEST(o.at("last_used_at").is_null());
}

BOOST_AUTO_TEST_CASE(an_audit_row_is_one_line) {
  auto waits = login();
  waits.position = 0;
  const auto text = render_audit(plain, {login(), waits});
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 3);
  BOOST_TEST(says(text,
                  "7  2026-11-21 12:00:00Z  nobody  login   user anna  denied  192.0.2.1  "
                  "wrong name or password"),
             text);
  BOOST_TEST(says(text, "waits"), text);
  const auto o = boost::json::parse(audit_json({login()})).as_object();
  BOOST_TEST(o.at("after").at("role").as_string() == "viewer");
  BOOST_TEST(o.at("before").is_null());
  BOOST_TEST(o.at("position").to_number<int>() == 7);
}

BOOST_AUTO_TEST_CASE(a_report_says_intact_or_what_is_wrong) {
  audit_report r{.rows = 1200, .head = {1200, {}}};
  BOOST_TEST(render_audit_report(plain, r, noon).find("intact: 1,200 rows chained\nhead 1200:00") ==
             0u);
  r.tail = {2, noon - 3s};
  BOOST_TEST(says(render_audit_report(plain, r, noon), "2 rows wait for a place in the chain"));
  r.faults.push_back({audit_fault::kind::removed, 3, 5, {}, "rows 3 to 5 are missing"});
  r.fault_count = 3;
  const auto text = render_audit_report(plain, r, noon);
  BOOST_TEST(says(text, "removed  rows 3 to 5 are missing\n... and 2 more\nNOT INTACT"), text);
  const auto o = boost::json::parse(audit_report_json(r)).as_object();
  BOOST_TEST(!o.at("intact").as_bool());
  BOOST_TEST(o.at("faults").at(0).at("kind").as_string() == "removed");
}

BOOST_AUTO_TEST_CASE(a_wrong_key_is_no_broken_log) {
  audit_report r{.rows = 3, .key_fits = false, .fault_count = 3};
  BOOST_TEST(says(render_audit_report(plain, r, noon), "name the right secret file"));
}

BOOST_AUTO_TEST_SUITE_END()
