#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <fmt/format.h>

namespace td {

enum class log_level : std::uint8_t { debug, info, warning, error };
enum class log_format : std::uint8_t { text, json };

/// "debug", "info", "warning", "error"; absent for anything else.
std::optional<log_level> log_level_named(std::string_view name) noexcept;

/// "text", "json", or "auto": text when `terminal`, else JSON; absent for anything else.
std::optional<log_format> log_format_named(std::string_view name, bool terminal) noexcept;

/// One key=value of a log line. Numbers and booleans stay bare in JSON (but for NaN and infinity,
/// which JSON lacks), all else is a string.
struct log_field {
  std::string_view key;
  std::string value;
  bool bare{};
};

template <class T>
log_field kv(std::string_view key, const T& value) {
  return {key, fmt::format("{}", value), std::is_arithmetic_v<T> && !std::is_same_v<T, char>};
}

/// Durations are written with their unit: `after=1.200s`.
template <class Rep, class Period>
log_field kv(std::string_view key, std::chrono::duration<Rep, Period> d) {
  return {key, fmt::format("{:.3f}s", std::chrono::duration<double>(d).count()), false};
}

/// Sets level and format for the process and the descriptor that lines go to (standard error).
/// Before the first call: info, text. Call while no other thread logs. Makes the process ignore
/// SIGPIPE, so that the death of whoever reads the log does not end the service.
void init_log(log_level level, log_format format, int descriptor = 2);

/// Writes one line: subject verb object, then fields. Any thread; never throws. A line is out when
/// the call returns: nothing is queued, short writes are finished, a full pipe is waited for.
/// One call is one line whatever the text holds: control characters are escaped, bytes that are
/// not UTF-8 become U+FFFD.
/// `log(log_level::info, "mirror reconnected", {kv("attempts", 3), kv("after", 1200ms)})`
/// text: `12:00:00.123 info    mirror reconnected attempts=3 after=1.200s`
/// json: `{"ts":"2026-11-20T12:00:00.123456Z","level":"info","message":"mirror reconnected",
///        "fields":{"attempts":3,"after":"1.200s"}}`
void log(log_level level, std::string_view message, std::initializer_list<log_field> fields = {});

inline void log_debug(std::string_view m, std::initializer_list<log_field> f = {}) {
  log(log_level::debug, m, f);
}
inline void log_info(std::string_view m, std::initializer_list<log_field> f = {}) {
  log(log_level::info, m, f);
}
inline void log_warning(std::string_view m, std::initializer_list<log_field> f = {}) {
  log(log_level::warning, m, f);
}
inline void log_error(std::string_view m, std::initializer_list<log_field> f = {}) {
  log(log_level::error, m, f);
}

}  // namespace td
