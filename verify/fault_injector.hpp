#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "standalone/process_identity.hpp"
#include "storage/stores.hpp"
#include "verify/dice.hpp"
#include "verify/exchange.hpp"
#include "verify/fault_plan.hpp"
#include "verify/service_keeper.hpp"
#include "verify/workplace.hpp"

namespace td::verify {

/// Carries a plan of faults out: waits for each one's moment, kills, and sees that it is dead.
class fault_injector {
 public:
  /// Told of each fault and each unexpected ending, in words. From the thread of `run` or `watch`.
  using on_event = std::function<void(const std::string& line)>;

  /// All of them must outlive it.
  fault_injector(std::vector<planned_fault> plan, std::uint64_t seed, const workplace& place,
                 database_options database, service_keeper& service, exchange& shared,
                 on_event told);

  void run(const std::stop_token& stop);  ///< the body of its thread: the whole plan, then it ends

  /// Looks whether a server has ended that was not killed by us. Call now and then; one thread.
  void watch();

  struct counts {
    std::array<std::uint64_t, fault_kinds> done{};
    std::uint64_t missed{};         ///< there was nothing to kill for a minute
    std::uint64_t server_deaths{};  ///< processes of PostgreSQL and the broker that ended unkilled
    bool finished{};

    std::uint64_t total() const noexcept {
      std::uint64_t sum = 0;
      for (const auto n : done)
        sum += n;
      return sum;
    }
  };
  counts count() const;

 private:
  std::optional<pid_t> strike(const planned_fault& fault, const std::stop_token& stop);
  std::optional<pid_t> kill_server(const std::filesystem::path& record,
                                   const std::stop_token& stop);
  std::optional<pid_t> kill_session(const std::stop_token& stop);
  void look_at(const char* name, const std::filesystem::path& record,
               std::optional<process_identity>& known);

  std::vector<planned_fault> plan_;
  dice dice_;
  const workplace& place_;
  database_options database_;
  service_keeper& service_;
  exchange& shared_;
  on_event told_;
  std::optional<process_identity> postgres_;  ///< as `watch` has last seen them
  std::optional<process_identity> broker_;

  mutable std::mutex mutex_;
  std::vector<process_identity> killed_;
  counts counts_;
};

}  // namespace td::verify
