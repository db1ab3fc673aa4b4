#include "cli/verify_command.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <random>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/terminal.hpp"
#include "cli/verify_view.hpp"
#include "pipeline/log.hpp"
#include "standalone/stop_signal.hpp"
#include "verify/run.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;
using namespace terminal;
using steady = std::chrono::steady_clock;

constexpr auto between_plain_lines = 5s;

/// Shows a run: a block that is written over in place on a terminal, a line now and then elsewhere.
class screen final : public verify::observer {
 public:
  screen(const output& to, stop_signal& stop) : to_{to}, stop_{stop} {}

  void say(const std::string& line) override {
    const std::lock_guard lock{mutex_};
    clear();
    write(to_, line + "\n");
    draw();
  }

  void show(verify::stage at, const verify::tally& now) override {
    const std::lock_guard lock{mutex_};
    if (to_.terminal) {
      clear();
      block_ = render_progress(to_, size_of(to_).columns - 1, at, now);
      draw();
      return;
    }
    if (at == at_ && steady::now() < next_) return;
    at_ = at;
    next_ = steady::now() + between_plain_lines;
    write(to_, verify_line(at, now));
  }

  bool stop_requested(std::chrono::milliseconds wait) override { return stop_.wait(wait); }

  /// Before anything else is printed.
  void finish() {
    const std::lock_guard lock{mutex_};
    clear();
    block_.clear();
  }

 private:
  static std::string verify_line(verify::stage at, const verify::tally& now) {
    return progress_line(at, now) + "\n";
  }

  void draw() {
    for (const auto& line : block_)
      write(to_, line + "\n");
    drawn_ = block_.size();
  }

  void clear() {
    if (drawn_ > 0) write(to_, fmt::format("\x1b[{}A\x1b[J", drawn_));  // up, erase below
    drawn_ = 0;
  }

  const output& to_;
  stop_signal& stop_;
  std::mutex mutex_;
  std::vector<std::string> block_;
  std::size_t drawn_{};
  verify::stage at_{verify::stage::stopping};
  steady::time_point next_{};
};

struct verify_options {
  verify::run_options run{};
  std::string faults{"service,postgres,broker"};
  std::string directory{};
  bool json{};
};

int run_verify(verify_options options) {
  if (auto read = verify::read_fault_names(options.faults, options.run.faults); !read) {
    print_error(fmt::format("--faults: {}", read.error().detail));
    return exit_usage;
  }
  options.run.directory = options.directory;
  stop_signal stop;
  init_log(log_level::error, log_format::text);
  screen shown{standard_error(), stop};
  shown.say(fmt::format("seed {}: {} events by {} producers, {} rounds of faults ({})",
                        options.run.seed, grouped(options.run.events), options.run.producers,
                        options.run.rounds, options.faults));
  const auto outcome = verify::run(options.run, shown);
  shown.finish();
  if (!outcome) {
    print_error(to_string(outcome.error()));
    return exit_failed;
  }
  if (options.json) {
    print(verify::to_json(*outcome) + "\n");
  } else {
    print(render_outcome(standard_output(), *outcome));
  }
  return outcome->passed() ? exit_ok : exit_failed;
}

}  // namespace

void add_verify_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "verify", "Check the promise: kill everything under load, then compare what is stored");
  auto o = std::make_shared<verify_options>();
  o->run.seed = std::random_device{}() % 1'000'000;
  command->add_option("--events", o->run.events, "How many events to publish")
      ->capture_default_str()
      ->check(CLI::Range(1'000u, 20'000'000u));
  command->add_option("--producers", o->run.producers, "By how many producers")
      ->capture_default_str()
      ->check(CLI::Range(1u, 64u));
  command->add_option("--rounds", o->run.rounds, "How often each of the faults is made in its turn")
      ->capture_default_str()
      ->check(CLI::Range(0u, 1'000u));
  command
      ->add_option("--faults", o->faults,
                   "What to kill -9: service, postgres, broker, with commas between; or none")
      ->capture_default_str();
  command->add_option("--seed", o->run.seed,
                      "Draws events and moments; the same seed draws the same (default: random)");
  command->add_option("--data-dir", o->directory,
                      "Where to make the instance: a folder that is empty or not there yet "
                      "(default: below /var/tmp)");
  command
      ->add_option_function<unsigned>(
          "--patience", [o](const unsigned& s) { o->run.patience = std::chrono::seconds{s}; },
          "Seconds without any progress after which the run gives up (default: 60)")
      ->check(CLI::Range(5u, 3'600u));
  command->add_flag("--keep", o->run.keep, "Keep the instance's data also after a PASS");
  command->add_flag("--json", o->json, "Print the result as one line of JSON");
  command->footer(
      "Runs an instance of its own, apart from any other; needs PostgreSQL and Mosquitto\n"
      "installed. Exits with 0 only when nothing was lost, stored twice, invented or changed.\n"
      "Examples:\n"
      "  taylordash verify\n"
      "  taylordash verify --events 1000000 --rounds 10 --seed 7");
  command->callback([o, &status] { status = run_verify(*o); });
}

}  // namespace td
