// Who gets in, and who may write and read what.

#include "doctor/broker_judge.hpp"
#include "doctor/codes.hpp"

#include <algorithm>
#include <optional>
#include <utility>

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

/// A topic that the filter matches.
std::string example_of(std::string filter) {
  std::replace_if(
      filter.begin(), filter.end(), [](char c) { return c == '#' || c == '+'; }, 'x');
  return filter;
}

bool overlap(const std::string& one, const std::string& other) {
  return filter_matches(one, example_of(other)) || filter_matches(other, example_of(one));
}

/// What the acl_file says of the service's own reading, as Mosquitto 2.0.11 refuses no subscription
/// by it. Absent: nothing is wrong, or it can't be told (no file, patterns, a plugin).
std::optional<finding> judge_reading(const broker_needs& needs) {
  if (!needs.file || needs.acl_text.empty() || needs.username.empty()) return std::nullopt;
  for (const auto* other : {"plugin", "auth_plugin", "per_listener_settings"}) {
    if (needs.file->find(other) != nullptr) return std::nullopt;
  }
  const auto lines = broker_options_in(needs.acl_text, {});
  bool mine = false;
  bool allowed = false;
  std::string denied;
  for (const auto& line : lines) {
    if (line.name == "pattern") return std::nullopt;
    if (line.name == "user") mine = line.value == needs.username;
    if (line.name != "topic" || !mine) continue;
    auto access = line.value.substr(0, line.value.find_first_of(" \t"));
    auto topic = line.value.substr(std::min(line.value.size(), access.size()));
    topic.erase(0, topic.find_first_not_of(" \t"));
    if (topic.empty()) topic = std::exchange(access, "readwrite");
    const bool matches = overlap(topic, needs.filter);
    if (access == "deny" && matches) denied = topic;
    if ((access == "read" || access == "readwrite") && matches) allowed = true;
  }
  if (allowed && denied.empty()) return std::nullopt;
  return make_finding(
      "broker_acl", severity::danger,
      denied.empty()
          ? fmt::format("the acl_file does not let {} read {}: its lanes get nothing, and nobody "
                        "is told",
                        needs.username, needs.filter)
          : fmt::format("the acl_file denies {} to {}: its lanes do not get those events, and "
                        "nobody is told",
                        denied, needs.username),
      denied.empty() ? "topic readwrite " + needs.filter : "# topic deny " + denied,
      fmt::format("{}, below `user {}`; then: systemctl reload mosquitto",
                  needs.file->find("acl_file")->value, needs.username));
}

/// What producers have to write: of what the lanes read that which is an event.
std::string events_of(const std::string& filter) {
  constexpr std::string_view all = "tracker/events/";
  return filter.starts_with(all) ? filter : fmt::format("{}#", all);
}

finding judge_acl(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_acl";
  constexpr const char* in_acl =
      "the broker's acl_file, below the `user` line of the producers; "
      "then: systemctl reload mosquitto";
  if (found.subscribe_reason.value_or(0) >= 0x80) {
    return make_finding(code, severity::danger,
                        fmt::format("the service's account may not read {} ({}): lanes get nothing",
                                    needs.filter, mqtt_reason(*found.subscribe_reason)),
                        "topic readwrite " + needs.filter,
                        "the broker's acl_file, below the service's `user` line; then: systemctl "
                        "reload mosquitto");
  }
  if (auto unread = judge_reading(needs)) return *std::move(unread);
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
    const auto events = events_of(needs.filter);
    return make_finding(code, severity::danger,
                        fmt::format("producers may not write {}: an MQTT 3.1.1 producer is "
                                    "acknowledged all the same, and its events are gone",
                                    events),
                        "topic write " + events, in_acl);
  }
  if (!found.subscribe_trouble.empty()) {
    return make_finding(
        code, severity::note,
        "whether the service may read could not be seen: " + found.subscribe_trouble,
        "taylordash status --watch", "a shell; its lanes say whether they read");
  }
  if (found.producer == true && found.producer_writes_events == true) {
    return make_finding(code, severity::ok,
                        "producers may write events, and not those of TaylorDash's own parts");
  }
  if (found.producer == true) {
    return make_finding(code, severity::note,
                        "the producers' account gets in; what it may write can only be asked of "
                        "Mosquitto, whose $SYS can be read");
  }
  if (!found.producer_trouble.empty()) {
    return make_finding(
        code, severity::note,
        "the producers' account was not tried, without a certificate: " + found.producer_trouble);
  }
  if (needs.quick) {
    return make_finding(code, severity::note,
                        "the subscription of the lanes is not refused; what producers may write is "
                        "only tried by `taylordash doctor`",
                        "taylordash doctor --producer-user USER --producer-password-file FILE",
                        "a shell");
  }
  return make_finding(code, severity::note,
                      "what producers may write was not tried: no account of theirs was given",
                      "taylordash doctor --producer-user USER --producer-password-file FILE",
                      "a shell");
}

}  // namespace

std::vector<finding> judge_broker_rights(const broker_survey& found, const broker_needs& needs) {
  std::vector<finding> all;
  if (found.anonymous) {
    all.push_back(judge_anonymous(found, needs));
  } else if (!needs.quick) {
    all.push_back(make_finding("broker_anonymous", severity::note,
                               "whether clients without an account get in could not be seen: the "
                               "broker wants a certificate, or gave no answer"));
  }
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
