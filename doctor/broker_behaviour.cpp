#include "doctor/broker_behaviour.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "mqtt/probe_session.hpp"
#include "mqtt/reason.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t refused_from = 0x80;
constexpr auto quiet = 1s;     // more of a window; a round trip has come back before
constexpr auto patience = 5s;  // then what has not come is lost; where all comes nobody waits
constexpr std::uint32_t kept_for = 120;  // seconds; longer than a probe takes
constexpr std::size_t most_rounds = 4000;
constexpr std::string_view small_body = "taylordash doctor";

class behaviour {
 public:
  behaviour(const broker_probe_options& options, const std::string& name, broker_survey& into)
      : options_{options}, name_{name}, into_{into} {}

  result<void> run() {
    const auto topic = fmt::format("{}{}/", probe_root, name_);
    if (filter_matches(options_.filter, topic + "queue")) {
      into_.not_probed = fmt::format("the lanes read everything below {} (mqtt.filter)", topic);
      return ok();
    }
    const auto writer = visitor("-writer", false);
    if (auto in = writer->connect(); !in) return in.error();
    if (auto r = shared(*writer, topic + "shared"); !r || !into_.not_probed.empty()) return r;
    if (auto r = large(*writer, topic + "large"); !r) return r;
    if (auto r = queue(topic + "queue"); !r) return r;
    return ok();
  }

 private:
  std::unique_ptr<probe_session> visitor(const char* suffix, bool kept) const {
    return make_probe_session({.broker = options_.broker,
                               .client_id = name_ + suffix,
                               .keep_session = kept,
                               .receive_maximum = options_.receive_maximum,
                               .session_expiry = kept_for,
                               .give_up = options_.give_up,
                               .deadline = options_.deadline});
  }

  /// One message through a shared subscription of our own group. Also tells whether we may write
  /// and read here at all: then there is no more to see.
  result<void> shared(probe_session& writer, const std::string& topic) {
    const auto reader = visitor("-shared", false);
    if (auto in = reader->connect(); !in) return in.error();
    const auto plain = reader->subscribe(topic + "/plain");
    if (!plain) return plain.error();
    const auto granted = reader->subscribe(fmt::format("$share/{}/{}", name_, topic));
    if (granted && *plain >= refused_from) {
      into_.not_probed =
          fmt::format("the account may not read {}# ({})", probe_root, mqtt_reason(*plain));
      return ok();
    }
    const auto sent = writer.publish(topic + "/plain", small_body);
    if (!sent) return sent.error();
    if (sent->refused > 0) {
      into_.not_probed =
          fmt::format("the account may not write {}# ({})", probe_root, mqtt_reason(sent->reason));
      return ok();
    }
    if (!granted) return granted.error();  // refused with a DISCONNECT, as the standard has it
    if (const auto again = writer.publish(topic, small_body); !again) return again.error();
    const auto came = reader->receive(2, patience);
    if (!came) return came.error();
    const auto has = [&](const std::string& t) {
      return std::any_of(came->begin(), came->end(), [&](auto& m) { return m.topic == t; });
    };
    if (!has(topic + "/plain")) {
      into_.not_probed = fmt::format(
          "what is written to {}# does not come back: the account may not read it", probe_root);
      return reader->leave(true);
    }
    into_.shared_delivers = *granted < refused_from && has(topic);
    return reader->leave(true);
  }

  /// One event of the largest size that the service would take.
  result<void> large(probe_session& writer, const std::string& topic) {
    const auto reader = visitor("-large", false);
    if (auto in = reader->connect(); !in) return in.error();
    if (auto granted = reader->subscribe(topic); !granted) return granted.error();
    const std::string body(options_.largest_event, 'x');
    const auto sent = writer.publish(topic, body);
    if (!sent && sent.error().code == errc::body_too_large) {
      into_.large_event = broker_survey::large::too_large_to_send;
    } else if (!sent) {
      if (over()) return sent.error();
      into_.large_event = broker_survey::large::refused;  // disconnected for it
      if (auto in = writer.connect(); !in) return in.error();
    } else if (sent->refused > 0) {
      into_.large_event = broker_survey::large::refused;
      into_.large_reason = sent->reason;
    } else {
      const auto came = reader->receive(1, patience);
      if (!came) return came.error();
      const bool there = !came->empty() && came->front().body.size() == body.size();
      into_.large_event = there ? broker_survey::large::delivered : broker_survey::large::discarded;
    }
    if (into_.large_event != broker_survey::large::delivered) {
      reader->drop();
      return ok();
    }
    return reader->leave(true);
  }

  /// What a session gets that was away while messages came, and how many of them at once.
  result<void> queue(const std::string& topic) {
    {
      const auto reader = visitor("-queue", true);
      if (auto in = reader->connect(); !in) return in.error();
      if (auto granted = reader->subscribe(topic); !granted) return granted.error();
      if (auto left = reader->leave(false); !left) return left;
    }
    broker_survey::queue_behaviour seen;
    const auto writer = visitor("-writer", false);
    if (auto in = writer->connect(); !in) return in.error();
    // A broker may cut the connection of whoever it refuses: what it took until then counts.
    for (auto left = options_.queued_messages; left > 0;) {
      const auto some = std::min<std::size_t>(left, 250);
      const auto sent = writer->publish(topic, small_body, some);
      if (!sent && over()) return sent.error();
      if (!sent) break;
      seen.acknowledged += sent->acknowledged;
      seen.refused += sent->refused;
      if (sent->refused > 0) seen.reason = sent->reason;
      left -= some;
    }
    const auto reader = visitor("-queue", true);
    const auto present = reader->connect();
    if (!present) return present.error();
    seen.session_kept = *present;
    if (auto r = read_back(*reader, seen); !r) return r;
    into_.queue = seen;
    return reader->leave(true);
  }

  result<void> read_back(probe_session& reader, broker_survey::queue_behaviour& seen) const {
    for (std::size_t round = 0; round < most_rounds; ++round) {
      const auto came = reader.receive(options_.queued_messages, round == 0 ? quiet : 0ms);
      if (!came) return came.error();
      if (round == 0) seen.window = came->size();
      seen.came_back += came->size();
      if (seen.came_back >= seen.acknowledged) return ok();
      if (auto r = reader.settle(); !r) return r;
      if (!came->empty()) continue;
      const auto late = reader.receive(1, patience);
      if (!late) return late.error();
      seen.came_back += late->size();
      if (late->empty()) return ok();
    }
    return ok();
  }

  /// Then a failure is ours, and says nothing about the broker.
  bool over() const {
    return (options_.give_up && options_.give_up()) ||
           std::chrono::steady_clock::now() >= options_.deadline;
  }

  const broker_probe_options& options_;
  const std::string& name_;
  broker_survey& into_;
};

}  // namespace

void observe_behaviour(const broker_probe_options& options, const std::string& name,
                       broker_survey& into) {
  if (const auto done = behaviour{options, name, into}.run(); !done && into.not_probed.empty())
    into.not_probed = to_string(done.error());
}

}  // namespace td
