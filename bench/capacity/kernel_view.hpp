#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace td::bench {

/// "254:0", as /proc/diskstats and /sys/dev/block name the device below a path; absent when there
/// is none of its own (overlayfs, tmpfs, a network).
std::optional<std::string> device_below(const std::filesystem::path& path);

/// Seconds in which the device had requests in flight (Documentation/admin-guide/iostats.rst, field
/// 10), from the text of /proc/diskstats. Absent: no such device.
std::optional<double> device_busy(std::string_view diskstats, std::string_view device);

/// Seconds in which at least one task waited, from the text of a /proc/pressure file
/// (Documentation/accounting/psi.rst). Absent where the kernel doesn't keep it.
std::optional<double> pressure_total(std::string_view text);

/// Who listens on this TCP port on this machine, as far as we may look (proc(5), net/tcp). Absent:
/// nobody, or another namespace's or user's process.
std::optional<pid_t> listener_on(std::uint16_t port);

/// The inode of the socket that listens on `port`, in the text of /proc/net/tcp or tcp6.
std::optional<std::uint64_t> listening_inode(std::string_view net_tcp, std::uint16_t port);

/// Bytes of a process with its children, where a shared page counts once (Pss). Absent when there
/// is none or we may not look.
std::optional<double> memory_of_family(pid_t pid);

/// Cores that this process may use: those it may be scheduled on (sched_getaffinity), and no more
/// than the CPU time of its control groups comes to (cgroup v2). At least 1.
unsigned usable_cores();

/// Whole cores that the text of a cpu.max file allows ("150000 100000": 1; Documentation/
/// admin-guide/cgroup-v2.rst), at least 1. Absent: no limit.
std::optional<unsigned> cores_allowed(std::string_view cpu_max);

/// Whether a host's name means this machine's loopback: 127.0.0.0/8, ::1, localhost.
bool is_loopback(std::string_view host);

}  // namespace td::bench
