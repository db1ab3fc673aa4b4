#include "verify/outcome.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace td::verify {

namespace {

constexpr std::size_t worst_first[] = {static_cast<std::size_t>(flaw_kind::lost),
                                       static_cast<std::size_t>(flaw_kind::duplicate),
                                       static_cast<std::size_t>(flaw_kind::both),
                                       static_cast<std::size_t>(flaw_kind::altered),
                                       static_cast<std::size_t>(flaw_kind::invented),
                                       static_cast<std::size_t>(flaw_kind::misfiled),
                                       static_cast<std::size_t>(flaw_kind::wrong_code),
                                       static_cast<std::size_t>(flaw_kind::miscounted)};

/// A JSON string (RFC 8259, section 7).
std::string json_string(std::string_view text) {
  std::string out{"\""};
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const auto& t : texts)
    quoted.push_back(json_string(t));
  return fmt::format("[{}]", fmt::join(quoted, ","));
}

void complain_of_database(const outcome& o, std::vector<std::string>& all) {
  if (!o.audit) {
    all.push_back("the database could not be read at the end: " + o.audit_trouble);
    return;
  }
  for (const auto k : worst_first) {
    const auto& f = o.audit->found[k];
    if (f.count == 0) continue;
    const auto kind = static_cast<flaw_kind>(k);
    all.push_back(fmt::format("{} {}: {}", f.count, name_of(kind), sentence_of(kind)));
  }
  if (o.audit->never_acknowledged > 0) {
    all.push_back(fmt::format("{} published, but neither acknowledged by the broker nor stored",
                              o.audit->never_acknowledged));
  }
  if (o.end.journal.went_back) all.push_back("the database forgot commits that had been visible");
}

void complain_of_service(const outcome& o, std::vector<std::string>& all) {
  const auto& t = o.end;
  if (t.ledger.off > 0) {
    all.push_back(
        fmt::format("the service's ledger did not add up in {} of {} samples (by up to {})",
                    t.ledger.off, t.ledger.samples, t.ledger.worst));
  }
  if (t.ledger.samples == 0 && !o.stopped_early) {
    all.push_back("the service's ledger could not be read even once");
  }
  if (t.service.own_deaths > 0) {
    all.push_back(fmt::format("the service ended by itself {} times; the last time it {}",
                              t.service.own_deaths, t.service.last_words));
  }
  if (t.service.given_up) all.push_back("the service ended so often that it was given up");
}

void complain_of_broker(const tally& t, std::vector<std::string>& all) {
  if (t.unheard > 0) {
    all.push_back(
        fmt::format("the broker acknowledged {} messages that nobody was subscribed to: "
                    "the service's sessions were gone",
                    t.unheard));
  }
  for (const auto& why : t.refused)
    all.push_back("the broker refuses a producer's messages: " + why);
}

void complain_of_run(const outcome& o, std::vector<std::string>& all) {
  const auto& t = o.end;
  if (o.stopped_early) {
    all.push_back(fmt::format("stopped early, after {} of {} messages", t.created, t.planned));
    return;
  }
  if (o.stalled) {
    all.push_back(fmt::format("nothing moved for {} s, with {} messages not stored",
                              o.asked.patience.count(), t.outstanding));
  }
  if (t.faults.total() < t.planned_faults) {
    all.push_back(
        fmt::format("only {} of {} faults could be made", t.faults.total(), t.planned_faults));
  }
}

}  // namespace

std::vector<std::string> outcome::complaints() const {
  std::vector<std::string> all;
  complain_of_database(*this, all);
  complain_of_service(*this, all);
  complain_of_broker(end, all);
  complain_of_run(*this, all);
  if (!stop_trouble.empty()) all.push_back("the instance could not be stopped: " + stop_trouble);
  return all;
}

std::string to_json(const outcome& o) {
  const auto& t = o.end;
  const auto number = [](std::string_view name, auto value) {
    return fmt::format("\"{}\":{}", name, value);
  };
  const auto done = [&](fault_kind k) { return t.faults.done[static_cast<std::size_t>(k)]; };
  std::vector<std::string> parts{
      fmt::format("\"result\":\"{}\"", o.passed() ? "pass" : "fail"),
      number("seed", o.asked.seed),
      number("events", o.asked.events),
      number("producer_count", o.asked.producers),
      number("rounds", o.asked.rounds),
      number("seconds", static_cast<double>(t.elapsed.count()) / 1000),
      number("published", t.book.published),
      number("published_broken", t.book.broken),
      number("acknowledged", t.book.acknowledged),
      number("resent_unacknowledged", t.producers.resent),
      number("repeated_on_purpose", t.producers.repeated),
      number("lost_by_broker_and_resent", t.producers.lost_by_broker),
      number("acknowledged_unheard", t.unheard),
      number("redelivered", t.journal.redelivered),
      fmt::format("\"faults\":{{\"planned\":{},\"service\":{},\"postgres\":{},"
                  "\"postgres_session\":{},\"broker\":{}}}",
                  t.planned_faults, done(fault_kind::service), done(fault_kind::postgres),
                  done(fault_kind::postgres_backend), done(fault_kind::broker)),
      number("service_deaths", t.service.own_deaths),
      number("server_deaths", t.faults.server_deaths),
      fmt::format("\"ledger\":{{\"samples\":{},\"off\":{},\"worst\":{}}}", t.ledger.samples,
                  t.ledger.off, t.ledger.worst),
      number("stopped_early", o.stopped_early),
      number("stalled", o.stalled)};
  if (o.audit) {
    const auto& a = *o.audit;
    parts.push_back(number("stored", a.stored));
    parts.push_back(number("dead_lettered", a.dead_lettered));
    parts.push_back(number("never_acknowledged", a.never_acknowledged));
    parts.push_back(number("batches", a.journal.batches));
    parts.push_back(number("longest_pause_seconds",
                           static_cast<double>(a.journal.longest_pause.count()) / 1e6));
    std::vector<std::string> examples;
    for (std::size_t k = 0; k < flaw_kinds; ++k) {
      const auto name = name_of(static_cast<flaw_kind>(k));
      parts.push_back(number(name, a.found[k].count));
      if (!a.found[k].examples.empty())
        examples.push_back(fmt::format("\"{}\":{}", name, json_list(a.found[k].examples)));
    }
    parts.push_back(fmt::format("\"examples\":{{{}}}", fmt::join(examples, ",")));
  }
  parts.push_back("\"complaints\":" + json_list(o.complaints()));
  if (!o.kept.empty()) parts.push_back("\"kept\":" + json_string(o.kept.string()));
  return fmt::format("{{{}}}", fmt::join(parts, ","));
}

}  // namespace td::verify
