// Versions of Mosquitto, and what is known about them (its ChangeLog.txt names the fixes).

#include "doctor/broker_judge.hpp"
#include "doctor/codes.hpp"

#include <charconv>

#include <fmt/format.h>

namespace td {

namespace {

constexpr mosquitto_version oldest{2, 0, 11};  // docs/operating.md

struct trap {
  mosquitto_version from{};  ///< first version that has it
  mosquitto_version to{};    ///< first version that has it no more
  severity level{};
  bool needs_unbounded_queue{};  ///< only with max_queued_messages 0
  std::string_view what{};
};

constexpr trap traps[] = {
    {{2, 0, 16},
     {2, 0, 17},
     severity::danger,
     false,
     "it does not set max_inflight_messages as written, and with max_queued_messages 0 clients get "
     "nothing (mended in 2.0.17)"},
    {{2, 0, 19},
     {2, 0, 20},
     severity::warning,
     false,
     "it tells producers \"no matching subscribers\" (16) though there are some, so those that "
     "keep "
     "the rules resend what was stored (mended in 2.0.20)"},
    {{2, 0, 0},
     {2, 0, 22},
     severity::warning,
     true,
     "with max_queued_messages 0 it may refuse events, and ends the connection of a producer after "
     "each one that it refuses (mended in 2.0.22)"},
};

constexpr std::string_view shared_after_restart =
    "after a restart its shared subscriptions are gone until the lanes are back (about 0.1 s): it "
    "answers 16 meanwhile, and MQTT 3.1.1 producers do not see that";

bool number(std::string_view& text, int& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with('.')) text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<mosquitto_version> mosquitto_version_in(std::string_view text) noexcept {
  constexpr std::string_view before = "mosquitto version ";
  if (!text.starts_with(before)) return std::nullopt;
  text.remove_prefix(before.size());
  mosquitto_version v;
  if (!number(text, v.major) || !number(text, v.minor) || !number(text, v.patch))
    return std::nullopt;
  return v;
}

std::vector<finding> judge_broker_version(const broker_survey& found, const broker_needs& needs) {
  constexpr const char* code = "broker_version";
  const auto version = mosquitto_version_in(found.version);
  if (!version && found.version.empty())
    return {make_finding(code, severity::note, "which broker this is can't be seen here")};
  if (!version) {
    return {make_finding(code, severity::note,
                         fmt::format("the broker is \"{}\": the product is tested with Mosquitto "
                                     "2.0.11",
                                     found.version))};
  }
  const auto name = fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
  if (*version < oldest) {
    return {
        make_finding(code, severity::warning,
                     fmt::format("Mosquitto {}: older than 2.0.11, which the product needs", name),
                     "install Mosquitto 2.0.11 or newer",
                     "the broker's machine; Debian 12 has 2.0.11 (apt-get install mosquitto)")};
  }
  const bool unbounded = needs.file && needs.file->number("max_queued_messages") == 0;
  for (const auto& t : traps) {
    if (*version < t.from || *version >= t.to || (t.needs_unbounded_queue && !unbounded)) continue;
    if (t.needs_unbounded_queue) {
      return {make_finding(code, t.level, fmt::format("Mosquitto {}: {}", name, t.what),
                           "max_queued_messages 1000000000",
                           broker_place(needs, "max_queued_messages"))};
    }
    return {make_finding(
        code, t.level, fmt::format("Mosquitto {}: {}", name, t.what),
        fmt::format("install Mosquitto {}.{}.{} or newer, or 2.0.11, which Debian 12 has",
                    t.to.major, t.to.minor, t.to.patch),
        "the broker's machine; mosquitto.org has packages and images of each version")};
  }
  if (version->major == 2 && version->minor == 0 && !needs.ordered) {
    return {make_finding(
        code, severity::note, fmt::format("Mosquitto {}: {}", name, shared_after_restart),
        "ingest.ordered = true",
        "the service's settings, only where producers speak MQTT 3.1.1 and are let "
        "in before the service is up")};
  }
  return {make_finding(code, severity::ok, fmt::format("Mosquitto {}", name))};
}

}  // namespace td
