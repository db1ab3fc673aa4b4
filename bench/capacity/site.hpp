#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/capacity/counter_probe.hpp"
#include "bench/capacity/store_view.hpp"
#include "bench/child.hpp"
#include "bench/machine.hpp"
#include "bench/servers.hpp"
#include "config/settings.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"
#include "verify/workplace.hpp"

namespace td::bench {

/// Servers that somebody else runs.
struct given_servers {
  std::string config{};  ///< the file that names them, as `serve` reads it
  bool used{};           ///< also where the database holds events, or others publish
};

/// Where to measure.
struct site_request {
  settings set{};                        ///< that come of all the following
  std::vector<std::string> overrides{};  ///< "ingest.lanes=4", for the service
  std::filesystem::path directory{};     ///< of an instance of our own; empty: below /var/tmp
  std::optional<given_servers> given{};
};

/// A broker, a database and a service between them, ready to be put under load: an instance of our
/// own, made like `standalone` makes one and removed afterwards, or a service of our own on servers
/// that are given. One thread, which the service dies with.
class site {
 public:
  /// Starts everything. On given servers it first looks whether they are free, and changes nothing
  /// until that is known: no service works on the database, no lanes and (unless `used`) no events
  /// are in it, its clock and ours agree, and (unless `used`) nobody else publishes. The service
  /// then joins a group of its own, so that no event of another group is dealt to it.
  /// configuration_invalid: something is in the way, with how to mend it; else the codes of servers
  /// and sessions. stopping: the detail is a sentence for people.
  static result<std::unique_ptr<site>> open(const site_request& request, stop_signal& stop);

  ~site();
  site(const site&) = delete;
  site& operator=(const site&) = delete;

  broker_options producers() const;
  store_view& store() noexcept { return *store_; }
  const watched& seen() const noexcept { return seen_; }
  bool own() const noexcept { return servers_ != nullptr; }
  std::filesystem::path data() const;  ///< where the data lies; empty when it can't be seen

  /// As if nothing had been stored yet (an instance of our own; elsewhere nothing happens).
  result<void> forget_events();

  /// internal: it has ended, with its last words.
  result<void> check_service() const;
  result<void> stop_service();
  result<void> start_service(stop_signal& stop);

  /// Stops the service, and removes what was made: the instance, or the lanes' sessions and slots
  /// on given servers. Call it before this object goes, whatever has happened.
  result<void> close();

  facts versions(stop_signal& stop);

 private:
  explicit site(site_request request) : request_{std::move(request)} {}

  result<void> make_own();
  result<void> take_given(stop_signal& stop);
  result<void> refuse_used_database() const;
  result<void> refuse_foreign_events(stop_signal& stop) const;
  child_command service_command() const;
  std::string database_url() const;
  result<void> end_lanes();

  site_request request_;
  std::optional<verify::workplace> place_;
  std::unique_ptr<bench_servers> servers_;
  std::unique_ptr<child> service_;
  std::unique_ptr<store_view> store_;
  bool lanes_made_{};
  watched seen_;
};

/// Why there is no answer, and with it what became of what was made, which only `close` knows.
failure with_remains(failure why, const result<void>& closed, const site_request& request);

}  // namespace td::bench
