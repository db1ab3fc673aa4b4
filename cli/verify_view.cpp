#include "cli/verify_view.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace td {

namespace {

using namespace terminal;
using verify::outcome;
using verify::stage;
using verify::tally;

std::string_view words_of(stage s) {
  switch (s) {
    case stage::starting:
      return "starting an instance";
    case stage::publishing:
      return "publishing";
    case stage::settling:
      return "settling";
    case stage::auditing:
      return "reading back";
    case stage::stopping:
      return "stopping";
  }
  return "";
}

std::uint64_t arrived(const tally& t) {
  return t.book.stored + t.book.dead_lettered;
}

/// Probes come on top of the plan, so that more may arrive than was planned.
std::uint64_t per_cent(const tally& t) {
  const auto whole = std::max<std::uint64_t>(std::max(t.planned, t.book.published), 1);
  return arrived(t) * 100 / whole;
}

std::string clock_of(std::chrono::milliseconds d) {
  const auto s = d.count() / 1000;
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

std::vector<std::string> counts_of(const tally& t) {
  return {fmt::format("acknowledged {}", grouped(t.book.acknowledged)),
          fmt::format("stored {}", grouped(t.book.stored)),
          fmt::format("dead-lettered {}", grouped(t.book.dead_lettered)),
          fmt::format("on the way {}", grouped(t.outstanding)),
          fmt::format("redelivered {}", grouped(static_cast<std::uint64_t>(t.journal.redelivered))),
          fmt::format("lost by broker, resent {}", grouped(t.producers.lost_by_broker)),
          fmt::format("faults {} of {}", t.faults.total(), t.planned_faults),
          fmt::format("ledger off {}", t.ledger.off)};
}

std::string fault_list(const verify::fault_injector::counts& f) {
  std::vector<std::string> parts;
  for (std::size_t k = 0; k < verify::fault_kinds; ++k) {
    if (f.done[k] > 0)
      parts.push_back(
          fmt::format("{} {}", verify::name_of(static_cast<verify::fault_kind>(k)), f.done[k]));
  }
  return parts.empty() ? "nothing was killed" : fmt::format("kill -9: {}", fmt::join(parts, ", "));
}

row line(std::string name, std::uint64_t n, std::string words, colour paint = colour::none) {
  return {{std::move(name), paint}, {grouped(n), paint, true}, {std::move(words), colour::dim}};
}

/// Anything above zero is bad.
row bad_line(std::string name, std::uint64_t n, std::string words) {
  return line(std::move(name), n, std::move(words), n > 0 ? colour::red : colour::none);
}

std::vector<row> table_of(const outcome& o) {
  using verify::flaw_kind;
  const auto& t = o.end;
  std::vector<row> rows{line("published", t.book.published,
                             fmt::format("by {} producers, {} of them broken on purpose",
                                         o.asked.producers, grouped(t.book.broken))),
                        line("acknowledged", t.book.acknowledged, "by the broker")};
  if (o.audit) {
    rows.push_back(line("stored", o.audit->stored, "rows in events_mirror"));
    rows.push_back(line("dead-lettered", o.audit->dead_lettered, "rows in dlq_events"));
  }
  rows.push_back(line("redelivered", static_cast<std::uint64_t>(t.journal.redelivered),
                      "deliveries of what was there already, recognised"));
  rows.push_back(line("resent", t.producers.resent,
                      fmt::format("their connection ended before the broker's acknowledgement; "
                                  "{} more published twice on purpose",
                                  grouped(t.producers.repeated))));
  rows.push_back(line("lost by the broker", t.producers.lost_by_broker,
                      "after its own acknowledgement, and resent by the producers",
                      t.producers.lost_by_broker > 0 ? colour::yellow : colour::none));
  if (o.audit) {
    for (std::size_t k = 0; k < verify::flaw_kinds; ++k) {
      const auto kind = static_cast<flaw_kind>(k);
      const auto n = o.audit->of(kind).count;
      const bool always = kind == flaw_kind::lost || kind == flaw_kind::duplicate;
      if (always || n > 0)
        rows.push_back(bad_line(std::string{name_of(kind)}, n, std::string{sentence_of(kind)}));
    }
  }
  rows.push_back(line("faults", t.faults.total(), fault_list(t.faults)));
  rows.push_back(line("ledger samples", t.ledger.samples,
                      fmt::format("{} with unaccounted events", t.ledger.off),
                      t.ledger.off > 0 ? colour::red : colour::none));
  if (o.audit) {
    rows.push_back({{"longest pause"},
                    {short_duration(o.audit->journal.longest_pause), colour::none, true},
                    {fmt::format("between two of {} commits",
                                 grouped(static_cast<std::uint64_t>(o.audit->journal.batches))),
                     colour::dim}});
  }
  return rows;
}

constexpr std::string_view pass_words =
    "Every event that the broker acknowledged is in the database exactly once and as it was\n"
    "published, or among the dead letters with the right reason. Nothing else is in there.\n";

constexpr std::string_view broker_words =
    "\n"
    "About what the broker lost: it had acknowledged those events, but not yet written them to "
    "its\n"
    "disk (this one saves every 15 s) nor delivered them, when it was killed. No service behind "
    "it\n"
    "can bring them back; the producers did, because they hold each event until it is stored.\n"
    "Producers that must not lose an event to a broker's crash do the same: see the README's page\n"
    "for producers.\n";

std::string verdict_of(const outcome& o, const output& to) {
  const auto how = fmt::format("seed {}, {}", o.asked.seed, short_duration(o.end.elapsed));
  if (o.passed()) {
    return fmt::format("{}  ({})\n{}", paint(to, colour::green, "PASS"), how, pass_words);
  }
  // Stopped, and nothing else to say.
  const auto complaints = o.complaints();
  if (o.stopped_early && complaints.size() == 1)
    return fmt::format("{}  ({})\n", paint(to, colour::yellow, "INCOMPLETE"), how);
  return fmt::format("{}  ({})\n", paint(to, colour::red, "FAIL"), how);
}

std::string examples_of(const outcome& o) {
  std::string text;
  if (!o.audit) return text;
  for (std::size_t k = 0; k < verify::flaw_kinds; ++k) {
    const auto& f = o.audit->found[k];
    for (const auto& example : f.examples) {
      text += fmt::format("      {}: {}\n", name_of(static_cast<verify::flaw_kind>(k)),
                          visible(example));
    }
    if (f.count > f.examples.size())
      text += fmt::format("      and {} more\n", grouped(f.count - f.examples.size()));
  }
  return text;
}

std::string kept_words(const outcome& o) {
  if (o.kept.empty()) return {};
  const auto folder = visible(o.kept.string());
  return fmt::format(
      "\n"
      "The instance is kept in {0}:\n"
      "  {0}/service.log   what the service said\n"
      "  {0}/data/log/     what PostgreSQL and the broker said\n"
      "Look into it with:   taylordash standalone --data-dir {0}/data\n"
      "Same faults again:   taylordash verify --seed {1} --events {2} --rounds {3}\n"
      "Remove it with:      rm -r {0}\n",
      folder, o.asked.seed, o.asked.events, o.asked.rounds);
}

}  // namespace

std::vector<std::string> render_progress(const output& to, std::size_t columns, stage at,
                                         const tally& now) {
  const auto head = fmt::format("{:<12} {} {:>3} %  {}", words_of(at), bar(per_cent(now), 40),
                                per_cent(now), clock_of(now.elapsed));
  std::vector<std::string> lines{paint(to, colour::bold, head.substr(0, columns))};
  std::string text;
  for (const auto& count : counts_of(now)) {
    if (!text.empty() && text.size() + 3 + count.size() > columns) {
      lines.push_back(std::move(text));
      text.clear();
    }
    text += (text.empty() ? "" : "   ") + count;
  }
  lines.push_back(std::move(text));
  return lines;
}

std::string progress_line(stage at, const tally& now) {
  return fmt::format("{:>5} {} {} %: {}", clock_of(now.elapsed), words_of(at), per_cent(now),
                     fmt::join(counts_of(now), ", "));
}

std::string render_outcome(const output& to, const outcome& o) {
  std::string text = "\n" + aligned(to, table_of(o)) + "\n" + verdict_of(o, to);
  for (const auto& complaint : o.complaints())
    text += "  - " + visible(complaint) + "\n";
  text += examples_of(o);
  if (o.end.producers.lost_by_broker > 0) text += broker_words;
  return text + kept_words(o);
}

}  // namespace td
