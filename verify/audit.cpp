#include "verify/audit.hpp"

#include <numeric>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "verify/content.hpp"

namespace td::verify {

namespace {

constexpr std::size_t most_examples = 5;

struct flaw_words {
  std::string_view name;
  std::string_view sentence;
};
constexpr std::array<flaw_words, flaw_kinds> words{{
    {"lost", "acknowledged by the broker, but in neither table"},
    {"duplicates", "stored more than once"},
    {"in_both_tables", "stored and dead-lettered as well"},
    {"invented", "in the database, but never published"},
    {"altered", "stored, but not as published"},
    {"misfiled", "sound events, dead-lettered all the same"},
    {"wrong_code", "dead-lettered for another reason than the true one"},
    {"miscounted", "the journal of batches disagrees with the tables"},
}};

}  // namespace

std::string_view name_of(flaw_kind kind) noexcept {
  return words[static_cast<std::size_t>(kind)].name;
}

std::string_view sentence_of(flaw_kind kind) noexcept {
  return words[static_cast<std::size_t>(kind)].sentence;
}

std::uint64_t audit_report::flaw_count() const noexcept {
  return std::accumulate(found.begin(), found.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const flaws& f) { return sum + f.count; });
}

audit::audit(const expectation_book& book) : book_{book}, finds_(book.size()) {}

void audit::event(const stored_event& row) {
  ++report_.stored;
  const auto token = book_.find(row.event_id);
  const auto entry = token ? book_.at(*token) : expectation_book::entry{};
  if (!token || entry.expected.dead_letter) {
    note(flaw_kind::invented,
         fmt::format("event {} of {}", to_string(row.event_id), to_rfc3339(row.occurred_at)));
    return;
  }
  ++finds_[*token].rows;
  check_content(row, entry.expected);
}

void audit::check_content(const stored_event& row, const expectation& expected) {
  std::string different;
  const auto differs = [&](std::string_view what) {
    different += different.empty() ? "" : " and ";
    different += what;
  };
  const auto envelope =
      envelope_fingerprint(row.trace_id, row.schema_version, row.kind, row.source, row.topic);
  if (row.occurred_at != expected.occurred_at) differs("occurred_at");
  if (envelope != expected.envelope) differs("trace_id, kind, source, topic or schema_version");
  if (payload_fingerprint(row.payload) != expected.payload) differs("payload");
  if (different.empty()) return;
  note(flaw_kind::altered,
       fmt::format("event {}: not what was published: {}", to_string(row.event_id), different));
}

void audit::dead_letter(const stored_dead_letter& row) {
  ++report_.dead_lettered;
  report_.attempts += static_cast<std::uint64_t>(row.attempts);
  if (const auto token = book_.find(delivery_key(row.topic, row.raw))) {
    ++finds_[*token].dead_letters;
    const auto wanted = name_of(book_.at(*token).expected.code);
    if (row.code == wanted) return;
    note(flaw_kind::wrong_code,
         fmt::format("dead letter {} has code {}, it deserves {}",
                     to_string(delivery_key(row.topic, row.raw)), row.code, wanted));
    return;
  }
  const auto sound = row.event_id ? book_.find(*row.event_id) : std::nullopt;
  if (sound) {
    ++finds_[*sound].dead_letters;
    note(flaw_kind::misfiled, fmt::format("event {} is sound, and dead-lettered as {}",
                                          to_string(*row.event_id), row.code));
    return;
  }
  note(flaw_kind::invented,
       fmt::format("dead letter {} on topic {}: {}", row.code, quoted(row.topic), quoted(row.raw)));
}

audit_report audit::finish(const journal_totals& journal) {
  report_.journal = journal;
  for (std::size_t t = 0; t < finds_.size(); ++t) {
    const auto& f = finds_[t];
    const auto entry = book_.at(t);
    const auto name = [&] {
      return fmt::format("{} {} of producer {}",
                         entry.expected.dead_letter ? "broken message" : "event",
                         to_string(entry.expected.key), entry.producer);
    };
    if (f.rows + f.dead_letters == 0) {
      if (entry.acknowledged || entry.stored) {
        note(flaw_kind::lost, name() + (entry.stored ? ", which was there before" : ""));
      } else {
        ++report_.never_acknowledged;
      }
    }
    if (f.rows > 0 && f.dead_letters > 0) note(flaw_kind::both, name());
    if (f.rows > 1) note(flaw_kind::duplicate, fmt::format("{}: {} rows", name(), f.rows));
    if (f.dead_letters > 1)
      note(flaw_kind::duplicate, fmt::format("{}: {} dead letters", name(), f.dead_letters));
  }
  check_journal();
  return std::move(report_);
}

void audit::check_journal() {
  const auto& j = report_.journal;
  const auto expect = [this](std::string_view what, std::int64_t says, std::uint64_t is) {
    if (says == static_cast<std::int64_t>(is)) return;
    note(flaw_kind::miscounted, fmt::format("{}: {} in the journal, {} in fact", what, says, is));
  };
  expect("positions", j.last_position, static_cast<std::uint64_t>(j.batches));
  expect("stored events", j.stored, report_.stored);
  expect("dead-lettered deliveries", j.dead_lettered, report_.attempts);
}

void audit::note(flaw_kind kind, std::string example) {
  auto& f = report_.found[static_cast<std::size_t>(kind)];
  ++f.count;
  if (f.examples.size() < most_examples) f.examples.push_back(std::move(example));
}

}  // namespace td::verify
