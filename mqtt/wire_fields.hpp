#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace td::wire {

/// Takes fields off the front of a packet; `good` falls when there is too little, and what is
/// taken from then on is empty or zero. Internal to the packets. (MQTT 5.0, section 1.5)
struct field_cursor {
  std::string_view left;
  bool good{true};

  std::string_view take(std::size_t bytes) noexcept {
    if (bytes > left.size()) good = false;
    const auto taken = left.substr(0, good ? bytes : 0);
    left.remove_prefix(taken.size());
    return taken;
  }
  std::uint32_t number(std::size_t bytes) noexcept {
    std::uint32_t n = 0;
    for (const char c : take(bytes))
      n = n << 8 | static_cast<unsigned char>(c);
    return n;
  }
  std::uint8_t byte() noexcept { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t number16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  std::string_view text() noexcept { return take(number(2)); }
  /// A variable byte integer: at most four bytes, and no more than it needs.
  std::size_t length() noexcept {
    std::size_t n = 0;
    for (unsigned i = 0; i < 4; ++i) {
      const auto b = number(1);
      n |= std::size_t{b & 0x7fu} << (7 * i);
      if ((b & 0x80u) != 0) continue;
      if (b == 0 && i > 0) good = false;
      return good ? n : 0;
    }
    good = false;
    return 0;
  }
};

/// Identifiers of properties (2.2.2.2).
enum class property : std::uint8_t {
  payload_format = 0x01,
  message_expiry = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_id = 0x0b,
  session_expiry = 0x11,
  assigned_client_id = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  response_information = 0x1a,
  server_reference = 0x1c,
  reason_string = 0x1f,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_available = 0x28,
  subscription_ids_available = 0x29,
  shared_available = 0x2a,
};

/// Which properties a packet may carry.
class property_set {
 public:
  constexpr property_set(std::initializer_list<property> all) {
    for (const property p : all)
      bits_ |= bit(static_cast<std::uint8_t>(p));
  }
  constexpr bool has(std::uint8_t id) const noexcept { return id < 64 && (bits_ & bit(id)) != 0; }
  constexpr void add(std::uint8_t id) noexcept { bits_ |= bit(id); }

 private:
  static constexpr std::uint64_t bit(std::uint8_t id) noexcept { return std::uint64_t{1} << id; }
  std::uint64_t bits_{};
};

struct fault;

/// Walks the properties of a packet, each with its type, and refuses what the standard does: names
/// that it does not know or does not allow there, twice the same, and text that is none where texts
/// are `checked`.
class property_walk {
 public:
  enum class texts : bool { checked, any };

  property_walk(std::string_view bytes, const property_set& allowed,
                texts all = texts::checked) noexcept
      : in_{bytes}, allowed_{allowed}, texts_{all} {}

  /// The next one, whose value is then in `number` or `text`. Absent: the end, or a fault.
  std::optional<property> next() noexcept;

  std::uint32_t number() const noexcept { return number_; }
  std::string_view text() const noexcept { return text_; }
  /// Null: all that was walked is sound. Static storage.
  const fault* trouble() const noexcept { return trouble_; }

 private:
  bool take_value(property p) noexcept;

  field_cursor in_;
  property_set allowed_;
  property_set seen_{};
  texts texts_;
  std::uint32_t number_{};
  std::string_view text_{};
  const fault* trouble_{};
};

}  // namespace td::wire
