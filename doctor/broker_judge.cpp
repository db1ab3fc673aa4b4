#include "doctor/broker_judge.hpp"

#include "doctor/codes.hpp"

#include <iterator>

#include <fmt/format.h>

namespace td {

namespace {

/// What to change where nobody knows the broker's own names for it.
struct general_words {
  std::string_view code{};
  std::string_view mend{};
};

constexpr general_words for_any_broker[] = {
    {"broker_queue_limit", "let the queue of a session that is away grow without dropping"},
    {"broker_window", "allow more unacknowledged messages to a client (its receive maximum)"},
    {"broker_packet_size", "packets of 16 MiB, refused beyond that with a reason code"},
    {"broker_persistence", "keep sessions and their queues on disk"},
    {"broker_dropped", "let the queue of a session that is away grow without dropping"},
    {"broker_statistics", "let the service's account read $SYS/#"},
    {"broker_anonymous", "let nobody in without an account"},
    {"broker_acl", "the rights of docs/operating.md, The broker"},
    {"broker_probe_topic", "let the service's account write and read taylordash/doctor/#"}};

}  // namespace

// A restart, not a reload: Mosquitto 2.0.11 reads its file again on SIGHUP, as its manual says, and
// goes on with the old queue limit, window and packet size (tried). Accounts and ACL do change.
std::string broker_place(const broker_needs& needs, std::string_view option) {
  const auto place = needs.file ? needs.file->place_of(option) : "mosquitto.conf";
  if (needs.standalone) {
    return place +
           ", which `taylordash standalone` writes: stop the instance and start it, it writes the "
           "file anew";
  }
  return place + ", then restart the broker (under systemd: systemctl restart mosquitto)";
}

broker_kind kind_of(const broker_survey& found, const broker_needs& needs) noexcept {
  if (found.version.starts_with("mosquitto") || needs.file || needs.standalone)
    return broker_kind::mosquitto;
  return found.version.empty() ? broker_kind::unknown : broker_kind::other;
}

void suit_to(broker_kind kind, finding& f) {
  if (kind == broker_kind::mosquitto || f.mend.empty()) return;
  for (const auto& [code, mend] : for_any_broker) {
    if (f.code != code || f.mend.starts_with("taylordash ")) continue;
    if (kind == broker_kind::unknown) {
      f.where = "if it is Mosquitto: " + f.where;
    } else {
      f.mend = mend;
      f.where = "the broker's own settings, whose names its manual has";
    }
  }
}

std::vector<finding> judge_broker(const broker_survey& found, const broker_needs& needs) {
  std::vector<finding> all{
      make_finding("broker_reachable", severity::ok, "the broker lets the service in")};
  for (auto part : {judge_broker_version(found, needs), judge_broker_limits(found, needs),
                    judge_broker_sessions(found, needs), judge_broker_rights(found, needs)}) {
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  }
  for (auto& f : all)
    suit_to(kind_of(found, needs), f);
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
      "the broker's machine, if it is Mosquitto under systemd; then check mqtt.host, mqtt.port, "
      "mqtt.tls");
}

}  // namespace td
