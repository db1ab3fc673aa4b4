#include "cli/serve.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "cli/await_servers.hpp"
#include "config/version.hpp"
#include "http/database.hpp"
#include "http/routes.hpp"
#include "http/sign_in.hpp"
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

/// So that whoever watches sees a service that does not get ready.
std::shared_ptr<prometheus::Registry> metrics_while_starting() {
  auto registry = std::make_shared<prometheus::Registry>();
  prometheus::BuildGauge().Name("taylordash_ready").Register(*registry).Add({}).Set(0);
  return registry;
}

/// A connection is a descriptor, and 1024 of them, the usual limit, are less than
/// `http.connections`. What the hard limit forbids is refused when it comes to that.
void raise_descriptor_limit() {
  constexpr rlim_t wanted = 65'536;
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur >= wanted) return;
  now.rlim_cur = std::min(wanted, now.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &now);
}

int could_not_start(const failure& why) {
  log_error("service could not start", {kv("reason", to_string(why))});
  return EXIT_FAILURE;
}

}  // namespace

http_options http_options_from(const settings& s) {
  http_options options;
  options.listen = s.http.listen;
  options.port = s.http.port;
  options.threads = s.http.threads;
  options.hosts = s.http.hosts;
  options.cors_origins = s.http.cors_origins;
  options.tls_certificate = s.http.tls_certificate;
  options.tls_key = s.http.tls_key;
  options.limits.connections = s.http.connections;
  options.rates.read = per_second(s.http.reads_per_second);
  options.rates.write = per_second(s.http.writes_per_second);
  return options;
}

void init_log(const settings& s) {
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  init_log(log_level_named(s.log.level).value_or(log_level::info),
           log_format_named(s.log.format, terminal).value_or(log_format::text));
}

int run_service(const settings& s, stop_signal& stop, const run_hooks& hooks) {
  std::atomic<bool> failed{false};
  std::unique_ptr<service> running;
  std::atomic<service*> pipeline{nullptr};
  // First, because a busy port is found before anything is leased, and because somebody may want to
  // know why the start takes long.
  const auto snapshot = [&] {
    const auto* p = pipeline.load();
    return p != nullptr ? p->snapshot() : service_snapshot{.version = std::string{version()}};
  };
  const auto meters = std::make_shared<http_metrics>();
  const auto registries = [&] {
    const auto* p = pipeline.load();
    return std::vector{p != nullptr ? p->metrics() : metrics_while_starting(), meters->registry()};
  };
  const auto requests_database = std::make_shared<database>();
  const auto who = std::make_shared<identity>(!s.identity.secret_file.empty());
  raise_descriptor_limit();
  auto window = start_http(http_options_from(s), service_routes(snapshot, registries),
                           {.who = make_authenticator(who), .meters = meters});
  if (!window) return could_not_start(window.error());
  const auto port = (*window)->port();
  log_info("service starts", {kv("http", s.http.listen + ":" + std::to_string(port))});

  const auto started = await_servers(stop, s.database.start_timeout, [&]() -> result<void> {
    auto made = start_service(s, [&](const failure&) {
      failed = true;
      stop.request();
    });
    if (!made) return made.error();
    running = std::move(*made);
    return ok();
  });
  if (!started && started.error().code == errc::stopping) {
    log_info("service stops", {kv("because", stop.reason())});
    return EXIT_SUCCESS;
  }
  if (!started) return could_not_start(started.error());
  pipeline = running.get();
  requests_database->open(running->database());
  who->open(running->identity());
  log_info("service started", {kv("node", running->snapshot().node)});
  if (await_ready(*running, stop)) {
    log_info("service ready", {kv("lanes", running->snapshot().lanes.size())});
    if (hooks.ready) hooks.ready(*running, port);
    stop.wait(-1ms);
    if (hooks.stops) hooks.stops();
  }
  log_info("service stops", {kv("because", stop.reason())});
  running->stop();  // readiness says "stopping" while the last verdicts are awaited
  (*window)->stop();
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace td
