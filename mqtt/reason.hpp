#pragma once

#include <string>

namespace td {

/// An MQTT 5 reason code with its standard name (MQTT Version 5.0, section 2.4, Table 2-6), as
/// "not authorized (0x87)". Codes that the standard does not know: "unknown reason (0x05)".
std::string mqtt_reason(int code);

/// True for the reasons that say "not now" and not "never": server unavailable, busy, shutting
/// down, quota exceeded, connection rate exceeded, use another server for the moment.
bool mqtt_reason_may_pass(int code) noexcept;

}  // namespace td
