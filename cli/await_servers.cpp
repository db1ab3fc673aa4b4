#include "cli/await_servers.hpp"

#include <random>

#include "pipeline/backoff.hpp"
#include "pipeline/log.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

bool may_pass(errc code) {
  return code == errc::database_away || code == errc::database_busy ||
         code == errc::database_conflict || code == errc::broker_away || code == errc::timed_out;
}

}  // namespace

result<void> await_servers(stop_signal& stop, std::chrono::milliseconds patience,
                           const std::function<result<void>()>& attempt) {
  const auto begin = clock::now();
  backoff delays{100ms, 2s, std::random_device{}()};
  for (;;) {
    auto done = attempt();
    if (done) {
      if (delays.failures() > 0) log_info("servers answer", {kv("after", clock::now() - begin)});
      return done;
    }
    const auto waited = std::chrono::floor<std::chrono::milliseconds>(clock::now() - begin);
    if (!may_pass(done.error().code) || waited >= patience) return done;
    if (delays.failures() == 0) {
      log_warning("start waits for a server",
                  {kv("reason", to_string(done.error())), kv("at_most", patience)});
    }
    if (stop.wait(std::min(delays.next(), patience - waited))) {
      return failure{errc::stopping, stop.reason()};
    }
  }
}

}  // namespace td
