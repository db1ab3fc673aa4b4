#include "standalone/managed_server.hpp"

#include <csignal>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "pipeline/log.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// Crash recovery of a large write-ahead log and loading a large backlog take minutes.
constexpr auto start_limit = 10min;
constexpr auto probe_interval = 20ms;
constexpr auto retry_interval = 250ms;
constexpr auto retry_limit = 60s;
constexpr std::size_t log_limit = 16u << 20;
constexpr std::size_t log_tail = 1500;

bool cancelled(int cancel_fd, std::chrono::milliseconds wait) {
  pollfd fd{cancel_fd, POLLIN, 0};
  return ::poll(&fd, 1, static_cast<int>(wait.count())) > 0;
}

}  // namespace

result<managed_server::beginning> managed_server::start(int cancel_fd) {
  const std::lock_guard life{life_};
  if (process_ && !process_->wait(0ms)) return beginning::running;
  if (process_) collect();
  auto survivor = adopt_current();
  if (!survivor) return survivor.error();
  if (*survivor) {
    {
      const std::lock_guard guard{mutex_};
      process_ = std::move(*survivor);
    }
    if (auto fine = wait_until_it_answers(cancel_fd); !fine) return fine.error();
    log_info(name_ + " adopted", {kv("pid", pid())});
    return beginning::adopted;
  }
  const auto deadline = clock::now() + retry_limit;
  for (;;) {
    auto started = launch_and_wait(cancel_fd);
    if (started) return beginning::started;
    const auto& why = started.error();
    if (!passes_by_itself(why.detail) || clock::now() > deadline) return why;
    if (cancelled(cancel_fd, retry_interval)) return failure{errc::stopping, name_, {}};
  }
}

/// The survivor of an earlier run, if its configuration is today's; one with another configuration
/// is stopped here.
result<std::optional<server_process>> managed_server::adopt_current() {
  auto survivor = server_process::adopt(record_, instance_);
  if (!survivor || configuration_is_current()) return survivor;
  log_info(name_ + " restarts with a new configuration", {kv("pid", survivor->pid())});
  if (auto stopped = stop_process(*survivor); !stopped) return stopped.error();
  return std::optional<server_process>{};
}

result<void> managed_server::launch_and_wait(int cancel_fd) {
  if (auto prepared = prepare(); !prepared) return prepared;
  rotate_log();
  launched_at_ = clock::now();
  auto launched = server_process::launch(command(), record_, instance_);
  if (!launched) return launched.error();
  {
    const std::lock_guard guard{mutex_};
    process_.emplace(std::move(*launched));
  }
  return wait_until_it_answers(cancel_fd);
}

result<void> managed_server::wait_until_it_answers(int cancel_fd) {
  const auto begin = clock::now();
  bool told = false;
  while (!answers()) {
    if (process_->wait(probe_interval, cancel_fd)) return died("before it answered", collect());
    if (cancelled(cancel_fd, 0ms)) return failure{errc::stopping, name_, {}};
    const auto waited = clock::now() - begin;
    if (waited > start_limit) {
      return failure{
          errc::timed_out,
          fmt::format("{} (process {}) does not answer; see {}", name_, pid(), log_.string()),
          {}};
    }
    if (waited > 5s && !std::exchange(told, true)) {
      log_info(name_ + " is still starting", {kv("pid", pid()), kv("log", log_.string())});
    }
  }
  // Something answers; it is ours only if ours lives (a stranger on its port would end it).
  if (process_->wait(0ms)) return died("although something answers in its place", collect());
  return ok();
}

failure managed_server::died(std::string_view when, const ending& how) const {
  return {errc::internal,
          fmt::format("{} {} {}; the end of {}:\n{}", name_, how.words, when, log_.string(),
                      tail_of(log_, log_tail)),
          {}};
}

pid_t managed_server::pid() const {
  const std::lock_guard guard{mutex_};
  return process_ ? process_->pid() : 0;
}

ending managed_server::collect() {
  const std::lock_guard life{life_};
  const std::lock_guard guard{mutex_};
  auto how = process_->collect();
  process_.reset();
  ::unlink(record_.c_str());
  return how;
}

result<bool> managed_server::stop() {
  const std::lock_guard life{life_};
  const std::lock_guard guard{mutex_};
  if (!process_) process_ = server_process::adopt(record_, instance_);
  if (!process_) return false;
  if (auto stopped = stop_process(*process_); !stopped) return stopped.error();
  process_.reset();
  return true;
}

result<void> managed_server::stop_process(server_process& running) {
  for (const auto& [number, patience, words] : stop_steps()) {
    if (auto sent = running.signal(number); !sent) return sent;
    if (running.wait(patience)) {
      const auto how = running.collect();
      log_info(name_ + " stopped", {kv("pid", running.pid()), kv("how", how.words)});
      ::unlink(record_.c_str());
      return ok();
    }
    log_warning(name_ + " did not stop", {kv("asked", words), kv("waited", patience)});
  }
  return failure{
      errc::timed_out, fmt::format("{} (process {}) does not stop", name_, running.pid()), {}};
}

result<void> managed_server::signal(int number) {
  const std::lock_guard guard{mutex_};
  return process_ ? process_->signal(number) : ok();
}

bool managed_server::wait_for(std::chrono::milliseconds limit,
                              const std::function<bool()>& condition, int cancel_fd) const {
  const auto begin = clock::now();
  while (!condition()) {
    if (clock::now() - begin > limit || !process_) return false;
    if (process_->wait(probe_interval, cancel_fd) || cancelled(cancel_fd, 0ms)) return false;
  }
  return true;
}

/// Between two runs of the process: one old log is kept.
void managed_server::rotate_log() const {
  std::error_code error;
  const auto size = std::filesystem::file_size(log_, error);
  if (error || size < log_limit) return;
  auto old = log_;
  old += ".1";
  std::filesystem::rename(log_, old, error);
}

}  // namespace td
