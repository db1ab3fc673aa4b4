#include "bench/soak/soak_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/json_of.hpp"
#include "bench/latency/latency_report.hpp"
#include "bench/latency/open_json.hpp"

namespace td::bench {

namespace {

constexpr double mebibyte = 1u << 20;

using cells = std::vector<std::string>;

/// "memory: flat: 36.2 MiB, +0.01 MiB (95 %: -0.02 to +0.04) over 590 s; up to 1.00 may be".
std::string course_text(std::string_view what, const soak_course& c, double unit,
                        std::string_view unit_name) {
  if (!c.line.known)
    return fmt::format("{}: undecided: too few samples for a trend, run longer", what);
  const auto over_span = [&](double slope) { return slope * c.line.span / unit; };
  return fmt::format(
      "{}: {}: {:.1f}{} on average, {:+.2f} over {:.0f} s (95 %: {:+.2f} to "
      "{:+.2f}); {:.2f} is the bound",
      what, name_of(c.verdict), c.line.level / unit, unit_name, over_span(c.line.slope),
      c.line.span, over_span(c.line.low), over_span(c.line.high), c.tolerance / unit);
}

std::vector<std::string> courses(const soak_results& r) {
  return {course_text("memory of the service", memory_course(r.samples), mebibyte, " MiB"),
          course_text("open descriptors", descriptor_course(r.samples), 1, "")};
}

/// What is neither a target that holds nor one that is missed.
std::vector<std::string> undecided(const soak_results& r) {
  std::vector<std::string> all;
  const auto add = [&](std::string_view what, course c) {
    if (c == course::undecided)
      all.push_back(fmt::format("growth of {} is undecided: run longer", what));
  };
  add("memory", memory_course(r.samples).verdict);
  add("open descriptors", descriptor_course(r.samples).verdict);
  return all;
}

std::string counts_text(const soak_results& r) {
  const auto& t = r.run.truth;
  const auto& l = r.run.load;
  return fmt::format(
      "{} different events published, {} stored, {} dead letters, nothing lost, "
      "nothing twice; {} repetitions sent",
      l.published, t.rows, t.dead_letters, l.duplicates);
}

std::string load_text(const soak_results& r) {
  return fmt::format("'{}', {} bytes, {} producers, {} lanes; the broker: {}",
                     to_text(r.options.profile), to_text(r.options.mix.sizes), r.options.producers,
                     r.options.lanes.lanes, saves_text(r.run.saves));
}

const cells columns{"from s", "events", "p50 ms", "p99 ms", "p99.9 ms", "most ms"};

cells latency_cells(std::string first, const commit_latency& l) {
  return {std::move(first),
          fmt::format("{}", l.events),
          fmt::format("{:.2f}", l.p50_ms),
          fmt::format("{:.2f}", l.p99_ms),
          fmt::format("{:.2f}", l.p999_ms),
          fmt::format("{:.2f}", l.most_ms)};
}

std::vector<cells> table_of(const soak_results& r) {
  std::vector<cells> rows;
  for (const auto& s : r.run.steps) {
    const double at = std::chrono::duration<double>(s.at - r.run.load.started_at).count();
    rows.push_back(latency_cells(fmt::format("{:.0f}", at), s.latency));
  }
  rows.push_back(latency_cells("all", r.run.all));
  rows.push_back(latency_cells("away from saves", r.run.away_from_save));
  return rows;
}

plot sample_plot(const char* title, const char* y_label, const soak_results& r,
                 double soak_sample::*figure, double unit) {
  plot_series s{.name = "service"};
  for (const auto& sample : r.samples) {
    s.x.push_back(sample.seconds);
    s.y.push_back(sample.*figure / unit);
  }
  return {.title = title,
          .x_label = "time since the load began, s",
          .y_label = y_label,
          .series = {std::move(s)}};
}

boost::json::object json_of_course(const soak_course& c) {
  return {{"verdict", std::string{name_of(c.verdict)}},
          {"level", c.line.level},
          {"slope_per_second", c.line.slope},
          {"slope_low", c.line.low},
          {"slope_high", c.line.high},
          {"span_s", c.line.span},
          {"tolerance", c.tolerance}};
}

}  // namespace

std::string_view name_of(course c) noexcept {
  switch (c) {
    case course::flat:
      return "flat";
    case course::grows:
      return "grows";
    case course::undecided:
      return "undecided";
  }
  return "";
}

std::vector<target> targets_of(const soak_results& r) {
  std::vector<target> all;
  const auto add = [&](const char* what, const soak_course& c, double unit, const char* name) {
    if (c.verdict == course::undecided) return;
    all.push_back({.what = fmt::format("{} over {:.0f} s, growth", what, c.line.span),
                   .wanted = c.tolerance / unit,
                   .found = c.line.slope * c.line.span / unit,
                   .unit = name});
  };
  add("memory", memory_course(r.samples), mebibyte, "MiB");
  add("open descriptors", descriptor_course(r.samples), 1, "");
  return all;
}

bool holds(const soak_results& r) {
  return memory_course(r.samples).verdict != course::grows &&
         descriptor_course(r.samples).verdict != course::grows;
}

std::string to_text(const soak_results& r) {
  auto text = fmt::format("soak bench of {}\n", to_rfc3339(r.started_at));
  for (const auto& [name, value] : r.machine)
    text += fmt::format("  {:<14} {}\n", name, value);
  text += fmt::format("load\n  {}\n\n", load_text(r));
  const auto line = [&](const cells& c) {
    text +=
        fmt::format("{:<16} {:>10} {:>9} {:>9} {:>9} {:>9}\n", c[0], c[1], c[2], c[3], c[4], c[5]);
  };
  text += "due to commit\n";
  line(columns);
  for (const auto& row : table_of(r))
    line(row);
  text += "\n" + counts_text(r) + "\n";
  for (const auto& c : courses(r))
    text += c + "\n";
  if (const auto why = distrust(r.run.load)) text += "do not trust the latencies: " + *why + "\n";
  return text;
}

std::string to_json(const soak_results& r) {
  namespace json = boost::json;
  json::array samples;
  for (const auto& s : r.samples)
    samples.emplace_back(json::array{s.seconds, s.memory, s.descriptors});
  return json::serialize(json::object{{"bench", "soak"},
                                      {"started_at", to_rfc3339(r.started_at)},
                                      {"command", r.options.command_line},
                                      {"machine", json_of(r.machine)},
                                      {"versions", json_of(r.versions)},
                                      {"profile", to_text(r.options.profile)},
                                      {"run", json_of(r.run)},
                                      {"memory", json_of_course(memory_course(r.samples))},
                                      {"descriptors", json_of_course(descriptor_course(r.samples))},
                                      {"targets", json_each(targets_of(r))},
                                      {"remarks", json_each(undecided(r))},
                                      {"samples_seconds_bytes_descriptors", std::move(samples)}}) +
         "\n";
}

report_page to_page(const soak_results& r) {
  report_page page{"TaylorDash: soak"};
  const auto memory = memory_course(r.samples).verdict;
  const auto descriptors = descriptor_course(r.samples).verdict;
  const bool flat = memory == course::flat && descriptors == course::flat;
  page.verdict(fmt::format("Memory {}, descriptors {}; {} events, every one stored once",
                           name_of(memory), name_of(descriptors), r.run.load.published),
               !holds(r) ? verdict_tone::bad
               : flat    ? verdict_tone::good
                         : verdict_tone::neutral);
  page.paragraph(load_text(r) + ".");
  page.paragraph(counts_text(r) + ".");
  if (const auto why = distrust(r.run.load))
    page.paragraph("Do not trust the latencies: " + *why + ".");
  page.heading("What the service holds");
  for (const auto& c : courses(r))
    page.paragraph(c + ".");
  page.figure(sample_plot("Resident memory", "MiB", r, &soak_sample::memory, mebibyte));
  page.figure(sample_plot("Open descriptors", "descriptors", r, &soak_sample::descriptors, 1));
  page.heading("Due to commit");
  page.figure(latency_plot("Latency over the run", r.run));
  page.table(columns, table_of(r));
  page.heading("Machine");
  page.facts(r.machine);
  page.heading("Versions");
  page.facts(r.versions);
  page.listing(r.options.command_line);
  return page;
}

}  // namespace td::bench
