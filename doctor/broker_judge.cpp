#include "doctor/broker_judge.hpp"

#include "doctor/codes.hpp"

#include <iterator>

#include <fmt/format.h>

namespace td {

// A restart, not a reload: Mosquitto 2.0.11 reads its file again on SIGHUP, as its manual says, and
// goes on with the old queue limit, window and packet size (tried). Accounts and ACL do change.
std::string broker_place(const broker_needs& needs, std::string_view option) {
  return (needs.file ? needs.file->place_of(option) : "mosquitto.conf") +
         ", then: systemctl restart mosquitto";
}

std::vector<finding> judge_broker(const broker_survey& found, const broker_needs& needs) {
  std::vector<finding> all{
      make_finding("broker_reachable", severity::ok, "the broker lets the service in")};
  for (auto part : {judge_broker_version(found, needs), judge_broker_limits(found, needs),
                    judge_broker_sessions(found, needs), judge_broker_rights(found, needs)}) {
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  }
  return all;
}

finding broker_unreachable(const failure& why) {
  if (why.code == errc::broker_refused) {
    return make_finding("broker_reachable", severity::danger,
                        fmt::format("the broker does not let the service in: {}", why.detail),
                        "mqtt.username = \"...\", mqtt.password_file = \"...\"",
                        "the service's settings; or the account in the broker's password_file");
  }
  return make_finding(
      "broker_reachable", severity::danger,
      fmt::format("the broker can't be reached, so nothing is read now: {}", why.detail),
      "systemctl status mosquitto",
      "run it on the broker's machine; then check mqtt.host, mqtt.port, mqtt.tls");
}

}  // namespace td
