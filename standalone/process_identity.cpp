#include "standalone/process_identity.hpp"

#include <charconv>
#include <map>

#include <fmt/format.h>

#include "standalone/files.hpp"

namespace td {
namespace {

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

/// The n-th word after the closing parenthesis of the command's name, which itself may hold
/// blanks and parentheses. Word 1 is field 3 of proc(5): the state.
std::string_view word_after_command(std::string_view stat, int n) {
  const auto close = stat.rfind(')');
  if (close == std::string_view::npos) return {};
  stat.remove_prefix(close + 1);
  for (int i = 0; i < n; ++i) {
    const auto begin = stat.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    stat.remove_prefix(begin);
    if (i + 1 == n) return trimmed(stat.substr(0, stat.find(' ')));
    stat.remove_prefix(std::min(stat.find(' '), stat.size()));
  }
  return {};
}

}  // namespace

std::optional<process_identity> identify(pid_t pid) {
  const auto stat = read_text(fmt::format("/proc/{}/stat", pid));
  if (!stat) return std::nullopt;
  const auto state = word_after_command(*stat, 1);
  if (state.empty() || state == "Z" || state == "X") return std::nullopt;
  const auto start = number<std::uint64_t>(word_after_command(*stat, 20));
  const auto boot = read_text("/proc/sys/kernel/random/boot_id");
  if (!start || !boot) return std::nullopt;
  return process_identity{pid, *start, std::string{trimmed(*boot)}};
}

bool started_with(pid_t pid, std::string_view name, std::string_view value) {
  const auto environment = read_text(fmt::format("/proc/{}/environ", pid));
  if (!environment) return false;
  const auto wanted = fmt::format("{}={}", name, value);
  for (std::string_view rest = *environment; !rest.empty();) {
    const auto end = std::min(rest.find('\0'), rest.size());
    if (rest.substr(0, end) == wanted) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::string to_text(const process_record& record) {
  return fmt::format("pid={}\nstart_ticks={}\nboot={}\ninstance={}\n", record.process.pid,
                     record.process.start_ticks, record.process.boot, record.instance);
}

std::optional<process_record> parse_process_record(std::string_view text) {
  const auto values = parse_key_values(text);
  if (!values) return std::nullopt;
  const auto value_of = [&](const char* key) {
    const auto found = values->find(key);
    return found == values->end() ? std::string{} : found->second;
  };
  const auto pid = number<pid_t>(value_of("pid"));
  const auto start = number<std::uint64_t>(value_of("start_ticks"));
  process_record record{{pid.value_or(0), start.value_or(0), value_of("boot")},
                        value_of("instance")};
  if (!pid || *pid <= 0 || !start || record.process.boot.empty() || record.instance.empty()) {
    return std::nullopt;
  }
  return record;
}

std::optional<process_record> read_process_record(const std::filesystem::path& file) {
  const auto text = read_text(file);
  return text ? parse_process_record(*text) : std::nullopt;
}

}  // namespace td
