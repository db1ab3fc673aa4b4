#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

namespace pg {
class session;
}

/// Which events of the mirror. What is empty or absent matches all; what is given must hold
/// together.
struct event_filter {
  std::optional<timestamp> since{};   ///< of occurred_at, included
  std::optional<timestamp> before{};  ///< of occurred_at, excluded
  std::string topic_prefix{};
  std::string kind{};
  std::string source{};
  std::string containing{};  ///< JSON that the payload contains, as jsonb's @> means it

  bool operator==(const event_filter&) const = default;
};

enum class search_order : std::uint8_t { newest_first, oldest_first };

/// One page of a search.
struct event_query {
  event_filter filter{};
  search_order order{search_order::newest_first};
  std::string from{};      ///< a place from an earlier page, excluded; empty: from the beginning
  std::size_t limit{100};  ///< events, from 1 to `most_events_a_page`
  /// After about so long the page ends where the search has come to.
  std::chrono::milliseconds patience{2000};
  /// How far events may be ahead of their commits: events.allowed_skew. The journal is read back to
  /// so long before the time that is searched.
  std::chrono::seconds clocks_ahead{std::chrono::hours{24}};
};
inline constexpr std::size_t most_events_a_page = 1000;

/// A row of the mirror.
struct found_event {
  uuid event_id{};
  uuid trace_id{};
  timestamp occurred_at{};
  timestamp received_at{};
  std::optional<std::int32_t> schema_version{};
  std::string kind{};
  std::string source{};
  std::string topic{};
  std::string payload{};  ///< jsonb as PostgreSQL writes it
  std::string place{};    ///< of this event in the search that found it; see event_query::from
};

struct event_page {
  std::vector<found_event> events{};
  /// Where the next page begins. Absent when the search has come to its end: nothing older is
  /// stored; or, oldest first, nothing newer yet.
  std::optional<std::string> next{};
  /// The search stopped because its patience was spent, with fewer events than were asked for;
  /// `next` goes on.
  bool cut_short{};
  /// How far the search has come, where it is cut short: commits (of days that have no search
  /// indexes yet) or occurrences up to here were looked at.
  std::optional<timestamp> reached{};
};

/// Searches the mirror. Days whose search indexes are built are read by them, in order of
/// (occurred_at, event_id). Today, and yesterday until maintenance has indexed it, are read along
/// the journal, in order of (position, batch_index): a bounded scan of as many batches as
/// `patience` allows. The two parts follow each other; a `place` keeps where the line between them
/// was, so that pages neither skip nor repeat an event when a day is indexed meanwhile.
/// configuration_invalid: `from` is no place, `limit` is out of bounds, or `containing` is no JSON
/// (the pointer names the member). timed_out: one day took longer than the session allows a
/// statement; a narrower time range helps. Any other code of sqlstate_table().
result<event_page> search_events(pg::session& session, const event_query& query);

/// Every stored event with this id: one, or several where a producer used an id twice at different
/// times. Newest first, at most 100. Empty when there is none.
result<std::vector<found_event>> events_with_id(pg::session& session, const uuid& id);

}  // namespace td
