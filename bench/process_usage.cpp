#include "bench/process_usage.hpp"

#include <charconv>
#include <filesystem>
#include <sstream>
#include <string>
#include <unistd.h>

#include <fmt/format.h>

#include "standalone/files.hpp"

namespace td::bench {

namespace {

using std::chrono::milliseconds;

milliseconds from_ticks(std::int64_t ticks) {
  return milliseconds{ticks * 1000 / ::sysconf(_SC_CLK_TCK)};
}

std::optional<stat_line> stat_of(pid_t pid) {
  const auto line = read_text(fmt::format("/proc/{}/stat", pid));
  return line ? parse_stat_line(*line) : std::nullopt;
}

/// A line of /proc/PID/status in kibibytes, as bytes.
std::optional<std::size_t> status_value(pid_t pid, std::string_view key) {
  const auto status = read_text(fmt::format("/proc/{}/status", pid));
  if (!status) return std::nullopt;
  const auto at = status->find(key);
  if (at == std::string::npos) return std::nullopt;
  return std::stoull(status->substr(at + key.size())) * 1024;
}

}  // namespace

std::optional<stat_line> parse_stat_line(std::string_view line) {
  // Field 2, the name in parentheses, may hold anything, parentheses and spaces included.
  const auto name_end = line.rfind(')');
  if (name_end == line.npos) return std::nullopt;
  std::istringstream fields{std::string{line.substr(name_end + 1)}};
  char state = 0;
  stat_line parsed;
  fields >> state >> parsed.parent;  // 3 and 4
  std::string skipped;
  for (int field = 5; field < 14; ++field)
    fields >> skipped;
  std::int64_t ticks[4]{};  // 14 to 17: utime, stime, cutime, cstime
  for (auto& t : ticks)
    fields >> t;
  if (!fields) return std::nullopt;
  parsed.own = {from_ticks(ticks[0]), from_ticks(ticks[1])};
  parsed.collected = {from_ticks(ticks[2]), from_ticks(ticks[3])};
  return parsed;
}

std::optional<cpu_time> cpu_of(pid_t pid) {
  const auto line = stat_of(pid);
  if (!line) return std::nullopt;
  return line->own;
}

std::optional<cpu_time> cpu_of_family(pid_t pid) {
  const auto head = stat_of(pid);
  if (!head) return std::nullopt;
  auto sum = head->own + head->collected;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    pid_t child = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), child);
    if (error != std::errc{} || end != name.data() + name.size()) continue;
    const auto line = stat_of(child);
    if (line && line->parent == pid) sum = sum + line->own + line->collected;
  }
  return sum;
}

std::optional<std::size_t> peak_memory_of(pid_t pid) {
  return status_value(pid, "VmHWM:");
}

std::optional<std::size_t> memory_of(pid_t pid) {
  return status_value(pid, "VmRSS:");
}

std::optional<std::size_t> descriptors_of(pid_t pid) {
  std::error_code error;
  std::size_t count = 0;
  std::filesystem::directory_iterator entry{fmt::format("/proc/{}/fd", pid), error};
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error))
    ++count;
  if (error) return std::nullopt;
  return count;
}

milliseconds machine_busy() {
  std::istringstream fields{read_text("/proc/stat").value_or("")};
  std::string cpu;
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, soft_irq = 0,
               stolen = 0;
  fields >> cpu >> user >> nice >> system >> idle >> waiting >> irq >> soft_irq >> stolen;
  return from_ticks(user + nice + system + irq + soft_irq + stolen);
}

}  // namespace td::bench
