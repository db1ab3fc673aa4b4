#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/database_gate.hpp"
#include "actors/identity.hpp"
#include "config/settings.hpp"
#include "pipeline/result.hpp"
#include "pipeline/schema.hpp"
#include "pipeline/snapshot.hpp"
#include "pipeline/validate.hpp"
#include "storage/stores.hpp"

namespace prometheus {
class Registry;
}

namespace td {

/// The running pipeline: lanes, validators, mirrors, maintenance under their supervisor. No CAF in
/// sight, so that everything to the right of actors/ stays free of it. Any thread may call.
class service {
 public:
  virtual ~service() = default;

  virtual service_snapshot snapshot() const = 0;
  virtual std::shared_ptr<prometheus::Registry> metrics() const = 0;

  /// Who may use it; null where `identity.secret_file` is empty. May outlive the service: then it
  /// answers with `stopping`.
  virtual std::shared_ptr<identity_service> identity() const = 0;

  /// The way to the database for HTTP handlers. Refuses with `stopping` once `stop` has begun; may
  /// outlive the service.
  virtual std::shared_ptr<database_gate> database() const = 0;

  /// Blocks until the service is ready (every wanted lane has subscribed) or `timeout` has passed.
  virtual bool wait_ready(std::chrono::milliseconds timeout) = 0;

  /// Drains and stops in order: lanes (read batches are committed and acknowledged), validators,
  /// mirrors, maintenance. Returns within the grace time; a watchdog sees to it.
  virtual void stop() = 0;
};

/// What the settings say about events.
event_rules event_rules_from(const settings& s);

/// The schemas that judge events now, as a service with these settings would compile them.
result<std::shared_ptr<const schema_set>> schemas_in_force(const database_options& database,
                                                           const settings& s);

/// What the settings say about the database and about how long it keeps what.
database_options database_options_from(const settings& s, std::string application_name);
partition_window partition_window_from(const settings& s);

/// Called at most once, from a thread of the service's, when it can't go on (errc with disposition
/// stop, or a restart budget spent). The process should end with a failure.
using on_fatal = std::function<void(const failure&)>;

/// Migrates the database, spawns the actors and returns. The database must
/// answer; the broker may be away (lanes keep trying). `settings` as config/ has checked them.
result<std::unique_ptr<service>> start_service(const settings& s, on_fatal fatal);

/// Creates the wanted lanes' sessions at the broker (connect, subscribe, leave) without starting to
/// read, so that no event published from now on misses them. Idempotent.
result<void> provision_lanes(const settings& s);

}  // namespace td
