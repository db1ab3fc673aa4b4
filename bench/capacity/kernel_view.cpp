#include "bench/capacity/kernel_view.hpp"

#include <algorithm>
#include <charconv>
#include <sched.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench/process_usage.hpp"
#include "standalone/files.hpp"

namespace td::bench {

namespace {

namespace fs = std::filesystem;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  constexpr auto blank = " \t";
  for (std::size_t at = line.find_first_not_of(blank); at != line.npos;) {
    const auto end = std::min(line.size(), line.find_first_of(blank, at));
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(blank, end);
  }
  return words;
}

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    visit(line);
  }
}

template <class T>
std::optional<T> number_in(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<pid_t> pid_in(const fs::directory_entry& entry) {
  return number_in<pid_t>(entry.path().filename().native());
}

/// "Pss:  123 kB" of a file in /proc.
std::optional<double> kilobytes_in(const std::string& file, std::string_view key) {
  const auto text = read_text(file);
  if (!text) return std::nullopt;
  std::optional<double> bytes;
  each_line(*text, [&](std::string_view line) {
    if (!line.starts_with(key)) return;
    const auto words = words_of(line.substr(key.size()));
    if (words.empty()) return;
    if (const auto n = number_in<std::uint64_t>(words.front()))
      bytes = static_cast<double>(*n) * 1024;
  });
  return bytes;
}

bool has_socket(pid_t pid, std::uint64_t inode) {
  const auto wanted = fmt::format("socket:[{}]", inode);
  std::error_code error;
  for (const auto& fd : fs::directory_iterator{fmt::format("/proc/{}/fd", pid), error}) {
    if (fs::read_symlink(fd.path(), error) == wanted) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> device_below(const fs::path& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return std::nullopt;
  const auto name = fmt::format("{}:{}", major(s.st_dev), minor(s.st_dev));
  std::error_code error;
  if (!fs::exists(fs::path{"/sys/dev/block"} / name, error)) return std::nullopt;
  return name;
}

std::optional<double> device_busy(std::string_view diskstats, std::string_view device) {
  constexpr std::size_t busy_ms = 12;  // the tenth behind major, minor and name
  std::optional<double> seconds;
  each_line(diskstats, [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() <= busy_ms || fmt::format("{}:{}", words[0], words[1]) != device) return;
    if (const auto ms = number_in<std::uint64_t>(words[busy_ms]))
      seconds = static_cast<double>(*ms) / 1000;
  });
  return seconds;
}

std::optional<double> pressure_total(std::string_view text) {
  std::optional<double> seconds;
  each_line(text, [&](std::string_view line) {
    constexpr std::string_view key = "total=";
    const auto at = line.find(key);
    if (!line.starts_with("some ") || at == line.npos) return;
    if (const auto us = number_in<std::uint64_t>(line.substr(at + key.size())))
      seconds = static_cast<double>(*us) / 1e6;
  });
  return seconds;
}

std::optional<std::uint64_t> listening_inode(std::string_view net_tcp, std::uint16_t port) {
  constexpr std::string_view listening = "0A";
  const auto suffix = fmt::format(":{:04X}", port);
  std::optional<std::uint64_t> inode;
  each_line(net_tcp, [&](std::string_view line) {
    // sl local rem st queues timer retransmits uid timeout inode
    const auto words = words_of(line);
    if (words.size() < 10 || words[3] != listening || !words[1].ends_with(suffix)) return;
    inode = number_in<std::uint64_t>(words[9]);
  });
  return inode;
}

std::optional<pid_t> listener_on(std::uint16_t port) {
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const auto inode = listening_inode(read_text(file).value_or(""), port);
    if (!inode) continue;
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
      const auto pid = pid_in(entry);
      if (pid && has_socket(*pid, *inode)) return pid;
    }
  }
  return std::nullopt;
}

std::optional<double> memory_of_family(pid_t pid) {
  const auto pss = [](pid_t p) {
    return kilobytes_in(fmt::format("/proc/{}/smaps_rollup", p), "Pss:");
  };
  auto all = pss(pid);
  if (!all) return all;
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    const auto child = pid_in(entry);
    if (!child) continue;
    const auto line = read_text(fmt::format("/proc/{}/stat", *child));
    const auto parsed = line ? parse_stat_line(*line) : std::nullopt;
    if (parsed && parsed->parent == pid) *all += pss(*child).value_or(0);
  }
  return all;
}

std::optional<unsigned> cores_allowed(std::string_view cpu_max) {
  if (const auto end = cpu_max.find('\n'); end != cpu_max.npos) cpu_max = cpu_max.substr(0, end);
  const auto words = words_of(cpu_max);
  if (words.size() < 2) return std::nullopt;
  double quota = 0, period = 0;
  const auto read = [](std::string_view word, double& into) {
    return std::from_chars(word.data(), word.data() + word.size(), into).ec == std::errc{};
  };
  if (!read(words[0], quota) || !read(words[1], period) || period <= 0) return std::nullopt;
  return std::max(1u, static_cast<unsigned>(quota / period));
}

unsigned usable_cores() {
  unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  cpu_set_t may;
  CPU_ZERO(&may);
  if (::sched_getaffinity(0, sizeof may, &may) == 0 && CPU_COUNT(&may) > 0)
    cores = static_cast<unsigned>(CPU_COUNT(&may));
  // "0::/system.slice/x.service"; every level above limits too.
  const auto groups = read_text("/proc/self/cgroup").value_or("");
  each_line(groups, [&](std::string_view line) {
    if (!line.starts_with("0::/")) return;
    auto path = fs::path{"/sys/fs/cgroup"} / line.substr(4);
    for (const fs::path top{"/sys/fs/cgroup/"}; path.string().size() + 1 >= top.string().size();
         path = path.parent_path()) {
      if (const auto most = cores_allowed(read_text(path / "cpu.max").value_or("")))
        cores = std::min(cores, *most);
    }
  });
  return cores;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace td::bench
