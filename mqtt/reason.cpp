#include "mqtt/reason.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

namespace td {

namespace {

struct named_reason {
  int code;
  std::string_view name;
  bool may_pass{};
};

/// MQTT Version 5.0, section 2.4, table 2-6, in its order.
constexpr named_reason reasons[] = {
    {0x00, "success"},
    {0x01, "granted QoS 1"},
    {0x02, "granted QoS 2"},
    {0x04, "disconnect with will message"},
    {0x10, "no matching subscribers"},
    {0x11, "no subscription existed"},
    {0x18, "continue authentication"},
    {0x19, "re-authenticate"},
    {0x80, "unspecified error"},
    {0x81, "malformed packet"},
    {0x82, "protocol error"},
    {0x83, "implementation specific error"},
    {0x84, "unsupported protocol version"},
    {0x85, "client identifier not valid"},
    {0x86, "bad user name or password"},
    {0x87, "not authorized"},
    {0x88, "server unavailable", true},
    {0x89, "server busy", true},
    {0x8a, "banned"},
    {0x8b, "server shutting down", true},
    {0x8c, "bad authentication method"},
    {0x8d, "keep alive timeout"},
    {0x8e, "session taken over"},
    {0x8f, "topic filter invalid"},
    {0x90, "topic name invalid"},
    {0x91, "packet identifier in use"},
    {0x92, "packet identifier not found"},
    {0x93, "receive maximum exceeded"},
    {0x94, "topic alias invalid"},
    {0x95, "packet too large"},
    {0x96, "message rate too high"},
    {0x97, "quota exceeded", true},
    {0x98, "administrative action"},
    {0x99, "payload format invalid"},
    {0x9a, "retain not supported"},
    {0x9b, "QoS not supported"},
    {0x9c, "use another server", true},
    {0x9d, "server moved"},
    {0x9e, "shared subscriptions not supported"},
    {0x9f, "connection rate exceeded", true},
    {0xa0, "maximum connect time"},
    {0xa1, "subscription identifiers not supported"},
    {0xa2, "wildcard subscriptions not supported"},
};

const named_reason* find(int code) noexcept {
  const auto* at = std::find_if(std::begin(reasons), std::end(reasons),
                                [code](const named_reason& r) { return r.code == code; });
  return at == std::end(reasons) ? nullptr : at;
}

}  // namespace

std::string mqtt_reason(int code) {
  const auto* known = find(code);
  return fmt::format("{} (0x{:02x})", known != nullptr ? known->name : "unknown reason", code);
}

bool mqtt_reason_may_pass(int code) noexcept {
  const auto* known = find(code);
  return known != nullptr && known->may_pass;
}

}  // namespace td
