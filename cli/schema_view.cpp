#include "cli/schema_view.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace td {

using namespace terminal;

namespace {

colour colour_of(schema_state s) {
  switch (s) {
    case schema_state::active:
      return colour::green;
    case schema_state::candidate:
      return colour::yellow;
    case schema_state::retired:
      break;
  }
  return colour::dim;
}

/// To the second: "2026-11-21 14:03:22Z".
std::string short_time(timestamp t) {
  auto text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(t)).substr(0, 19) + "Z";
  text[10] = ' ';
  return text;
}

}  // namespace

std::string render_schemas(const output& to, const std::vector<stored_schema>& all) {
  std::vector<row> rows{{{"KIND", colour::dim},
                         {"VERSION", colour::dim, true},
                         {"STATE", colour::dim},
                         {"SINCE", colour::dim},
                         {"BY", colour::dim},
                         {"ORIGIN", colour::dim}}};
  for (const auto& s : all) {
    rows.push_back({{s.kind},
                    {std::to_string(s.version), colour::none, true},
                    {std::string{name_of(s.state)}, colour_of(s.state)},
                    {short_time(s.changed_at)},
                    {visible(s.changed_by)},
                    {s.shipped ? "shipped" : "added"}});
  }
  return aligned(to, rows, "");
}

std::string schemas_json(const std::vector<stored_schema>& all) {
  std::string out;
  for (const auto& s : all) {
    out += boost::json::serialize(boost::json::object{{"kind", s.kind},
                                                      {"version", s.version},
                                                      {"state", name_of(s.state)},
                                                      {"origin", s.shipped ? "shipped" : "added"},
                                                      {"added_at", to_rfc3339(s.added_at)},
                                                      {"added_by", s.added_by},
                                                      {"changed_at", to_rfc3339(s.changed_at)},
                                                      {"changed_by", s.changed_by}}) +
           "\n";
  }
  return out;
}

std::string render_shadow(const output& to, const shadow_counts& counts, std::string_view of_what) {
  auto out = fmt::format("{} version {} against {} {}\n", counts.kind, counts.version,
                         grouped(counts.checked), of_what);
  if (counts.checked == 0) return out;
  if (counts.failed == 0) return out + paint(to, colour::green, "all of them pass") + "\n";
  out += paint(to, colour::red,
               fmt::format("{} would fail ({:.3g} %)", grouped(counts.failed),
                           100.0 * static_cast<double>(counts.failed) /
                               static_cast<double>(counts.checked))) +
         "\n\n";
  std::vector<row> rows{
      {{"EVENTS", colour::dim, true}, {"KEYWORD", colour::dim}, {"AT", colour::dim}, {""}}};
  for (const auto& f : counts.failures) {
    rows.push_back({{grouped(f.failed), colour::none, true},
                    {f.keyword},
                    {f.pointer.empty() ? "(the payload)" : visible(f.pointer)},
                    {""}});
    for (const auto& s : f.samples) {
      rows.push_back(
          {{""}, {""}, {to_string(s.event_id), colour::dim}, {visible(s.sentence), colour::dim}});
    }
  }
  return out + aligned(to, rows);
}

std::string shadow_json(const shadow_counts& counts) {
  boost::json::array failures;
  for (const auto& f : counts.failures) {
    boost::json::array samples;
    for (const auto& s : f.samples) {
      samples.push_back({{"event_id", to_string(s.event_id)},
                         {"occurred_at", to_rfc3339(s.occurred_at)},
                         {"pointer", s.pointer},
                         {"sentence", s.sentence}});
    }
    failures.push_back({{"pointer", f.pointer},
                        {"keyword", f.keyword},
                        {"failed", f.failed},
                        {"samples", std::move(samples)}});
  }
  return boost::json::serialize(boost::json::object{{"kind", counts.kind},
                                                    {"version", counts.version},
                                                    {"checked", counts.checked},
                                                    {"failed", counts.failed},
                                                    {"failures", std::move(failures)}}) +
         "\n";
}

}  // namespace td
