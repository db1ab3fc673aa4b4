#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/broker_terms.hpp"
#include "mqtt/lane_session.hpp"

namespace td {

/// Where every probe of the broker stays: below this, and never below the service's own filter.
inline constexpr std::string_view probe_root = "taylordash/doctor/";

/// An account of producers, to see what it may do.
struct broker_account {
  std::string username{};
  std::string password{};
};

struct broker_probe_options {
  broker_options broker{};
  std::string filter{"tracker/events/#"};  ///< mqtt.filter: what the lanes read
  std::size_t largest_event{1u << 20};     ///< events.max_body_bytes
  std::uint16_t receive_maximum{8000};     ///< ingest.receive_maximum
  std::optional<broker_account> producer{};
  bool quick{};  ///< nothing is published, no session is kept, one account is used
  std::size_t queued_messages{1500};  ///< for the queue's limit: more than Mosquitto's default 1000
  std::function<bool()> give_up{};    ///< asked in every wait; may be empty
  /// The look ends soon after it; parts that it did not come to are not known then.
  std::chrono::steady_clock::time_point deadline{std::chrono::steady_clock::time_point::max()};
  /// Of the one session that asks for a lane's terms, the same at each look, so that the next look
  /// ends what a broker that stalled has kept; for eight days at most. Empty: a random one.
  std::string client_id{};
};

/// What a broker said and how it behaved. Facts only; absent: not looked at, or not known.
struct broker_survey {
  broker_terms terms{};
  /// SUBACK for a filter below `filter`, asked for with QoS 1: the QoS granted, or >= 0x80:
  /// refused.
  std::optional<std::uint8_t> subscribe_reason{};
  std::string subscribe_trouble{};  ///< why there was no SUBACK, as the connection ended instead

  // -- $SYS ---
  bool statistics{};                       ///< at least one value came
  std::string statistics_trouble{};        ///< why none could be asked for; empty: they were
  std::string version{};                   ///< "mosquitto version 2.0.11"; empty: unknown
  std::optional<std::uint64_t> dropped{};  ///< publish/messages/dropped, since the broker's start
  std::optional<std::uint64_t> stored{};   ///< store/messages/count
  std::optional<std::uint64_t> stored_bytes{};
  std::optional<std::chrono::seconds> uptime{};

  // -- who may do what ---
  std::optional<bool> anonymous{};               ///< a client without an account gets in
  std::vector<std::string> open_to_anonymous{};  ///< reserved topics that it may write
  std::optional<bool> producer{};                ///< the producers' account gets in
  std::string producer_trouble{};                ///< why it does not, or was not tried
  std::vector<std::string> open_to_producer{};   ///< reserved topics that it may write
  std::optional<bool> producer_writes_events{};  ///< it may write what it should

  // -- behaviour, on topics of the doctor's own ---
  std::string not_probed{};  ///< why there is none of what follows; empty: there is
  struct queue_behaviour {
    std::size_t acknowledged{};  ///< by the broker, for a session that was away
    std::size_t refused{};
    std::uint8_t reason{};  ///< of those
    std::size_t came_back{};
    std::size_t window{};  ///< came before any of them was acknowledged
    bool session_kept{};
  };
  std::optional<queue_behaviour> queue{};
  std::optional<bool> shared_delivers{};

  /// An event of the largest allowed size.
  enum class large : std::uint8_t { delivered, refused, discarded, too_large_to_send };
  std::optional<large> large_event{};
  std::uint8_t large_reason{};
};

/// Looks at the broker over connections of its own, which it ends, with the service's account.
/// Joins no subscription of the lanes and publishes nothing that they would read: unless `quick`,
/// it publishes a bounded number of messages below `probe_root`, and asks with unfinished QoS 2
/// exchanges (probe_session::may_publish; Mosquitto only) what accounts may write. Once the broker
/// has let us in, a part that fails is left unknown, and the others are looked at.
/// broker_away, broker_refused: nothing could be looked at. stopping: give_up said so.
result<broker_survey> survey_broker(const broker_probe_options& options);

/// Whether a topic filter of MQTT matches a topic (MQTT 5.0, 4.7).
bool filter_matches(std::string_view filter, std::string_view topic) noexcept;

}  // namespace td
