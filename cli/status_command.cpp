#include "cli/status_command.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/service_address.hpp"
#include "cli/status_view.hpp"
#include "cli/terminal.hpp"
#include "http/client.hpp"
#include "http/snapshot_json.hpp"
#include "standalone/stop_signal.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;
using namespace terminal;
using steady = std::chrono::steady_clock;

constexpr auto answer_time = 3s;
constexpr auto interval = 1s;

struct status_options {
  service_address_options address{};
  bool watch{};
  bool json{};
  bool ready{};
};

/// One answer of the service, as it came and understood.
struct sample {
  std::string json{};
  service_snapshot snapshot{};
};
using sampled = boost::system::result<sample, complaint>;

std::string shown(const http_url& url) {
  return "http://" + host_and_port(url);
}

std::string no_answer(const http_url& url, const http_client_failure& why) {
  switch (why.what) {
    case http_client_failure::kind::refused:
      return fmt::format(
          "no service answers at {} ({}); is it running? Another address: --url, --config or "
          "--data-dir",
          shown(url), why.detail);
    case http_client_failure::kind::timed_out:
      return fmt::format("{} does not answer within {} s", shown(url), answer_time.count());
    case http_client_failure::kind::no_host:
      return fmt::format("the host of {} is not known: {}", shown(url), why.detail);
    default:
      return fmt::format("what answers at {} does not speak HTTP: {}", shown(url), why.detail);
  }
}

sampled ask(http_url url) {
  url.target = "/api/v1/status";
  const auto reply = http_get(url, answer_time);
  if (!reply) return complaint{no_answer(url, reply.error())};
  if (reply->status != 200) {
    return complaint{
        fmt::format("what answers at {} is no TaylorDash: it has no /api/v1/status (status {})",
                    shown(url), reply->status)};
  }
  auto snapshot = snapshot_from_json(reply->body);
  if (!snapshot) {
    return complaint{fmt::format("what answers at {} is no TaylorDash of this kind: {}", shown(url),
                                 to_string(snapshot.error()))};
  }
  return sample{reply->body, *std::move(snapshot)};
}

int status_of(const service_snapshot& s) {
  return s.ready && !s.stopping && s.counts.unaccounted() == 0 ? exit_ok : exit_not_ready;
}

int fail(const complaint& why) {
  print_error(why.text);
  return exit_failed;
}

int once(const http_url& url, const status_options& options) {
  auto first = ask(url);
  if (!first) return fail(first.error());
  if (options.json) {
    print(first->json + "\n");
    return status_of(first->snapshot);
  }
  if (options.ready) {
    const int status = status_of(first->snapshot);
    print(status == exit_ok ? "ready\n" : "not ready\n");
    return status;
  }
  stop_signal stop;
  stop.wait(interval);  // rates need two looks
  const auto second = ask(url);
  if (!second) return fail(second.error());
  print(render_status(standard_output(), second->snapshot, first->snapshot));
  return status_of(second->snapshot);
}

// -- --watch ---

/// A screen that is written over in place; plain blocks where the output is no terminal.
class screen {
 public:
  screen() {
    if (in_place()) print("\x1b[2J\x1b[?25l\x1b[?7l");  // clear, no cursor, no wrapping
  }
  ~screen() {
    if (in_place()) print("\x1b[?7h\x1b[?25h");
  }
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  /// False when nobody reads any more.
  bool show(std::string_view text) {
    if (!in_place()) return print(std::string{text} + "\n");
    std::string out{"\x1b[H"};
    const auto rows = size_of(standard_output()).rows;
    std::size_t row = 0;
    for (; !text.empty() && row + 1 < rows; ++row) {
      const auto line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      out.append(line).append("\x1b[K\n");
    }
    return print(out + "\x1b[J");
  }

 private:
  static bool in_place() { return standard_output().terminal; }
};

std::string frame(const http_url& url, const sampled& now, const std::optional<sampled>& earlier) {
  std::optional<service_snapshot> before;
  if (earlier && *earlier) before = (*earlier)->snapshot;
  const auto text = now ? render_status(standard_output(), now->snapshot, before)
                        : paint(standard_output(), colour::red, now.error().text) + "\n";
  return text +
         paint(standard_output(), colour::dim,
               fmt::format("\n  {}, every second; Ctrl-C to leave", shown(url))) +
         "\n";
}

int watch(const http_url& url, const status_options& options) {
  stop_signal stop;
  std::optional<screen> in_place;
  if (!options.json) in_place.emplace();
  std::optional<sampled> earlier;
  for (auto next = steady::now();;) {
    auto now = ask(url);
    const auto text = !options.json ? frame(url, now, earlier)
                      : now         ? now->json + "\n"
                                    : std::string{};
    if (options.json && !now) print_error(now.error().text);
    if (in_place ? !in_place->show(text) : !print(text)) return exit_ok;
    earlier = std::move(now);
    next = std::max(next + interval, steady::now());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - steady::now());
    if (stop.wait(std::max(left, 0ms))) return exit_ok;
  }
}

int run(const status_options& options) {
  const auto url = address_of(options.address);
  if (!url) return fail(url.error());
  return options.watch ? watch(*url, options) : once(*url, options);
}

}  // namespace

void add_status_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "status", "Show a running service: lanes, rates, ledger, dependencies, restarts");
  auto options = std::make_shared<status_options>();
  auto* url = command->add_option("--url", options->address.url, "Where the service listens");
  url->type_name("http://HOST:PORT");
  command->add_option("--data-dir", options->address.data_dir, "The standalone instance in there")
      ->type_name("DIR")
      ->excludes(url);
  add_config_options(*command, options->address.config);
  auto* watch_flag = command->add_flag("--watch", options->watch, "Look again each second");
  auto* json_flag = command->add_flag(
      "--json", options->json, "Print the service's own JSON; with --watch a line per second");
  command->add_flag("--ready", options->ready, "Only say whether it is ready")
      ->excludes(watch_flag)
      ->excludes(json_flag);
  command->footer(
      "Exit status: 0 ready, 3 it answers but is not ready or its ledger is not balanced, 1 no "
      "answer.\n"
      "Examples:\n"
      "  taylordash status --watch\n"
      "  taylordash status --data-dir /var/lib/taylordash\n"
      "  taylordash status --url http://127.0.0.1:8080 --json");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace td
