#include "pipeline/log.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <mutex>
#include <poll.h>
#include <unistd.h>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include "pipeline/text.hpp"

namespace td {
namespace {

using buffer = fmt::memory_buffer;

void append(buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

/// C0 and C1 controls, and what reorders the text around it (Unicode's bidirectional controls).
bool must_be_escaped(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

/// One line of valid UTF-8 whatever comes in, with the escapes of JSON strings; `special` are the
/// characters that get a backslash.
void append_escaped(buffer& out, std::string_view text, std::string_view special) {
  while (!text.empty()) {
    const auto [point, size] = first_character(text);
    if (size == 0) {
      append(out, "\xef\xbf\xbd");  // U+FFFD
    } else if (point == '\n') {
      append(out, "\\n");
    } else if (must_be_escaped(point)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(point));
    } else {
      if (special.find(text[0]) != std::string_view::npos) out.push_back('\\');
      append(out, text.substr(0, size));
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
}

void append_quoted(buffer& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text, "\"\\");
  out.push_back('"');
}

/// A value that stands for itself in `key=value`.
bool is_plain(std::string_view value) {
  if (value.empty()) return false;
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '"' || c == '=' || c == '\\') return false;
  }
  return true;
}

/// "nan", "inf" and "-inf" come from numbers too, but JSON has no such thing.
bool is_json_number_or_boolean(std::string_view value) {
  return value == "true" || value == "false" ||
         (!value.empty() && (value.back() >= '0' && value.back() <= '9'));
}

/// What stands behind time and level. spdlog's pattern adds those.
void append_text(buffer& out, std::string_view message, std::initializer_list<log_field> fields) {
  append_escaped(out, message, "");
  for (const auto& field : fields) {
    out.push_back(' ');
    append(out, field.key);
    out.push_back('=');
    if (is_plain(field.value)) {
      append(out, field.value);
    } else {
      append_quoted(out, field.value);
    }
  }
}

void append_json(buffer& out, std::string_view message, std::initializer_list<log_field> fields) {
  append(out, R"("message":)");
  append_quoted(out, message);
  std::string_view lead = R"(,"fields":{)";
  for (const auto& field : fields) {
    append(out, lead);
    append_quoted(out, field.key);
    out.push_back(':');
    if (field.bare && is_json_number_or_boolean(field.value)) {
      append(out, field.value);
    } else {
      append_quoted(out, field.value);
    }
    lead = ",";
  }
  if (fields.size() != 0) out.push_back('}');
}

constexpr const char* terminal_pattern = "%H:%M:%S.%e %^%-7l%$ %v";
constexpr const char* text_pattern = "%Y-%m-%dT%H:%M:%S.%e%z %^%-7l%$ %v";
constexpr const char* json_pattern = R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})";

void write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (n < 0 && errno != EINTR) {
      return;  // nobody reads: there is nowhere to say so
    }
  }
}

/// Writes each line with its own system call, so that a crash takes none along.
class descriptor_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit descriptor_sink(int fd) : fd_{fd}, colours_{wants_colours(fd)} {}

 private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    spdlog::memory_buf_t out;
    formatter_->format(line, out);
    const std::string_view text{out.data(), out.size()};
    if (!colours_ || line.color_range_end <= line.color_range_start) return write_all(fd_, text);
    spdlog::memory_buf_t painted;
    append(painted, text.substr(0, line.color_range_start));
    append(painted, code_of(line.level));
    append(painted,
           text.substr(line.color_range_start, line.color_range_end - line.color_range_start));
    append(painted, "\x1b[0m");
    append(painted, text.substr(line.color_range_end));
    write_all(fd_, {painted.data(), painted.size()});
  }
  void flush_() override {}

  static void append(spdlog::memory_buf_t& out, std::string_view text) {
    out.append(text.data(), text.data() + text.size());
  }

  static std::string_view code_of(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) return "\x1b[31m";
    if (level == spdlog::level::warn) return "\x1b[33m";
    return level == spdlog::level::info ? "\x1b[32m" : "\x1b[2m";
  }

  static bool wants_colours(int fd) {
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return ::isatty(fd) == 1 && !(no_color && *no_color) && term &&
           std::string_view{term} != "dumb";
  }

  int fd_;
  bool colours_;
};

struct log_state {
  std::shared_ptr<spdlog::logger> logger;
  log_format format;
};

spdlog::level::level_enum level_of(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      break;
  }
  return spdlog::level::err;
}

log_state make_state(log_level level, log_format format, int fd) {
  auto logger = std::make_shared<spdlog::logger>("td", std::make_shared<descriptor_sink>(fd));
  const bool json = format == log_format::json;
  const char* text = ::isatty(fd) == 1 ? terminal_pattern : text_pattern;
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      json ? json_pattern : text,
      json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local, "\n"));
  logger->set_level(level_of(level));
  return {std::move(logger), format};
}

/// Never destroyed, so that destructors of static objects may log.
log_state& state() {
  static auto& one = *new log_state{make_state(log_level::info, log_format::text, STDERR_FILENO)};
  return one;
}

}  // namespace

std::optional<log_level> log_level_named(std::string_view name) noexcept {
  if (name == "debug") return log_level::debug;
  if (name == "info") return log_level::info;
  if (name == "warning") return log_level::warning;
  if (name == "error") return log_level::error;
  return std::nullopt;
}

std::optional<log_format> log_format_named(std::string_view name, bool terminal) noexcept {
  if (name == "text") return log_format::text;
  if (name == "json") return log_format::json;
  if (name == "auto") return terminal ? log_format::text : log_format::json;
  return std::nullopt;
}

void init_log(log_level level, log_format format, int descriptor) {
  std::signal(SIGPIPE, SIG_IGN);
  state() = make_state(level, format, descriptor);
}

void log(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
  try {
    auto& [logger, format] = state();
    if (!logger->should_log(level_of(level))) return;
    buffer line;
    if (format == log_format::json) {
      append_json(line, message, fields);
    } else {
      append_text(line, message, fields);
    }
    logger->log(level_of(level), spdlog::string_view_t{line.data(), line.size()});
  } catch (...) {
    // No memory for the line: say the part that needs none.
    write_all(STDERR_FILENO, message);
    write_all(STDERR_FILENO, "\n");
  }
}

}  // namespace td
