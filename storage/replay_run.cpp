#include "storage/replay_run.hpp"

#include <map>
#include <numeric>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "pipeline/fault_point.hpp"

namespace td {

namespace {

using presence = replay_store::presence;

std::shared_ptr<const batch> batch_of(const replay_stretch& stretch,
                                      std::span<const std::size_t> items) {
  auto b = std::make_shared<batch>();
  b->from.lane = replay_lane;
  for (const auto i : items)
    b->add(stretch.items[i].topic, stretch.items[i].body, now());
  return b;
}

replay_refusal refusal_of(const checked_batch& checked, const rejected& r, std::size_t item) {
  replay_refusal out{.index = item, .stage = r.stage, .why = r.why};
  // As the pipeline groups them: only a schema that judged is part of the reason.
  if (r.sound && r.sound->schema_version > 0) {
    out.schema_version = r.sound->schema_version;
    out.about = fmt::format("{} {}", checked.kind(*r.sound), out.schema_version);
  }
  return out;
}

/// Why a text is no envelope that a consumer could be handed.
std::optional<failure> envelope_fault(std::string_view text) {
  boost::system::error_code bad;
  const auto value = boost::json::parse({text.data(), text.size()}, bad);
  if (bad) return failure{errc::not_json, bad.message()};
  if (!value.is_object()) return failure{errc::not_an_object, "the envelope is no object"};
  const auto member = [&](const char* name) -> std::string_view {
    const auto* m = value.as_object().if_contains(name);
    return m != nullptr && m->is_string() ? std::string_view{m->as_string()} : std::string_view{};
  };
  if (!parse_uuid(member("event_id")))
    return failure{errc::event_id_invalid, "the event_id is no UUID", "/event_id"};
  if (!parse_rfc3339(member("occurred_at")))
    return failure{errc::occurred_at_invalid, "the time is not RFC 3339", "/occurred_at"};
  return std::nullopt;
}

replay_store::expected_event expectation(const checked_batch& checked, const event& e) {
  return {e.event_id, e.occurred_at, std::string{checked.kind(e)}, std::string{checked.source(e)},
          std::string{checked.payload(e)}};
}

replay_refusal not_stored(std::size_t item, presence found) {
  replay_refusal out{.index = item, .stage = "mirror"};
  out.why = found == presence::different
                ? failure{errc::event_conflict,
                          "the mirror holds an event with this event_id and occurred_at and other "
                          "content; give this one an id of its own"}
                : failure{errc::refused_by_database, "the database did not take the row"};
  return out;
}

}  // namespace

result<replay_run::progress> replay_run::step(const replay_job& job, std::size_t most) {
  auto stretch = jobs_.read(job, most);
  if (!stretch) return stretch.error();
  progress p{.items = stretch->items.size(), .over = !stretch->more};
  if (!stretch->items.empty() || stretch->cursor != job.cursor) {
    auto outcome =
        job.request.target == replay_target::consumer ? order(job, *stretch) : send(job, *stretch);
    if (!outcome) return outcome.error();
    const auto settled = jobs_.settle(job, *stretch, *outcome, node_);
    if (!settled) return settled.error();
    p.passed = settled->passed;
    p.duplicate = settled->duplicate;
    p.refused = settled->refused;
  }
  if (!p.over) return p;
  if (auto r = jobs_.finish(job.id, std::nullopt, node_); !r) return r.error();
  return p;
}

/// To a consumer. A person may have edited a letter into something that is no envelope.
result<replay_outcome> replay_run::order(const replay_job& job, const replay_stretch& stretch) {
  replay_outcome out;
  std::vector<std::size_t> sound;
  std::vector<std::string> envelopes;
  for (std::size_t i = 0; i < stretch.items.size(); ++i) {
    if (auto why = envelope_fault(stretch.items[i].body)) {
      out.refused.push_back({.index = i, .stage = "consumer", .why = *std::move(why)});
      continue;
    }
    sound.push_back(i);
    envelopes.push_back(stretch.items[i].body);
  }
  const auto waiting = jobs_.ordered(job.request.consumer, envelopes);
  if (!waiting) return waiting.error();
  for (std::size_t n = 0; n < sound.size(); ++n)
    ((*waiting)[n] ? out.duplicate : out.passed).push_back(sound[n]);
  return out;
}

result<replay_outcome> replay_run::send(const replay_job& job, const replay_stretch& stretch) {
  replay_outcome out;
  std::vector<std::size_t> all(stretch.items.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto checked = check_.check(batch_of(stretch, all), now());
  for (const auto& r : checked.rejects)
    out.refused.push_back(refusal_of(checked, r, r.message));
  std::vector<replay_store::expected_event> expected;
  for (const auto& e : checked.events)
    expected.push_back(expectation(checked, e));

  const auto before = jobs_.look_up(expected);
  if (!before) return before.error();
  std::map<std::pair<uuid, timestamp>, std::size_t> firsts;  // of equal keys: places in `copied`
  std::vector<std::size_t> absent;                           // items
  std::vector<replay_store::expected_event> copied;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::size_t item = checked.events[i].message;
    switch ((*before)[i]) {
      case presence::same:
        out.duplicate.push_back(item);
        break;
      case presence::different:
        out.refused.push_back(not_stored(item, presence::different));
        break;
      case presence::absent: {
        const auto [first, is_new] =
            firsts.try_emplace({expected[i].event_id, expected[i].occurred_at}, copied.size());
        if (is_new) {
          absent.push_back(item);
          copied.push_back(std::move(expected[i]));
        } else if (copied[first->second] == expected[i]) {
          out.duplicate.push_back(item);
        } else {
          out.refused.push_back(not_stored(item, presence::different));
        }
        break;
      }
    }
  }
  if (job.request.dry_run || absent.empty()) {
    out.passed = std::move(absent);
    return out;
  }

  if (auto r = copy(stretch, absent); !r) return r.error();
  fault_point("replay.copied");
  const auto after = jobs_.look_up(copied);
  if (!after) return after.error();
  for (std::size_t i = 0; i < absent.size(); ++i) {
    if ((*after)[i] == presence::same) {
      out.passed.push_back(absent[i]);
    } else {
      out.refused.push_back(not_stored(absent[i], (*after)[i]));
    }
  }
  fault_point("replay.verified");
  return out;
}

result<void> replay_run::copy(const replay_stretch& stretch, std::span<const std::size_t> items) {
  const auto checked = check_.check(batch_of(stretch, items), now());
  // It passed a moment ago: the time or the schemas have moved on. Again, then.
  if (!checked.rejects.empty()) return failure{errc::overloaded, checked.rejects[0].why.detail};
  const auto written = mirror_.write(checked);
  if (!written) return written.error();
  return ok();
}

}  // namespace td
