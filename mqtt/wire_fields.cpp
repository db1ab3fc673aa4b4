#include "mqtt/wire_fields.hpp"

#include "mqtt/wire_packets.hpp"

namespace td::wire {

namespace {

constexpr fault cut_short{reason::malformed_packet, "properties that end within a value"};
constexpr fault no_text{reason::malformed_packet,
                        "a property whose text is no UTF-8, or has U+0000"};
constexpr fault unknown{reason::malformed_packet, "a property that MQTT 5 does not know"};
constexpr fault misplaced{reason::protocol_error, "a property that does not belong to its packet"};
constexpr fault repeated{reason::protocol_error, "the same property twice"};

constexpr property_set may_repeat{property::user_property, property::subscription_id};

}  // namespace

std::optional<property> property_walk::next() noexcept {
  if (trouble_ != nullptr || in_.left.empty()) return std::nullopt;
  const auto id = in_.byte();  // a variable byte integer, but all that are defined fit one byte
  const auto p = static_cast<property>(id);
  if (!take_value(p)) {
    trouble_ = &unknown;
  } else if (!in_.good) {
    trouble_ = &cut_short;
  } else if (!allowed_.has(id)) {
    trouble_ = &misplaced;
  } else if (seen_.has(id) && !may_repeat.has(id)) {
    trouble_ = &repeated;
  }
  if (trouble_ != nullptr) return std::nullopt;
  seen_.add(id);
  return p;
}

/// False: there is no such property.
bool property_walk::take_value(property p) noexcept {
  const auto take_text = [this] {
    text_ = in_.text();
    if (texts_ == texts::checked && !is_text(text_)) trouble_ = &no_text;
  };
  switch (p) {
    case property::payload_format:
    case property::maximum_qos:
    case property::retain_available:
    case property::wildcard_available:
    case property::subscription_ids_available:
    case property::shared_available:
      number_ = in_.number(1);
      return true;
    case property::server_keep_alive:
    case property::receive_maximum:
    case property::topic_alias_maximum:
    case property::topic_alias:
      number_ = in_.number(2);
      return true;
    case property::message_expiry:
    case property::session_expiry:
    case property::maximum_packet_size:
      number_ = in_.number(4);
      return true;
    case property::subscription_id:
      number_ = static_cast<std::uint32_t>(in_.length());
      return true;
    case property::correlation_data:
    case property::authentication_data:
      text_ = in_.text();  // binary
      return true;
    case property::content_type:
    case property::response_topic:
    case property::assigned_client_id:
    case property::authentication_method:
    case property::response_information:
    case property::server_reference:
    case property::reason_string:
      take_text();
      return true;
    case property::user_property:
      take_text();
      take_text();
      return true;
  }
  return false;
}

}  // namespace td::wire
