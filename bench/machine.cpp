#include "bench/machine.hpp"

#include <fstream>
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "bench/child.hpp"
#include "standalone/files.hpp"
#include "standalone/programs.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view shell_safe =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,%+@";

/// What stands behind the colon of the first line that begins with `key`.
std::string line_value(const char* file, std::string_view key) {
  std::ifstream lines{file};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const auto value = line.find_first_not_of(": \t", key.size());
    return value == line.npos ? "unknown" : line.substr(value);
  }
  return "unknown";
}

std::string memory() {
  const auto pages = static_cast<double>(::sysconf(_SC_PHYS_PAGES));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  return fmt::format("{:.1f} GiB", pages * page / (1u << 30));
}

std::string kernel() {
  utsname u{};
  return ::uname(&u) == 0 ? fmt::format("{} {} {}", u.sysname, u.release, u.machine) : "unknown";
}

std::string file_system(const std::string& folder) {
  struct statfs s {};
  if (::statfs(folder.c_str(), &s) != 0) return "unknown";
  switch (static_cast<unsigned long>(s.f_type)) {
    case EXT4_SUPER_MAGIC:
      return "ext4";
    case XFS_SUPER_MAGIC:
      return "xfs";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    case TMPFS_MAGIC:
      return "tmpfs: commits cost nothing here";
    case OVERLAYFS_SUPER_MAGIC:
      return "overlayfs";
    default:
      return fmt::format("type {:#x}", s.f_type);
  }
}

std::string load_average() {
  double one = 0;
  return ::getloadavg(&one, 1) == 1 ? fmt::format("{:.2f}", one) : "unknown";
}

/// The first line that `command` writes with `text` in it.
std::string says(std::vector<std::string> command, std::string_view text, stop_signal& stop) {
  auto asked = child::start({.arguments = std::move(command)});
  if (!asked) return "unknown";
  auto line = (*asked)->await_line(text, 5s, stop);
  (void)(*asked)->end(0, 5s);  // mosquitto's help ends with a status of its own
  return line ? *line : "unknown";
}

}  // namespace

facts machine_facts(const std::string& folder) {
  return {{"processor", line_value("/proc/cpuinfo", "model name")},
          {"cores", std::to_string(std::thread::hardware_concurrency())},
          {"memory", memory()},
          {"kernel", kernel()},
          {"file system", file_system(folder)},
          {"load before", load_average()}};
}

std::string version_line(const std::string& program, stop_signal& stop) {
  return says({program, "--version"}, "", stop);
}

facts version_facts(truth_reader& truth, const std::string& service, stop_signal& stop) {
  const auto postgres = truth.server_version();
  const int libpq = PQlibVersion();
  return {{"service", version_line(service, stop)},
          {"PostgreSQL", postgres ? *postgres : "unknown"},
          {"Mosquitto", says({server_programs{}.mosquitto.string(), "-h"}, "version", stop)},
          {"libpq", fmt::format("{}.{}", libpq / 10000, libpq % 10000)},
          {"compiler", "GCC " __VERSION__},
          {"build", TD_BUILD_TYPE}};
}

std::string own_command_line() {
  std::ifstream words{"/proc/self/cmdline"};
  std::string line;
  for (std::string word; std::getline(words, word, '\0');) {
    const bool plain = !word.empty() && word.find_first_not_of(shell_safe) == word.npos;
    line += (line.empty() ? "" : " ") + (plain ? word : fmt::format("'{}'", word));
  }
  return line;
}

}  // namespace td::bench
