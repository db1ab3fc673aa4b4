#pragma once

#include <memory>
#include <string>

#include "mqtt/wire_packets.hpp"
#include "tests/mqtt/lane_fixture.hpp"
#include "tests/support/scripted_server.hpp"

/// What a scripted broker says, and what lanes say to it, byte by byte.
namespace td::test {

using namespace std::string_literals;

inline const auto connack = "\x20\x03\x00\x00\x00"s;
inline const auto suback = "\x90\x04\x00\x01\x00\x01"s;

inline std::string message_of(std::uint64_t number, std::uint16_t id, std::size_t bytes = 0) {
  std::string to;
  wire::append_publish(to, {topic, body_of(number, bytes), id});
  return to;
}

inline std::string messages_of(std::size_t count) {
  std::string to;
  for (std::size_t i = 0; i < count; ++i)
    to += message_of(i, static_cast<std::uint16_t>(i + 1));
  return to;
}

inline std::string pubacks(std::size_t count) {
  std::string to;
  for (std::size_t i = 0; i < count; ++i)
    wire::append_puback(to, static_cast<std::uint16_t>(i + 1));
  return to;
}

inline std::unique_ptr<lane_session> lane_at(const scripted_server& b, std::size_t events = 4000) {
  auto o = lane_to({});
  o.broker.port = b.port();
  o.limits.events = events;
  return make_lane_session(o);
}

/// CONNECT and SUBSCRIBE, as the lanes of these tests send them.
inline std::string greeting() {
  std::string to;
  wire::append_connect(to, {.client_id = "lane-0",
                            .clean_start = false,
                            .session_expiry = 0xFFFFFFFF,
                            .receive_maximum = 8000});
  wire::append_subscribe(to, 1, "$share/test/tracker/events/#", false);
  return to;
}

}  // namespace td::test
