#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"
#include "storage/dead_letter_filter.hpp"
#include "storage/stores.hpp"

namespace td {

namespace pg {
class session;
}

/// What is known of a dead letter but for its bytes.
struct dead_letter_summary {
  std::string id{};  ///< 64 hex digits: SHA-256(topic || 0x00 || raw)
  timestamp first_failure{};
  timestamp last_failure{};
  std::int32_t attempts{};
  dead_letter_status status{};
  std::string stage{};
  std::string code{};    ///< an errc's name
  std::string detail{};  ///< the sentence
  std::string pointer{};
  std::string fingerprint{};
  std::string topic{};
  std::string kind{};  ///< this and the next four: where the envelope was sound
  std::string source{};
  std::optional<uuid> event_id{};
  std::optional<timestamp> occurred_at{};
  std::int32_t schema_version{};  ///< of the schema that was broken; 0: none
  std::string consumer{};         ///< whose delivery failed; empty: the pipeline refused it
  std::size_t bytes{};            ///< of `raw`
  bool edited{};                  ///< there is a correction
};

/// What somebody did about a dead letter.
struct dead_letter_change {
  timestamp at{};
  std::string actor{};
  std::string action{};  ///< edited, discarded, reopened, replayed, replay_failed
  std::string detail{};
  std::optional<std::int64_t> job{};  ///< the replay job that did it
};

struct dead_letter {
  dead_letter_summary about{};
  std::string raw{};                          ///< as it was delivered
  std::optional<std::string> edited{};        ///< a person's correction: what a replay sends
  std::vector<dead_letter_change> history{};  ///< oldest first
};

/// Dead letters that failed for the same reason at the same place.
struct dead_letter_group {
  std::string fingerprint{};
  std::uint64_t letters{};
  std::uint64_t attempts{};
  timestamp first_failure{};
  timestamp last_failure{};
  std::uint64_t last_hour{};  ///< letters whose last failure is no older than this
  std::uint64_t last_day{};
  std::vector<std::string> topics{};  ///< up to `samples` of them
  std::vector<std::string> kinds{};
  dead_letter_summary sample{};  ///< the newest

  static constexpr std::size_t samples = 3;
};

enum class page_direction : std::uint8_t { older, newer };

/// A page of a list that is sorted by last failure, newest first. `cursor` is one that a page gave;
/// empty: from the newest (older) or the oldest (newer) on.
struct dead_letter_page {
  std::string cursor{};
  page_direction direction{page_direction::older};
  std::size_t limit{50};  ///< 1 to `max_limit`

  static constexpr std::size_t max_limit = 1000;
};

struct dead_letter_list {
  std::vector<dead_letter_summary> letters{};  ///< newest first, whatever the direction
  std::string older{};                         ///< cursor; empty: there is nothing older
  std::string newer{};                         ///< cursor; empty: there is nothing newer
};

/// Dead letters for people. Ids may be given by their first digits: none that begins so is
/// `not_found`, several are `conflict`, and the detail names some. Whoever changes something is
/// written down with the time in the same transaction. Writers of dead letters are never waited for
/// longer than one of their transactions.
class dead_letter_store : public store {
 public:
  /// The same filter with every id in full. Every other call does that by itself.
  virtual result<dead_letter_filter> resolve(dead_letter_filter filter) = 0;

  /// configuration_invalid: the cursor is none.
  virtual result<dead_letter_list> list(const dead_letter_filter& filter,
                                        const dead_letter_page& page) = 0;

  virtual result<std::uint64_t> count(const dead_letter_filter& filter) = 0;

  /// The largest groups, most letters first. Reads every letter that matches.
  virtual result<std::vector<dead_letter_group>> groups(const dead_letter_filter& filter,
                                                        std::size_t limit) = 0;

  virtual result<dead_letter> get(std::string_view id) = 0;

  /// Stores a correction beside the raw bytes; the raw bytes themselves take the correction back.
  /// False: that is how it was already. conflict: it is not open.
  virtual result<bool> edit(std::string_view id, std::string_view bytes,
                            std::string_view actor) = 0;

  /// Discards, or opens again what was discarded. Letters in another state are left alone; so are,
  /// unless ids were given, those that fail (again) after the call began. In steps of some hundred,
  /// each a transaction: after a failure some may be done, and calling again does the rest.
  /// Returns how many.
  virtual result<std::uint64_t> discard(const dead_letter_filter& filter, std::string_view reason,
                                        std::string_view actor) = 0;
  virtual result<std::uint64_t> reopen(const dead_letter_filter& filter,
                                       std::string_view actor) = 0;

  /// Shows each letter (without history), newest first, all as they were when it began. Holds some
  /// MiB at a time, or the one letter that is larger. A failure of the visitor ends it and is
  /// returned.
  using visitor = std::function<result<void>(const dead_letter&)>;
  virtual result<std::uint64_t> each(const dead_letter_filter& filter, const visitor& visit) = 0;
};

/// configuration_invalid, database_away and what else a connection may meet.
result<std::unique_ptr<dead_letter_store>> open_dead_letter_store(const database_options& options);

/// The same over the caller's connection, which outlives it: `reconnect` fails.
std::unique_ptr<dead_letter_store> dead_letter_store_on(pg::session& session);

}  // namespace td
