#include "verify/fault_injector.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "standalone/child_process.hpp"
#include "storage/mirror_audit.hpp"
#include "verify/waiting.hpp"

namespace td::verify {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto until_there = 60s;  // a victim that is just being restarted
constexpr auto between_looks = 20ms;
constexpr auto until_dead = 30s;
constexpr const char* service_sessions = "taylordash";  // application_name of the service

/// SIGKILL to exactly this process; true once it is gone.
bool kill_and_wait(const process_identity& victim) {
  const auto handle = open_process(victim);
  return handle && send_signal(handle->get(), SIGKILL) &&
         readable_within(handle->get(), until_dead);
}

}  // namespace

fault_injector::fault_injector(std::vector<planned_fault> plan, std::uint64_t seed,
                               const workplace& place, database_options database,
                               service_keeper& service, exchange& shared, on_event told)
    : plan_{std::move(plan)},
      dice_{seed, 0x1213},
      place_{place},
      database_{std::move(database)},
      service_{service},
      shared_{shared},
      told_{std::move(told)} {}

void fault_injector::run(const std::stop_token& stop) {
  for (const auto& fault : plan_) {
    if (!shared_.published.await(fault.after_events, stop) || !pause(fault.delay, stop)) return;
    const auto at = shared_.published.value();
    const auto pid = strike(fault, stop);
    if (stop.stop_requested()) return;
    if (pid) {
      told_(fmt::format("killed {} (pid {}) after {} events", name_of(fault.kind), *pid, at));
    } else {
      told_(
          fmt::format("found no {} to kill within {} s", name_of(fault.kind), until_there.count()));
    }
    const std::lock_guard lock{mutex_};
    ++(pid ? counts_.done[static_cast<std::size_t>(fault.kind)] : counts_.missed);
  }
  const std::lock_guard lock{mutex_};
  counts_.finished = true;
}

std::optional<pid_t> fault_injector::strike(const planned_fault& fault,
                                            const std::stop_token& stop) {
  switch (fault.kind) {
    case fault_kind::service:
      return service_.kill(fault.downtime, stop);
    case fault_kind::postgres:
      return kill_server(place_.postgres_record(), stop);
    case fault_kind::postgres_backend:
      return kill_session(stop);
    case fault_kind::broker: {
      const auto pid = kill_server(place_.broker_record(), stop);
      if (pid) ++shared_.broker_generation;
      return pid;
    }
  }
  return std::nullopt;
}

std::optional<pid_t> fault_injector::kill_server(const std::filesystem::path& record,
                                                 const std::stop_token& stop) {
  const auto deadline = clock::now() + until_there;
  do {
    const auto known = read_process_record(record);
    if (!known || !open_process(known->process)) continue;
    {
      const std::lock_guard lock{mutex_};
      killed_.push_back(known->process);  // before it dies: `watch` must not be surprised
    }
    if (kill_and_wait(known->process)) return known->process.pid;
  } while (clock::now() < deadline && pause(between_looks, stop));
  return std::nullopt;
}

/// One session of the service's, drawn. The database may be away at this very moment: try again.
std::optional<pid_t> fault_injector::kill_session(const std::stop_token& stop) {
  const auto deadline = clock::now() + until_there;
  do {
    const auto audit = open_mirror_audit(database_);
    if (!audit) continue;
    const auto pids = (*audit)->backends(service_sessions);
    if (!pids || pids->empty()) continue;
    const auto victim = identify((*pids)[dice_.below(pids->size())]);
    if (victim && kill_and_wait(*victim)) return victim->pid;
  } while (clock::now() < deadline && pause(between_looks, stop));
  return std::nullopt;
}

void fault_injector::watch() {
  look_at("PostgreSQL", place_.postgres_record(), postgres_);
  look_at("the broker", place_.broker_record(), broker_);
}

void fault_injector::look_at(const char* name, const std::filesystem::path& record,
                             std::optional<process_identity>& known) {
  const auto now = read_process_record(record);
  if (!now || now->process == known) return;
  const auto before = std::exchange(known, now->process);
  if (!before) return;
  {
    const std::lock_guard lock{mutex_};
    if (std::ranges::find(killed_, *before) != killed_.end()) return;
    ++counts_.server_deaths;
  }
  // What a broker did on its own account it may have lost things by, too.
  if (&known == &broker_) ++shared_.broker_generation;
  told_(fmt::format("{} (pid {}) ended, and not by our hand", name, before->pid));
}

fault_injector::counts fault_injector::count() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

}  // namespace td::verify
