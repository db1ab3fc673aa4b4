#include "cli/serve.hpp"

#include <atomic>
#include <cstdlib>
#include <unistd.h>

#include "http/routes.hpp"
#include "http/server.hpp"
#include "pipeline/log.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;

/// Waits until every lane reads; false when the stop came first.
bool await_ready(service& running, stop_signal& stop) {
  while (!stop.wait(0ms)) {
    if (running.wait_ready(50ms)) return true;
  }
  return false;
}

}  // namespace

void init_log(const settings& s) {
  const auto level = s.log.level == "debug"     ? log_level::debug
                     : s.log.level == "warning" ? log_level::warning
                     : s.log.level == "error"   ? log_level::error
                                                : log_level::info;
  const bool person = ::isatty(STDERR_FILENO) != 0;
  const bool text = s.log.format == "text" || (s.log.format == "auto" && person);
  init_log(level, text ? log_format::text : log_format::json);
}

int run_service(const settings& s, stop_signal& stop, const run_hooks& hooks) {
  std::atomic<bool> failed{false};
  auto running = start_service(s, [&](const failure&) {
    failed = true;
    stop.request();
  });
  if (!running) {
    log_error("service could not start", {kv("reason", to_string(running.error()))});
    return EXIT_FAILURE;
  }
  auto& pipeline = **running;
  auto window = start_http(
      {.listen = s.http.listen, .port = s.http.port},
      service_routes([&] { return pipeline.snapshot(); }, [&] { return pipeline.metrics(); }));
  if (!window) {
    log_error("service could not start", {kv("reason", to_string(window.error()))});
    return EXIT_FAILURE;
  }
  const auto port = (*window)->port();
  log_info("service started", {kv("http", s.http.listen + ":" + std::to_string(port)),
                               kv("node", pipeline.snapshot().node)});
  if (await_ready(pipeline, stop)) {
    log_info("service ready", {kv("lanes", pipeline.snapshot().lanes.size())});
    if (hooks.ready) hooks.ready(pipeline, port);
    stop.wait(-1ms);
    if (hooks.stops) hooks.stops();
  }
  log_info("service stops", {kv("because", stop.reason())});
  pipeline.stop();  // readiness says "stopping" while the last verdicts are awaited
  (*window)->stop();
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace td
