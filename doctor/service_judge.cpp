#include "doctor/service_judge.hpp"

#include "doctor/codes.hpp"

#include <fmt/format.h>

#include "pipeline/progress.hpp"

namespace td {

namespace {

finding judge_ready(const service_snapshot& s) {
  constexpr const char* code = "service_ready";
  if (s.stopping) return make_finding(code, severity::note, "the service is stopping");
  if (s.ready) {
    return make_finding(code, severity::ok,
                        fmt::format("the service is ready, {} lanes read", s.lanes.size()));
  }
  std::string why;
  for (const auto& d : s.dependencies) {
    if (!d.ok) why += fmt::format("; {} is away: {}", d.name, d.reason);
  }
  for (const auto& l : s.lanes) {
    if (!l.reason.empty()) why += fmt::format("; lane {} is {}: {}", l.slot, l.state, l.reason);
  }
  for (const auto& stall : s.stalls)
    why += "; " + to_text(stall);
  return make_finding(code, severity::warning, "the service is not ready" + why,
                      "taylordash status --watch", "a shell");
}

finding judge_ledger(const service_snapshot& s) {
  constexpr const char* code = "service_ledger";
  if (const auto missing = s.counts.unaccounted(); missing != 0) {
    return make_finding(code, severity::danger,
                        fmt::format("{} events are not accounted for: a bug of ours", missing),
                        "taylordash status --json", "send us what it prints, with the log");
  }
  return make_finding(code, severity::ok, "the ledger is balanced");
}

finding judge_actors(const service_snapshot& s) {
  constexpr const char* code = "service_actors";
  std::uint64_t restarts = 0;
  for (const auto& a : s.actors) {
    restarts += a.restarts;
    if (a.state == "gave_up") {
      return make_finding(code, severity::danger,
                          fmt::format("{} has ended more often than it may restart", a.name),
                          "systemctl restart taylordash", "as root; the service's log says why");
    }
  }
  if (restarts == 0)
    return make_finding(code, severity::ok, "no part of the service had to be restarted");
  return make_finding(
      code, severity::note,
      fmt::format("parts of the service were restarted {} times since its start", restarts),
      "taylordash status", "a shell; the service's log says why");
}

}  // namespace

std::vector<finding> judge_service(const service_snapshot& s) {
  return {make_finding("service_reachable", severity::ok,
                       fmt::format("a service answers, version {}", s.version)),
          judge_ready(s), judge_ledger(s), judge_actors(s)};
}

finding service_unreachable(const std::string& why) {
  return make_finding("service_reachable", severity::note, "no service was looked at: " + why,
                      "taylordash status --url http://HOST:PORT", "a shell");
}

}  // namespace td
