#include "verify/service_keeper.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sys/eventfd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "verify/waiting.hpp"

namespace td::verify {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto first_start = 120s;    // initdb under load takes its time
constexpr auto ordered_stop = 180s;   // the service's grace, a last save and a last checkpoint
constexpr auto until_it_lives = 60s;  // between a death and the next start
constexpr auto quick = 10s;           // a life shorter than this brings us nearer to giving up
constexpr std::uint64_t most_quick_deaths = 5;

/// Ours, without what configures the service: an instance to test has the defaults.
std::vector<std::string> clean_environment() {
  std::vector<std::string> kept;
  for (char** e = environ; *e != nullptr; ++e) {
    if (!std::string_view{*e}.starts_with("TAYLORDASH_")) kept.emplace_back(*e);
  }
  return kept;
}

program standalone(const workplace& place, std::vector<std::string> more) {
  std::vector<std::string> arguments{"standalone", "--data-dir", place.data().string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return {.executable = "/proc/self/exe",
          .arguments = std::move(arguments),
          .environment = clean_environment(),
          .log = place.service_log()};
}

}  // namespace

service_keeper::service_keeper(const workplace& place)
    : place_{place}, cancel_{::eventfd(0, EFD_CLOEXEC)} {}

service_keeper::~service_keeper() {
  thread_.request_stop();
  [[maybe_unused]] const auto n = ::eventfd_write(cancel_.get(), 1);
}

result<void> service_keeper::launch() {
  auto launched =
      server_process::launch(standalone(place_, {"--mqtt-port", "0", "--http-port", "0"}),
                             place_.service_record(), place_.folder().string());
  if (!launched) return launched.error();
  const std::lock_guard lock{mutex_};
  process_ = std::move(*launched);
  doomed_ = false;
  started_ = clock::now();
  ++counts_.starts;
  changed_.notify_all();
  return ok();
}

result<addresses> service_keeper::start(const std::stop_token& stop) {
  if (auto launched = launch(); !launched) return launched.error();
  const auto deadline = clock::now() + first_start;
  while (!std::filesystem::exists(place_.environment())) {
    if (stop.stop_requested()) return failure{errc::stopping, "asked to stop", {}};
    if (process_->wait(50ms)) {
      const auto how = process_->collect();
      process_.reset();
      return failure{errc::internal,
                     fmt::format("the service {}; its last words:\n{}", how.words,
                                 last_lines(place_.service_log(), 10)),
                     {}};
    }
    if (clock::now() > deadline) {
      return failure{errc::timed_out,
                     fmt::format("the service is not ready after {} s; its last words:\n{}",
                                 first_start.count(), last_lines(place_.service_log(), 10)),
                     {}};
    }
  }
  std::ifstream in{place_.environment()};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  auto found = read_addresses(text);
  if (found) thread_ = std::jthread{[this](const std::stop_token& s) { keep(s); }};
  return found;
}

/// The body of the thread: waits for endings, and starts again.
void service_keeper::keep(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!process_->wait(24h, cancel_.get())) continue;
    const auto pause_first = note_ending();
    if (stop.stop_requested() || count().given_up || !pause(pause_first, stop)) return;
    while (!launch()) {
      if (!pause(1s, stop)) return;
    }
  }
}

std::chrono::milliseconds service_keeper::note_ending() {
  const std::lock_guard lock{mutex_};
  const auto how = process_->collect();
  process_.reset();
  changed_.notify_all();
  if (doomed_) {
    quick_deaths_ = 0;
    return downtime_;
  }
  ++counts_.own_deaths;
  counts_.last_words = how.words;
  quick_deaths_ = clock::now() - started_ < quick ? quick_deaths_ + 1 : 1;
  counts_.given_up = quick_deaths_ >= most_quick_deaths;
  return 200ms;
}

std::optional<pid_t> service_keeper::kill(std::chrono::milliseconds downtime,
                                          const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  if (!changed_.wait_for(lock, stop, until_it_lives, [this] { return alive(); }))
    return std::nullopt;
  const auto pid = process_->pid();
  doomed_ = true;
  downtime_ = downtime;
  if (!process_->signal(SIGKILL)) return std::nullopt;
  // SIGKILL can't be refused: no stop, no limit.
  changed_.wait(lock, [&] { return !alive() || process_->pid() != pid; });
  return pid;
}

result<void> service_keeper::stop() {
  thread_.request_stop();
  [[maybe_unused]] const auto n = ::eventfd_write(cancel_.get(), 1);
  if (thread_.joinable()) thread_.join();
  if (process_) {
    if (auto sent = process_->signal(SIGTERM); !sent) return sent;
    if (!process_->wait(ordered_stop)) {
      if (auto sent = process_->signal(SIGKILL); !sent) return sent;
      process_->wait(ordered_stop);
    }
    const auto how = process_->collect();
    process_.reset();
    if (!how.clean) {
      ++counts_.own_deaths;
      counts_.last_words = how.words + " when asked to stop";
    }
  }
  if (!std::filesystem::exists(place_.data())) return ok();
  // Whatever a killed service has left behind.
  auto ended = run_to_end(standalone(place_, {"--stop"}), ordered_stop);
  if (!ended) return ended.error();
  if (ended->clean) return ok();
  return failure{errc::timed_out,
                 fmt::format("the instance in {} does not stop; see {}", place_.data().string(),
                             place_.service_log().string()),
                 {}};
}

service_keeper::counts service_keeper::count() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

}  // namespace td::verify
