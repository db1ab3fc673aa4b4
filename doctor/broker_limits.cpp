// Queue, window, sizes: what the broker drops, and what it throttles.

#include "doctor/broker_judge.hpp"
#include "doctor/codes.hpp"
#include "doctor/words.hpp"

#include <fmt/format.h>

#include "mqtt/reason.hpp"

namespace td {

namespace {

constexpr std::size_t small_window = 100;
constexpr std::int64_t small_queue = 100'000;    // seconds of a busy service, not minutes
constexpr std::size_t packet_overhead = 64;      // header, packet id, properties of ours: far less
constexpr std::uint64_t bytes_per_queued = 700;  // docs/operating.md
constexpr std::uint64_t large_backlog = 1'000'000;

finding queue_drops(const broker_survey::queue_behaviour& q, const broker_needs& needs) {
  const auto missing = q.acknowledged - q.came_back;
  return make_finding(
      "broker_queue_limit", severity::danger,
      q.session_kept
          ? fmt::format("the broker acknowledged {} messages for a session that was away and kept "
                        "{}: {} are gone, and so are events while a lane is slow or away",
                        words::grouped(q.acknowledged), words::grouped(q.came_back),
                        words::grouped(missing))
          : fmt::format("the broker forgot a session that was away for a moment, and {} "
                        "acknowledged messages with it",
                        words::grouped(missing)),
      "max_queued_messages 1000000000", broker_place(needs, "max_queued_messages"));
}

finding judge_queue(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_queue_limit";
  if (found.queue && found.queue->came_back < found.queue->acknowledged)
    return queue_drops(*found.queue, needs);
  if (needs.file) {
    const auto limit = needs.file->number("max_queued_messages");
    if (!limit || (*limit > 0 && *limit < small_queue)) {
      return make_finding(
          code, severity::danger,
          fmt::format("max_queued_messages is {}: while a lane is away, every event beyond that is "
                      "dropped, though it was acknowledged",
                      limit ? words::grouped(static_cast<std::uint64_t>(*limit))
                            : "not set, which means 1,000"),
          "max_queued_messages 1000000000", broker_place(needs, "max_queued_messages"));
    }
  }
  if (found.queue && found.queue->refused > 0) {
    return make_finding(
        code, severity::warning,
        fmt::format("the broker refused {} of {} messages for a session that was "
                    "away ({}): producers have to resend",
                    found.queue->refused, found.queue->refused + found.queue->acknowledged,
                    mqtt_reason(found.queue->reason)),
        "max_queued_messages 1000000000", broker_place(needs, "max_queued_messages"));
  }
  if (found.queue) {
    const auto came = fmt::format("{} messages for a session that was away all came back",
                                  words::grouped(found.queue->came_back));
    if (needs.file) return make_finding(code, severity::ok, came);
    return make_finding(code, severity::note,
                        came + "; how many more would can't be seen from outside",
                        "grep max_queued_messages /etc/mosquitto/mosquitto.conf",
                        "the broker's machine; 1000000000 is right. Or: taylordash doctor "
                        "--broker-config FILE");
  }
  if (needs.file) return make_finding(code, severity::ok, "max_queued_messages is high enough");
  return make_finding(
      code, severity::note,
      needs.quick ? "what the broker keeps for a lane that is away is only tried by "
                    "`taylordash doctor`"
                  : "what the broker keeps for a lane that is away could not be tried",
      "grep max_queued_messages /etc/mosquitto/mosquitto.conf",
      "the broker's machine; 1000000000 is right, the default of 1000 drops events");
}

finding judge_window(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_window";
  // Mosquitto's Receive Maximum is its max_inflight_messages, which also bounds what it sends.
  std::size_t window = found.terms.receive_maximum;
  const bool all_at_once = !found.queue || found.queue->window >= found.queue->came_back;
  if (found.queue && !all_at_once) window = std::min(window, found.queue->window);
  if (window < small_window) {
    return make_finding(
        code, severity::warning,
        fmt::format(
            "the broker lets {} unacknowledged messages be on the way: that throttles a lane "
            "to {} events a round trip, and each producer",
            window, window),
        "max_inflight_messages 0", broker_place(needs, "max_inflight_messages"));
  }
  if (window < needs.receive_maximum && !all_at_once) {
    return make_finding(code, severity::note,
                        fmt::format("the broker sends a lane at most {} messages ahead, and "
                                    "ingest.receive_maximum asks for {}",
                                    window, needs.receive_maximum),
                        "max_inflight_messages 0", broker_place(needs, "max_inflight_messages"));
  }
  return make_finding(code, severity::ok,
                      window == 65535 ? std::string{"unacknowledged messages are not limited"}
                                      : fmt::format("{} unacknowledged messages may be on the way",
                                                    words::grouped(window)));
}

finding judge_packet_size(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_packet_size";
  const auto need = needs.largest_event + needs.largest_topic + packet_overhead;
  const auto limit = found.terms.maximum_packet_size;
  if (limit && *limit < need) {
    return make_finding(code, severity::warning,
                        fmt::format("the broker takes packets of {}, and events.max_body_bytes "
                                    "allows events that need {}: larger ones never get in",
                                    words::size(*limit), words::size(need)),
                        "max_packet_size 16777216", broker_place(needs, "max_packet_size"));
  }
  using large = broker_survey::large;
  const auto file_limit = needs.file ? needs.file->number("message_size_limit").value_or(0) : 0;
  const bool discards =
      found.large_event == large::discarded ||
      (found.large_event == large::refused && found.large_reason == 0x95) ||
      (file_limit > 0 && static_cast<std::size_t>(file_limit) < needs.largest_event);
  if (discards) {
    return make_finding(
        code, severity::danger,
        fmt::format(
            "{}: an event of {} is {}, and for producers with MQTT 3.1.1 acknowledged and thrown "
            "away",
            kind_of(found, needs) == broker_kind::mosquitto ? "message_size_limit is in force"
                                                            : "the broker limits sizes silently",
            words::size(needs.largest_event),
            found.large_event == large::discarded ? "acknowledged and thrown away" : "refused"),
        "max_packet_size 16777216",
        broker_place(needs, "message_size_limit") + "; in the place of message_size_limit");
  }
  if (found.large_event == large::refused) {
    return make_finding(
        code, severity::warning,
        fmt::format(
            "the broker refuses an event of {}, which events.max_body_bytes "
            "allows{}",
            words::size(needs.largest_event),
            found.large_reason == 0 ? "" : fmt::format(" ({})", mqtt_reason(found.large_reason))),
        "max_packet_size 16777216", broker_place(needs, "max_packet_size"));
  }
  if (!limit) {
    return make_finding(code, severity::note,
                        "the broker takes packets of any size: one producer can fill its memory",
                        "max_packet_size 16777216", broker_place(needs, "max_packet_size"));
  }
  return make_finding(code, severity::ok,
                      fmt::format("packets of {} get in, the largest event needs {}",
                                  words::size(*limit), words::size(need)));
}

finding judge_silent_bounds(const broker_needs& needs) {
  constexpr const char* code = "broker_silent_bounds";
  for (const auto* name : {"max_queued_bytes", "memory_limit"}) {
    const auto value = needs.file->number(name).value_or(0);
    if (value <= 0) continue;
    return make_finding(code, severity::danger,
                        fmt::format("{} is {}: beyond it the broker drops acknowledged events "
                                    "without a word",
                                    name, words::size(static_cast<std::uint64_t>(value))),
                        fmt::format("# {} {}", name, value), broker_place(needs, name));
  }
  return make_finding(code, severity::ok, "neither max_queued_bytes nor memory_limit is set");
}

finding judge_dropped(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_dropped";
  if (!found.dropped)
    return make_finding(code, severity::note, "how many messages were dropped can't be seen here");
  const auto dropped = *found.dropped;
  const auto since = found.uptime && *found.uptime > std::chrono::minutes{1}
                         ? fmt::format(" in {}", words::duration(*found.uptime))
                         : " since its start";
  if (dropped == 0) {
    return make_finding(code, severity::ok,
                        fmt::format("the broker has dropped no message{}", since));
  }
  // Whose they were is not told: only with a queue that drops are ours likely among them.
  const auto queue = judge_queue(found, needs);
  const bool grows = needs.dropped_before && dropped > *needs.dropped_before;
  const auto what =
      (grows
           ? fmt::format("the broker is dropping messages: {} since the last look, {}{}",
                         words::grouped(dropped - *needs.dropped_before), words::grouped(dropped),
                         since)
           : fmt::format("the broker has dropped {} messages{}", words::grouped(dropped), since)) +
      fmt::format(
          " (of any client; it does not say whose, and each `taylordash doctor` adds up to "
          "{} of its own where the queue is limited)",
          words::grouped(needs.queued_messages));
  const auto level =
      grows && queue.level == severity::danger ? severity::danger : severity::warning;
  if (queue.level == severity::ok) return make_finding(code, level, what);
  return make_finding(code, level, what, queue.mend, queue.where);
}

finding judge_backlog(const broker_survey& found) {
  constexpr const char* code = "broker_backlog";
  if (!found.stored)
    return make_finding(code, severity::note, "how many messages wait can't be seen here");
  const auto bytes = found.stored_bytes
                         ? std::max(*found.stored_bytes, *found.stored * bytes_per_queued)
                         : *found.stored * bytes_per_queued;
  const auto text = fmt::format("{} messages wait at the broker", words::grouped(*found.stored));
  if (*found.stored < large_backlog) return make_finding(code, severity::ok, text);
  return make_finding(code, severity::warning,
                      fmt::format("{}, about {} of its memory: no service reads them, or it is too "
                                  "slow",
                                  text, words::size(bytes)),
                      "taylordash status --watch", "a shell; lanes, rates and what they wait for");
}

}  // namespace

std::vector<finding> judge_broker_limits(const broker_survey& found, const broker_needs& needs) {
  std::vector<finding> all{judge_queue(found, needs), judge_window(found, needs),
                           judge_packet_size(found, needs)};
  if (needs.file) all.push_back(judge_silent_bounds(needs));
  if (found.statistics) {
    all.push_back(judge_dropped(found, needs));
    all.push_back(judge_backlog(found));
    all.push_back(make_finding("broker_statistics", severity::ok, "$SYS can be read"));
  } else if (!found.statistics_trouble.empty()) {
    all.push_back(make_finding("broker_statistics", severity::note,
                               "$SYS could not be asked for, so drops and backlog stay unseen: " +
                                   found.statistics_trouble,
                               "topic read $SYS/#",
                               "the broker's acl_file, below the service's `user` line"));
  } else {
    all.push_back(make_finding(
        "broker_statistics", severity::note, "$SYS can't be read, so drops and backlog stay unseen",
        "topic read $SYS/#", "the broker's acl_file, below the service's `user` line"));
  }
  return all;
}

}  // namespace td
