// Who gets in, and who may write and read what.

#include "doctor/broker_judge.hpp"
#include "doctor/codes.hpp"

#include <fmt/format.h>

#include "mqtt/reason.hpp"

namespace td {

namespace {

std::string deny_lines(const std::vector<std::string>& topics) {
  std::string lines;
  for (const auto& t : topics)
    lines += fmt::format("{}topic deny {}", lines.empty() ? "" : "\n", t);
  return lines;
}

finding judge_anonymous(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_anonymous";
  if (*found.anonymous) {
    return make_finding(code, severity::warning,
                        found.open_to_anonymous.empty()
                            ? std::string{"clients without an account get in"}
                            : fmt::format("clients without an account get in and may write {}: "
                                          "whoever reaches the broker can forge events",
                                          fmt::join(found.open_to_anonymous, ", ")),
                        "allow_anonymous false", broker_place(needs, "allow_anonymous"));
  }
  return make_finding(code, severity::ok, "clients without an account are refused");
}

finding judge_acl(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_acl";
  constexpr const char* in_acl =
      "the broker's acl_file, below the `user` line of the producers; "
      "then: systemctl reload mosquitto";
  if (found.subscribe_reason >= 0x80) {
    return make_finding(
        code, severity::danger,
        fmt::format("the service's account may not read tracker/events/# ({}): lanes "
                    "get nothing",
                    mqtt_reason(found.subscribe_reason)),
        "topic read tracker/events/#",
        "the broker's acl_file, below the service's `user` line; then: systemctl "
        "reload mosquitto");
  }
  if (found.producer == false) {
    return make_finding(code, severity::warning,
                        "the producers' account does not get in: " + found.producer_trouble,
                        "mosquitto_passwd /etc/mosquitto/passwd USER",
                        "the broker's machine; then: systemctl reload mosquitto");
  }
  if (!found.open_to_producer.empty()) {
    return make_finding(
        code, severity::warning,
        fmt::format("producers may write {}, which belong to TaylorDash's own parts",
                    fmt::join(found.open_to_producer, ", ")),
        deny_lines(found.open_to_producer), in_acl);
  }
  if (found.producer_writes_events == false) {
    return make_finding(code, severity::danger,
                        "producers may not write tracker/events/#: an MQTT 3.1.1 producer is "
                        "acknowledged all the same, and its events are gone",
                        "topic write tracker/events/#", in_acl);
  }
  if (found.producer == true) {
    return make_finding(code, severity::ok,
                        found.producer_writes_events == true
                            ? "producers may write events, and not those of TaylorDash's own parts"
                            : "the producers' account gets in");
  }
  if (needs.quick)
    return make_finding(code, severity::ok, "the subscription of the lanes is not refused");
  return make_finding(code, severity::note,
                      "what producers may write was not tried: no account of theirs was given",
                      "taylordash doctor --producer-user USER --producer-password-file FILE",
                      "a shell");
}

}  // namespace

std::vector<finding> judge_broker_rights(const broker_survey& found, const broker_needs& needs) {
  std::vector<finding> all;
  if (found.anonymous) all.push_back(judge_anonymous(found, needs));
  all.push_back(judge_acl(found, needs));
  if (needs.quick) return all;
  if (found.not_probed.empty()) {
    all.push_back(make_finding("broker_probe_topic", severity::ok,
                               fmt::format("the doctor may use {}#", probe_root)));
  } else {
    all.push_back(
        make_finding("broker_probe_topic", severity::note,
                     fmt::format("queue, window and sizes were not tried: {}", found.not_probed),
                     fmt::format("topic readwrite {}#", probe_root),
                     "the broker's acl_file, below the service's `user` line; then: systemctl "
                     "reload mosquitto"));
  }
  return all;
}

}  // namespace td
