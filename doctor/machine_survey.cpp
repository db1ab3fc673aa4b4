#include "doctor/machine_survey.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

namespace td {

namespace {

namespace fs = std::filesystem;

std::chrono::nanoseconds reading(clockid_t which) {
  timespec t{};
  ::clock_gettime(which, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

std::optional<std::uint64_t> number_in(const fs::path& file) {
  std::ifstream in{file};
  std::uint64_t n = 0;
  if (in >> n) return n;
  return std::nullopt;  // also "max"
}

/// proc(5), MemAvailable: kB.
std::optional<std::uint64_t> available_in_meminfo() {
  std::ifstream in{"/proc/meminfo"};
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("MemAvailable:")) continue;
    const auto digit = line.find_first_of("0123456789");
    if (digit == line.npos) return std::nullopt;
    std::uint64_t kilobytes = 0;
    std::from_chars(line.data() + digit, line.data() + line.size(), kilobytes);
    return kilobytes * 1024;
  }
  return std::nullopt;
}

/// "inactive_file 4096" of memory.stat: file pages that the kernel takes back before it ends
/// anybody.
std::uint64_t inactive_file_pages(const fs::path& group) {
  std::ifstream in{group / "memory.stat"};
  std::string name;
  for (std::uint64_t bytes = 0; in >> name >> bytes;) {
    if (name == "inactive_file") return bytes;
  }
  return 0;
}

/// What cgroup version 2 leaves us; absent where it sets no limit.
std::optional<std::uint64_t> left_in_cgroup() {
  std::ifstream in{"/proc/self/cgroup"};
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("0::/")) continue;
    const fs::path group = "/sys/fs/cgroup" + line.substr(3);
    const auto limit = number_in(group / "memory.max");
    const auto used = number_in(group / "memory.current");
    if (!limit || !used) continue;
    const auto taken = *used - std::min(*used, inactive_file_pages(group));
    return *limit - std::min(*limit, taken);
  }
  return std::nullopt;
}

std::uint64_t open_files() {
  std::error_code error;
  std::uint64_t n = 0;
  for (fs::directory_iterator each{"/proc/self/fd", error}, end; !error && each != end;
       each.increment(error))
    ++n;
  return n > 0 ? n - 1 : 0;  // one is the look itself
}

}  // namespace

std::optional<disk_space> space_of(const fs::path& folder) {
  struct statvfs s {};
  if (folder.empty() || ::statvfs(folder.c_str(), &s) != 0) return std::nullopt;
  return disk_space{static_cast<std::uint64_t>(s.f_bavail) * s.f_frsize,
                    static_cast<std::uint64_t>(s.f_blocks) * s.f_frsize};
}

machine_survey survey_machine() {
  machine_survey found;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  found.open_files = open_files();
  found.open_files_limit = files.rlim_cur;
  found.open_files_hard_limit = files.rlim_max;
  found.available_memory = available_in_meminfo();
  if (const auto left = left_in_cgroup())
    found.available_memory = std::min(found.available_memory.value_or(*left), *left);
  timex state{};
  if (const int told = ::adjtimex(&state); told >= 0)
    found.clock_synchronised = told != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  found.clock_offset = reading(CLOCK_REALTIME) - reading(CLOCK_BOOTTIME);
  return found;
}

}  // namespace td
