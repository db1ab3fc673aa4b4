#pragma once

#include "doctor/broker_file.hpp"
#include "doctor/broker_survey.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/finding.hpp"

namespace td {

/// What the service will ask of the broker, and what is known beside the survey.
struct broker_needs {
  std::size_t lanes{2};                 ///< ingest.lanes
  bool ordered{};                       ///< ingest.ordered: no shared subscription is used
  std::size_t largest_event{1u << 20};  ///< events.max_body_bytes
  std::size_t largest_topic{512};       ///< events.max_topic_bytes
  std::uint16_t receive_maximum{8000};  ///< ingest.receive_maximum
  std::chrono::milliseconds verdict_timeout{20'000};  ///< ingest.verdict_timeout
  std::size_t queued_messages{1500};                  ///< as the survey was asked
  bool quick{};                                       ///< the survey was
  std::optional<broker_file> file{};  ///< Mosquitto's configuration, where it can be read
  std::optional<std::uint64_t> dropped_before{};  ///< at the last look of this process
  bool standalone{};                       ///< the broker is the one of `taylordash standalone`
  std::string acl_text{};                  ///< of the file's acl_file, where it can be read
  std::string username{};                  ///< mqtt.username, to find its lines there
  std::string filter{"tracker/events/#"};  ///< mqtt.filter
};

/// Plain logic: thresholds and sentences. Every part that was looked at has a finding, `ok` too.
std::vector<finding> judge_broker(const broker_survey& found, const broker_needs& needs);

/// The broker did not let us look.
finding broker_unreachable(const failure& why);

/// "mosquitto version 2.0.11" -> {2, 0, 11}; absent for other brokers.
struct mosquitto_version {
  int major{};
  int minor{};
  int patch{};
  auto operator<=>(const mosquitto_version&) const = default;
};
std::optional<mosquitto_version> mosquitto_version_in(std::string_view text) noexcept;

// -- the parts of it, each in a file of its own ---

std::vector<finding> judge_broker_version(const broker_survey& found, const broker_needs& needs);
std::vector<finding> judge_broker_limits(const broker_survey& found, const broker_needs& needs);
std::vector<finding> judge_broker_sessions(const broker_survey& found, const broker_needs& needs);
std::vector<finding> judge_broker_rights(const broker_survey& found, const broker_needs& needs);

/// Where a line of mosquitto.conf goes, and how it comes into force.
std::string broker_place(const broker_needs& needs, std::string_view option);

/// What is known of the broker's make: its version says so, or Mosquitto's file was read.
enum class broker_kind : std::uint8_t { mosquitto, unknown, other };
broker_kind kind_of(const broker_survey& found, const broker_needs& needs) noexcept;

/// Judges speak of Mosquitto's options. For another broker `f` gets words that do not name them.
void suit_to(broker_kind kind, finding& f);

}  // namespace td
