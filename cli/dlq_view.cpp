#include "cli/dlq_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/excerpt.hpp"
#include "cli/text_width.hpp"
#include "pipeline/json_place.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

using namespace terminal;

// Columns of a table that hold text from elsewhere, so that a row stays within some 150.
constexpr std::size_t place_columns = 28;
constexpr std::size_t topic_columns = 36;
constexpr std::size_t kind_columns = 20;

/// The text if it is short enough, else its beginning and "...".
std::string cut(std::string_view text, std::size_t columns) {
  const auto shown = visible(text);
  if (width_of(shown) <= columns) return shown;
  std::string_view rest{shown};
  for (auto left = columns - 3; !rest.empty();) {
    const auto c = first_character(rest);
    const auto width = width_of(c.code_point);
    if (width > left) break;
    left -= width;
    rest.remove_prefix(c.size);
  }
  return shown.substr(0, shown.size() - rest.size()) + "...";
}

cell head(std::string text, bool right = false) {
  return {std::move(text), colour::dim, right};
}
cell number(std::uint64_t n) {
  return {grouped(n), colour::none, true};
}

std::string place_of(const dead_letter_summary& l) {
  return l.pointer.empty() ? std::string{"-"} : cut(l.pointer, place_columns);
}

cell status_cell(const dead_letter_summary& l) {
  const auto c = l.status == dead_letter_status::open       ? colour::yellow
                 : l.status == dead_letter_status::replayed ? colour::green
                                                            : colour::dim;
  return {fmt::format("{}{}", name_of(l.status), l.edited ? ", edited" : ""), c};
}

std::string listed(const std::vector<std::string>& samples, std::size_t columns) {
  if (samples.empty()) return "-";
  auto text = cut(samples.front(), columns);
  if (samples.size() > 1)
    text += fmt::format(" +{}{}", samples.size() - 1,
                        samples.size() == dead_letter_group::samples ? " or more" : "");
  return text;
}

std::string time_and_age(timestamp t, timestamp now) {
  const auto text = to_rfc3339(t);  // 2026-11-20T12:00:00.123456Z
  return fmt::format("{} {} UTC, {}", text.substr(0, 10), text.substr(11, 8), ago(t, now));
}

/// What is known, by name. What is not known has no row.
std::string facts(const output& to, const dead_letter_summary& l, timestamp now) {
  std::vector<row> rows;
  const auto say = [&](const char* name, std::string value) {
    if (!value.empty()) rows.push_back({{name, colour::dim}, {std::move(value)}});
  };
  say("stage", l.stage);
  say("place", l.pointer);
  say("topic", l.topic);
  say("kind", l.kind);
  say("source", l.source);
  if (l.event_id) say("event id", to_string(*l.event_id));
  if (l.occurred_at) say("occurred at", to_rfc3339(*l.occurred_at));
  if (l.schema_version > 0) say("schema version", std::to_string(l.schema_version));
  say("consumer", l.consumer);
  say("attempts", grouped(static_cast<std::uint64_t>(l.attempts)));
  say("first failure", time_and_age(l.first_failure, now));
  say("last failure", time_and_age(l.last_failure, now));
  say("group", l.fingerprint);
  say("id", l.id);
  return aligned(to, rows);
}

std::string history_of(const output& to, const dead_letter& letter, timestamp now) {
  std::vector<row> rows;
  for (const auto& h : letter.history) {
    rows.push_back({{time_and_age(h.at, now), colour::dim},
                    {h.actor},
                    {h.action},
                    {h.job ? fmt::format("{} (job {})", h.detail, *h.job) : h.detail}});
  }
  return aligned(to, rows);
}

std::string caption(const output& to, std::string_view what, std::size_t bytes) {
  return fmt::format("\n{}, {}\n", paint(to, colour::bold, what), counted(bytes, "byte"));
}

}  // namespace

std::string short_id(std::string_view id) {
  return std::string{id.substr(0, shown_id_digits)};
}

