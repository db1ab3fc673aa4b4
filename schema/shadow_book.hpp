#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"
#include "schema/compiled_schema.hpp"

namespace td {

/// One event that a candidate schema would have refused.
struct shadow_sample {
  uuid event_id{};
  timestamp occurred_at{};
  std::string pointer{};
  std::string sentence{};
};

/// Failures of one kind: the same keyword at the same place.
struct shadow_failures {
  std::string pointer{};  ///< RFC 6901, array indices as `*`
  std::string keyword{};
  std::uint64_t failed{};
  std::vector<shadow_sample> samples{};  ///< the first few
};

/// What one candidate said.
struct shadow_counts {
  std::string kind{};
  std::int32_t version{};
  std::uint64_t checked{};
  std::uint64_t failed{};
  std::vector<shadow_failures> failures{};  ///< most frequent first
};

/// Counts what one candidate says of events. Bounded: after `most_groups` places the rest is
/// counted under the keyword "other". Any thread.
class shadow_tally {
 public:
  static constexpr std::size_t most_groups = 100;
  static constexpr std::size_t most_samples = 3;

  void passed();
  void failed(const violation& why, const uuid& event_id, timestamp occurred_at);

  /// What was counted since the last call; kind and version are empty.
  shadow_counts take();

 private:
  using place = std::pair<std::string, std::string>;  // pointer, keyword

  std::mutex mutex_;
  std::uint64_t checked_{};
  std::uint64_t failed_{};
  std::map<place, shadow_failures> groups_;
};

/// The tallies of all candidates; they outlive the sets that feed them. Any thread.
class shadow_book {
 public:
  std::shared_ptr<shadow_tally> tally_of(std::string_view kind, std::int32_t version);

  /// What was counted since the last call, candidates without a count left out. Tallies that nobody
  /// else holds any more are forgotten.
  std::vector<shadow_counts> take();

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::int32_t>, std::shared_ptr<shadow_tally>> tallies_;
};

}  // namespace td
