#include "cli/dlq_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/suggest.hpp"
#include "config/units.hpp"
#include "pipeline/errc.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

std::string unknown_code(const std::string& code) {
  std::vector<std::string_view> known;
  for (const auto& row : errc_table())
    known.push_back(row.name);
  const auto hint = did_you_mean(suggestions(code, known));
  return fmt::format("--code {} is no code of a dead letter{}{}", td::quoted(code),
                     hint.empty() ? "; all of them: docs/producers.md" : "; ", hint);
}

}  // namespace

boost::system::result<std::optional<timestamp>, complaint> time_of(std::string_view option,
                                                                   const std::string& text,
                                                                   timestamp now) {
  if (text.empty()) return std::optional<timestamp>{};
  if (const auto t = parse_rfc3339(text)) return std::optional{*t};
  if (const auto ago = parse_duration(text)) return std::optional<timestamp>{now - *ago};
  return complaint{fmt::format(
      "{} {} is neither a time (2026-11-20T12:00:00Z) nor how long ago it was (90s, 30m, 2h, 3d)",
      option, td::quoted(text))};
}

void add_dlq_filter(CLI::App& command, dlq_selection& s, bool with_status) {
  command.add_option("--since", s.since, "Last failure no earlier than this, or this long ago")
      ->type_name("TIME");
  command.add_option("--before", s.before, "Last failure earlier than this, or longer ago")
      ->type_name("TIME");
  command.add_option("--topic", s.topic, "The topic begins with this")->type_name("PREFIX");
  command.add_option("--kind", s.kind, "The event's kind")->type_name("KIND");
  command.add_option("--stage", s.stage, "topic, scan, envelope, schema, mirror or consumer")
      ->type_name("STAGE");
  command.add_option("--code", s.code, "What was wrong, for example not_json")->type_name("CODE");
  command.add_option("--group", s.group, "The group's fingerprint begins with this")
      ->type_name("HEX");
  command
      .add_option_function<std::string>(
          "--consumer",
          [&s](const std::string& name) {
            s.consumer = name;
            s.consumer_given = true;
          },
          "Whose delivery failed; empty: refused by the pipeline")
      ->type_name("NAME");
  if (!with_status) return;
  command.add_option("--status", s.status, "open (the default), replayed, discarded or any")
      ->type_name("STATUS");
}

boost::system::result<dead_letter_filter, complaint> filter_of(const dlq_selection& s,
                                                               dead_letter_status usual,
                                                               timestamp now) {
  const auto since = time_of("--since", s.since, now);
  if (!since) return since.error();
  const auto before = time_of("--before", s.before, now);
  if (!before) return before.error();
  if (*since && *before && **since >= **before)
    return complaint{"--since is not earlier than --before: nothing can match"};
  if (!s.code.empty()) {
    // Also those that are no event's fault: a consumer's spent budget may end in timed_out.
    if (!errc_named(s.code)) return complaint{unknown_code(s.code)};
  }
  std::optional<dead_letter_status> status = usual;
  if (s.status == "any") {
    status.reset();
  } else if (!s.status.empty()) {
    status = dead_letter_status_named(s.status);
    if (!status) {
      return complaint{fmt::format("--status {} is none: open, replayed, discarded or any",
                                   td::quoted(s.status))};
    }
  }
  dead_letter_filter filter{.since = *since,
                            .before = *before,
                            .topic_prefix = s.topic,
                            .kind = s.kind,
                            .stage = s.stage,
                            .code = s.code,
                            .fingerprint = s.group,
                            .status = status,
                            .ids = s.ids};
  if (s.consumer_given) filter.consumer = s.consumer;
  return filter;
}

bool is_narrowed(const dead_letter_filter& filter) {
  auto rest = filter;
  rest.status.reset();
  return rest != dead_letter_filter{};
}

}  // namespace td