std::string ago(timestamp t, timestamp now) {
  return short_duration(now - t) + " ago";
}

failure reason_of(const dead_letter_summary& l) {
  return {errc_named(l.code).value_or(errc::internal), l.detail, l.pointer};
}

std::string render_letters(const output& to, const std::vector<dead_letter_summary>& letters,
                           timestamp now) {
  if (letters.empty()) return "  no dead letters\n";
  std::vector<row> rows{{head("id"), head("last failure", true), head("code"), head("place"),
                         head("topic"), head("kind"), head("attempts", true), head("status")}};
  for (const auto& l : letters) {
    rows.push_back({{short_id(l.id)},
                    {ago(l.last_failure, now), colour::none, true},
                    {l.code},
                    {place_of(l)},
                    {cut(l.topic, topic_columns)},
                    {l.kind.empty() ? "-" : cut(l.kind, kind_columns)},
                    number(static_cast<std::uint64_t>(l.attempts)),
                    status_cell(l)});
  }
  return aligned(to, rows);
}

std::string render_groups(const output& to, const std::vector<dead_letter_group>& groups,
                          timestamp now) {
  if (groups.empty()) return "  no dead letters\n";
  std::vector<row> rows{{head("group"), head("letters", true), head("attempts", true),
                         head("last day", true), head("last hour", true), head("first", true),
                         head("last", true), head("code"), head("place"), head("topics"),
                         head("kinds"), head("newest")}};
  for (const auto& g : groups) {
    rows.push_back({{short_id(g.fingerprint)},
                    number(g.letters),
                    number(g.attempts),
                    number(g.last_day),
                    {grouped(g.last_hour), g.last_hour > 0 ? colour::yellow : colour::none, true},
                    {ago(g.first_failure, now), colour::none, true},
                    {ago(g.last_failure, now), colour::none, true},
                    {g.sample.code},
                    {place_of(g.sample)},
                    {listed(g.topics, topic_columns)},
                    {listed(g.kinds, kind_columns)},
                    {short_id(g.sample.id)}});
  }
  return aligned(to, rows);
}

std::string render_letter(const output& to, const dead_letter& letter,
                          const std::optional<failure>& edited_fault, std::size_t columns,
                          timestamp now) {
  const auto& l = letter.about;
  const auto why = reason_of(l);
  const auto status = status_cell(l);
  auto text = fmt::format("{} {}  {}\n", paint(to, colour::bold, "dead letter"), short_id(l.id),
                          paint(to, status.paint, status.text));
  const bool known = errc_named(l.code).has_value();
  text += fmt::format(
      "  {}\n  {}\n\n",
      paint(to, colour::red,
            known ? fmt::format("{}: {}", l.code, sentence_of(why.code)) : visible(l.code)),
      visible(l.detail));
  text += facts(to, l, now);

  const excerpt_limits limits{.columns = columns};
  text += caption(to, "as it was delivered", letter.raw.size());
  const auto place = find_place(letter.raw, why);
  if (place && !place->exact)
    text += fmt::format("  {} is not there; this is where it belongs\n", visible(l.pointer));
  text += render_excerpt(to, letter.raw, place, limits);
  if (letter.edited) {
    text += caption(to, "as it was edited", letter.edited->size());
    text += edited_fault ? fmt::format("  {} {}\n", paint(to, colour::red, "would be refused:"),
                                       visible(to_string(*edited_fault)))
                         : fmt::format("  {}\n", paint(to, colour::green, "would pass now"));
    const auto faulty = edited_fault ? find_place(*letter.edited, *edited_fault) : std::nullopt;
    text += render_excerpt(to, *letter.edited, faulty, limits);
  }
  if (!letter.history.empty())
    text +=
        fmt::format("\n{}\n{}", paint(to, colour::bold, "history"), history_of(to, letter, now));
  return text;
}

}  // namespace td
