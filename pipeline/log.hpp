#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace td {

enum class log_level : std::uint8_t { debug, info, warning, error };
enum class log_format : std::uint8_t { text, json };

/// One key=value of a log line. Numbers and booleans stay bare in JSON, all else is a string.
struct log_field {
  std::string_view key;
  std::string value;
  bool bare{};
};

template <class T>
log_field kv(std::string_view key, const T& value) {
  return {key, fmt::format("{}", value), std::is_arithmetic_v<T>};
}

/// Durations are written with their unit: `after=1.200s`.
template <class Rep, class Period>
log_field kv(std::string_view key, std::chrono::duration<Rep, Period> d) {
  return {key, fmt::format("{:.3f}s", std::chrono::duration<double>(d).count()), false};
}

/// Sets level and format for the process; lines go to standard error. Call once, before threads.
void init_log(log_level level, log_format format);

/// Writes one line: subject verb object, then fields. Any thread; never throws; loses no line.
/// `log(log_level::info, "mirror reconnected", {kv("attempts", 3), kv("after", 1200ms)})`
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
