// Sessions, shared subscriptions, persistence.

#include "doctor/broker_judge.hpp"
#include "doctor/codes.hpp"
#include "doctor/words.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

namespace td {

namespace {

constexpr std::uint32_t a_week = 7 * 86400;
constexpr std::int64_t longest_autosave = 60;

/// With QoS 0 a session keeps nothing for who is away, and nothing waits for a COMMIT.
finding only_qos_0(const broker_survey& found, const broker_needs& needs) {
  const bool known = kind_of(found, needs) == broker_kind::mosquitto;
  return make_finding(
      "broker_sessions", severity::danger,
      "the broker grants only QoS 0: what it delivers so it has forgotten before it "
      "is stored, and a session that is away gets nothing. No lane reads there",
      known ? "max_qos 2" : "let it grant QoS 1",
      known ? broker_place(needs, "max_qos")
            : "the broker's own settings, whose names its manual has");
}

/// A lane that waits for its batch is silent, and the broker ends a connection after one and a half
/// keepalives of silence (MQTT 5.0, 3.1.2.10 and 3.2.2.3.14).
std::optional<finding> judge_keepalive(const broker_survey& found, const broker_needs& needs) {
  const std::chrono::seconds own{found.terms.keep_alive.value_or(0)};
  if (own.count() == 0 || 2 * needs.verdict_timeout <= own) return std::nullopt;
  return make_finding(
      "broker_sessions", severity::warning,
      fmt::format("the broker ends a lane's connection after {} of silence (its own keepalive of "
                  "{}), and a lane is silent while its batch is stored, for up to {}: slow commits "
                  "come again",
                  words::duration(own * 3 / 2), words::duration(own),
                  words::duration(std::chrono::ceil<std::chrono::seconds>(needs.verdict_timeout))),
      fmt::format("ingest.verdict_timeout = \"{}ms\"", std::chrono::milliseconds{own}.count() / 2),
      "the service's settings; or a longer max_keepalive of the broker");
}

finding judge_sessions(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_sessions";
  if (found.subscribe_reason == 0 || found.terms.maximum_qos == 0) return only_qos_0(found, needs);
  if (found.terms.session_expiry && *found.terms.session_expiry < a_week) {
    const std::chrono::seconds granted{*found.terms.session_expiry};
    return make_finding(
        code, granted.count() < 3600 ? severity::danger : severity::warning,
        fmt::format(
            "the broker ends a session that is away for {}: its lane's backlog is gone then",
            words::duration(granted)),
        "let sessions live for ever (0xFFFFFFFF), or for a week at least",
        "the broker's limit of the session expiry interval");
  }
  if (needs.file) {
    if (const auto* limit = needs.file->find("persistent_client_expiration"); limit != nullptr) {
      return make_finding(code, severity::warning,
                          fmt::format("persistent_client_expiration is {}: a lane that is away for "
                                      "longer loses its backlog",
                                      limit->value),
                          "# persistent_client_expiration " + limit->value,
                          broker_place(needs, "persistent_client_expiration"));
    }
  }
  if (auto cut = judge_keepalive(found, needs)) return *std::move(cut);
  return make_finding(code, severity::ok, "sessions are kept for a week or more");
}

finding judge_shared(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_shared_subscriptions";
  if (!found.terms.wildcard_subscriptions &&
      needs.filter.find_first_of("+#") != needs.filter.npos) {
    return make_finding(code, severity::danger,
                        fmt::format("the broker has no wildcard subscriptions, so no lane can read "
                                    "{}, shared or not",
                                    needs.filter),
                        "a broker with wildcard subscriptions",
                        "or mqtt.filter without + and #, for one topic alone");
  }
  if (!found.terms.shared_subscriptions || found.shared_delivers == false) {
    return make_finding(code, needs.ordered ? severity::note : severity::danger,
                        !found.terms.shared_subscriptions
                            ? "the broker has no shared subscriptions: lanes get "
                              "nothing"
                            : "a shared subscription was granted, and got nothing",
                        "ingest.ordered = true, ingest.lanes = 1",
                        "the service's settings (one plain subscription), or another broker");
  }
  if (found.shared_delivers == true)
    return make_finding(code, severity::ok, "shared subscriptions deliver");
  return make_finding(code, severity::ok, "the broker says that it has shared subscriptions");
}

finding judge_persistence(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_persistence";
  if (found.queue && !found.queue->session_kept) {
    return make_finding(code, severity::danger,
                        "the broker forgets a session as soon as its client is away",
                        "persistence true", broker_place(needs, "persistence"));
  }
  if (!needs.file) {
    return make_finding(
        code, severity::note,
        "whether sessions and backlog survive a restart of the broker can't be seen "
        "from outside: no restart is made to find out",
        "taylordash doctor --broker-config /etc/mosquitto/mosquitto.conf",
        "on the broker's machine; right are `persistence true` and "
        "`autosave_interval 15`");
  }
  if (!needs.file->truth("persistence").value_or(false)) {
    return make_finding(code, severity::danger,
                        "persistence is off: a restart of the broker loses the lanes' sessions and "
                        "every event that was not yet stored",
                        "persistence true", broker_place(needs, "persistence"));
  }
  if (needs.file->truth("autosave_on_changes").value_or(false)) {
    return make_finding(
        code, severity::warning,
        "autosave_on_changes is true: the broker saves after autosave_interval changes and not "
        "after so many seconds, and a kill loses what was not yet saved and stored, however old",
        "autosave_on_changes false\nautosave_interval 15",
        broker_place(needs, "autosave_on_changes"));
  }
  const auto interval = needs.file->number("autosave_interval").value_or(1800);
  if (interval == 0 || interval > longest_autosave) {
    return make_finding(
        code, severity::danger,
        interval == 0
            ? std::string{"autosave_interval is 0: the broker saves only when it stops, and a kill "
                          "loses everything that was not yet stored"}
            : fmt::format("autosave_interval is {} s: a kill of the broker loses what it "
                          "acknowledged in that time and was not yet stored",
                          interval),
        "autosave_interval 15", broker_place(needs, "autosave_interval"));
  }
  return make_finding(code, severity::ok,
                      fmt::format("persistence is on, saved every {} s", interval));
}

}  // namespace

std::vector<finding> judge_broker_sessions(const broker_survey& found, const broker_needs& needs) {
  return {judge_sessions(found, needs), judge_shared(found, needs),
          judge_persistence(found, needs)};
}

}  // namespace td
