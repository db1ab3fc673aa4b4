#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/errc.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"
#include "verify/dice.hpp"

namespace td::verify {

/// What has to become of a published message: a row of the mirror with this content, or a dead
/// letter with this code. Plain data.
struct expectation {
  uuid key{};  ///< event_id, or delivery_key of what becomes a dead letter
  bool dead_letter{};
  errc code{};               ///< of the dead letter
  timestamp occurred_at{};   ///< the rest: of the event
  std::uint64_t envelope{};  ///< envelope_fingerprint
  std::uint64_t payload{};   ///< payload_fingerprint

  bool operator==(const expectation&) const = default;
};

/// When a producer publishes a message once more although it need not.
enum class repeat : std::uint8_t { never, when_acknowledged, when_stored };

/// A message, ready to be published.
struct planned_message {
  std::string topic{};
  std::string body{};
  expectation expected{};
  repeat again{repeat::never};
};

/// Makes the messages of one producer: native envelopes, about one in five CloudEvents, about one
/// in fifty broken in one of many ways, about one in fifty to be published twice. Sizes, topics,
/// time formats and payloads vary; all of it follows from the seed, but for the time. What an event
/// is expected to look like is stated from the values it was made of, never by reading it with the
/// product's own parser. One thread.
class message_maker {
 public:
  message_maker(std::uint64_t seed, std::size_t producer);

  /// The next message, occurring at `at`.
  planned_message next(timestamp at);

  /// A sound event without frills, which marks a place in the stream.
  planned_message probe(timestamp at);

 private:
  struct event_parts;

  event_parts draw(timestamp at);
  planned_message sound(timestamp at);
  planned_message broken(timestamp at);
  std::string draw_payload();
  std::string draw_title();
  std::pair<std::string, timestamp> draw_time(timestamp at);  ///< its text, and what it means
  std::string draw_number();
  uuid draw_uuid();

  dice dice_;
  std::size_t producer_;
  std::uint64_t made_{};
};

}  // namespace td::verify
