#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"
#include "storage/stores.hpp"

namespace td {

namespace pg {
class session;
}

/// Where a replay takes from.
enum class replay_source : std::uint8_t { dead_letters, mirror };

/// Where it sends to.
enum class replay_target : std::uint8_t { pipeline, consumer };

enum class replay_state : std::uint8_t { waiting, running, paused, done, cancelled, failed };
std::string_view name_of(replay_source s) noexcept;
std::string_view name_of(replay_target t) noexcept;
std::string_view name_of(replay_state s) noexcept;

/// Which of them; what is empty does not narrow. All that is set has to match.
struct replay_filter {
  std::optional<timestamp> from{};  ///< of the last failure, or of occurred_at in the mirror
  std::optional<timestamp> to{};    ///< before
  std::string topic_prefix{};
  std::string kind{};
  std::string fingerprint{};       ///< dead letters: a group
  std::vector<std::string> ids{};  ///< dead letters: delivery_hash, hex; mirror: event ids

  bool operator==(const replay_filter&) const = default;
};

struct replay_request {
  replay_source source{};
  replay_target target{};
  std::string consumer{};  ///< of the target
  replay_filter filter{};
  bool dry_run{};        ///< checks what would pass, sends nothing
  std::uint32_t rate{};  ///< events a second at most; 0: as fast as it goes
};

/// Why some did not pass.
struct replay_reason {
  std::string code{};
  std::string pointer{};  ///< array indices as `*`
  std::uint64_t count{};
  std::string sample{};  ///< id of one of them
  std::string detail{};  ///< of that one
};

struct replay_job {
  std::int64_t id{};
  replay_request request{};
  replay_state state{};
  std::string cursor{};
  std::optional<std::uint64_t> total{};  ///< that matched when it began
  std::uint64_t passed{};                ///< sent (dry run: would be)
  std::uint64_t duplicate{};             ///< were there already
  std::uint64_t refused{};
  std::vector<replay_reason> reasons{};
  std::string error{};  ///< why it failed
  timestamp created_at{};
  std::string created_by{};
  std::optional<timestamp> started_at{};
  std::optional<timestamp> finished_at{};
  bool is_readable{true};  ///< false: the filter says something that this program does not know

  std::uint64_t settled() const noexcept { return passed + duplicate + refused; }
  bool is_over() const noexcept { return state >= replay_state::done; }
};

struct replay_event {
  timestamp at{};
  std::string actor{};
  std::string action{};
  std::string detail{};
};

/// Something to be sent once more.
struct replay_item {
  std::string key{};  ///< delivery_hash in hex, or the event id
  std::string topic{};
  std::string body{};    ///< as corrected, else as it came; of a stored event its envelope
  std::string digest{};  ///< of a dead letter's body
};

/// What became of an item.
struct replay_refusal {
  std::size_t index{};       ///< of the item
  std::string_view stage{};  ///< static storage
  failure why{};
  std::string about{};            ///< the schema that was broken: "task_updated 2"
  std::int32_t schema_version{};  ///< 0: none
};

/// Items behind the job's cursor, and where it stands once they are settled.
struct replay_stretch {
  std::vector<replay_item> items{};
  std::string cursor{};
  bool more{};  ///< there is something behind them
};

/// How a stretch ended. Every item is in exactly one of these.
struct replay_outcome {
  std::vector<std::size_t> passed{};
  std::vector<std::size_t> duplicate{};
  std::vector<replay_refusal> refused{};
};

/// Replay jobs, and what they read and mark. Changes of a job and their row in its audit trail are
/// one transaction.
class replay_store : public store {
 public:
  // -- for people ---

  /// Returns the job's id. not_found: no such consumer. configuration_invalid: the parts of the
  /// request contradict each other.
  virtual result<std::int64_t> create(const replay_request& request, std::string_view who) = 0;
  virtual result<replay_job> find(std::int64_t id) = 0;                ///< not_found
  virtual result<std::vector<replay_job>> list(std::size_t most) = 0;  ///< newest first
  virtual result<std::vector<replay_event>> audit(std::int64_t id) = 0;

  /// not_found; conflict: it is over, or paused (not paused) already.
  virtual result<void> pause(std::int64_t id, std::string_view who) = 0;
  virtual result<void> resume(std::int64_t id, std::string_view who) = 0;
  virtual result<void> cancel(std::int64_t id, std::string_view who) = 0;

  /// Whether some node leads, so that jobs are run at all.
  virtual result<bool> is_served() = 0;

  // -- for the node that runs them ---

  /// Takes the lease of running jobs; false while another node has it.
  virtual result<bool> lead() = 0;

  /// The oldest job that is waiting or running; one that waited is started: counted, and running
  /// from now on. Absent when there is none.
  virtual result<std::optional<replay_job>> next_job(std::string_view who) = 0;

  /// At most `most` items behind the job's cursor.
  virtual result<replay_stretch> read(const replay_job& job, std::size_t most) = 0;

  /// Which of these events (event_id, occurred_at, kind, source, payload) stand in the mirror as
  /// they are.
  struct expected_event {
    uuid event_id{};
    timestamp occurred_at{};
    std::string kind{};
    std::string source{};
    std::string payload{};

    bool operator==(const expected_event&) const = default;
  };
  enum class presence : std::uint8_t { absent, same, different };
  virtual result<std::vector<presence>> look_up(std::span<const expected_event> events) = 0;

  /// What a stretch added to the job's counts.
  struct settled {
    std::size_t passed{};
    std::size_t duplicate{};
    std::size_t refused{};
  };

  /// One transaction: marks the items of a stretch, and moves the job's cursor and counts. A job
  /// that a person has cancelled meanwhile keeps its state. Target consumer: the deliveries are
  /// ordered here, too.
  virtual result<settled> settle(const replay_job& job, const replay_stretch& stretch,
                                 const replay_outcome& outcome, std::string_view who) = 0;

  /// Which of these deliveries wait for the consumer already.
  virtual result<std::vector<bool>> ordered(const std::string& consumer,
                                            std::span<const std::string> envelopes) = 0;

  /// Ends a running job as done (or failed, with why). One that a person has ended stays as it is.
  virtual result<void> finish(std::int64_t id, const std::optional<failure>& why,
                              std::string_view who) = 0;
};

result<std::unique_ptr<replay_store>> open_replay_store(const database_options& options);

/// The same over the caller's connection, which outlives it: `reconnect` fails.
std::unique_ptr<replay_store> replay_store_on(pg::session& session);

}  // namespace td
