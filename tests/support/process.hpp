#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace td::test {

/// A directory of its own below the system's temporary one, removed with the object.
class temp_dir {
 public:
  explicit temp_dir(const std::string& prefix = "td");
  ~temp_dir();
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  /// Writes a file (mode 0600) and returns its path.
  std::string write(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

/// A TCP port on the loopback interface that nobody listened on a moment ago.
std::uint16_t free_port();

/// A child process whose output is kept line by line. It dies with this process, and is ended by
/// its pid when the object goes.
class child_process {
 public:
  explicit child_process(std::vector<std::string> command);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  /// Sends the signal and reaps. Returns the wait status.
  int end(int number);

  /// Waits until the output has `count` lines that contain `text`. False when the time or the
  /// process ends first.
  bool await_output(const std::string& text, std::size_t count = 1,
                    std::chrono::milliseconds within = std::chrono::seconds{10});
  std::size_t lines_with(const std::string& text) const;
  std::string output() const;

 private:
  void collect(int fd);
  std::size_t count(const std::string& text) const;

  pid_t pid_{-1};
  int status_{};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  bool ended_{};
  std::thread reader_;
};

}  // namespace td::test
