#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "storage/stores.hpp"

namespace td {

/// One parameter of the server as a session of the service's role gets it.
struct server_setting {
  std::string name{};
  std::string value{};
  std::string source{};  ///< "default", "configuration file", "user", "database", ...
  std::string file{};    ///< of "configuration file"; empty where the role may not know
  std::int64_t line{};   ///< in `file`
};

/// A session of somebody that holds something up. What it asks is not read: statements hold
/// secrets.
struct held_session {
  std::int64_t pid{};
  std::string user{};
  std::string application{};
  std::chrono::seconds age{};  ///< idle: since its last statement; running: of its transaction
};

/// What the product may not do with one of its own tables, sequences or the database.
struct missing_right {
  std::string object{};  ///< "TABLE events_mirror", "SCHEMA public", "DATABASE taylordash"
  std::string rights{};  ///< "INSERT, DELETE"
};

/// Something that keeps the server from cleaning up: a prepared transaction or a replication slot.
struct left_behind {
  std::string name{};
  std::chrono::seconds age{};  ///< of a prepared transaction
  std::uint64_t bytes{};       ///< WAL that a slot holds
};

/// What a database and its server say about themselves. Facts only; doctor/ judges them.
struct database_survey {
  int server_version{};  ///< 150018 is 15.18
  std::string role{};
  std::string database{};
  std::string schema{};
  bool superuser{};
  bool sees_all_sessions{};       ///< member of pg_read_all_stats
  bool pooled{};                  ///< the backend that answers is not the one that we connected to
  bool on_this_machine{};         ///< by its address, which may be a tunnel's
  std::int64_t server_started{};  ///< seconds since 1970; 0: unknown
  std::vector<server_setting> settings{};

  // -- the schema ---
  std::size_t migrations_known{};
  std::optional<std::size_t> migrations_applied{};  ///< absent: `migrations_trouble` says why
  std::optional<failure> migrations_trouble{};
  std::vector<missing_right> missing_rights{};
  std::vector<std::string> not_owned{};  ///< tables that maintenance must own, and does not
  std::vector<std::string> unlogged{};   ///< tables that a crash empties
  std::optional<int> days_ahead{};       ///< days after today that have their partition, unbroken

  // -- who is there ---
  std::int64_t max_connections{};  ///< for roles like this one: without what is reserved
  std::int64_t used_connections{};
  std::optional<std::int64_t> role_limit{};
  std::optional<std::int64_t> database_limit{};
  std::vector<held_session> idle_in_transaction{};  ///< for longer than `survey_terms::idle`
  std::vector<held_session> long_running{};         ///< for longer than `survey_terms::running`
  std::vector<left_behind> prepared{};
  std::vector<left_behind> inactive_slots{};
  bool archiver_fails{};  ///< the last try of archive_command failed
  std::string archiver_file{};

  // -- space ---
  std::uint64_t database_bytes{};
  std::string data_directory{};             ///< empty where the role may not know
  std::optional<double> bytes_per_event{};  ///< of the mirror, indexes included
  std::optional<double> events_per_day{};   ///< of the last day, or of what there is of it

  // -- time ---
  std::chrono::microseconds clock_ahead{};        ///< the server's clock minus ours, at best
  std::chrono::microseconds clock_uncertainty{};  ///< half of the shortest round trip

  /// Parts that could not be read, each with the reason.
  std::vector<std::string> unread{};

  /// The setting of this name; null when the server has none.
  const server_setting* setting(std::string_view name) const noexcept;
};

struct survey_terms {
  std::chrono::seconds idle{60};
  std::chrono::seconds running{1800};
  int days_ahead{3};  ///< how many partitions ahead are looked for
  /// No statement is begun after it: database_away.
  std::chrono::steady_clock::time_point deadline{std::chrono::steady_clock::time_point::max()};
};

/// Looks, over a connection of its own, and changes nothing. Absent parts are named in `unread`.
/// Errors: those of connecting (database_away, database_refused, configuration_invalid), and
/// database_away when the connection is lost on the way, stopping as `options.stop` says. Blocks
/// for some round trips, each as long as a statement may take.
result<database_survey> survey_database(const database_options& options,
                                        const survey_terms& terms = {});

/// Versions of libpq: 150018 is 15.18.
int database_library_built_with() noexcept;
int database_library_in_use() noexcept;

}  // namespace td
