#include "bench/latency/latency_report.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "bench/json_of.hpp"
#include "bench/latency/open_json.hpp"
#include "bench/spread.hpp"

namespace td::bench {

namespace {

using std::chrono::microseconds;

double median_over(const latency_results& r, const std::function<double(const open_result&)>& of) {
  std::vector<double> values;
  for (const auto& run : r.runs)
    values.push_back(of(run));
  return spread_of(std::move(values)).median;
}

double seconds(microseconds t) {
  return std::chrono::duration<double>(t).count();
}

using cells = std::vector<std::string>;

cells latency_cells(std::string run, std::string which, const commit_latency& l) {
  if (l.events == 0) return {std::move(run), std::move(which), "0", "", "", "", ""};
  return {std::move(run),
          std::move(which),
          fmt::format("{}", l.events),
          fmt::format("{:.2f}", l.p50_ms),
          fmt::format("{:.2f}", l.p99_ms),
          fmt::format("{:.2f}", l.p999_ms),
          fmt::format("{:.2f}", l.most_ms)};
}

cells histogram_cells(std::string which, const histogram& h) {
  const auto ms = [&](double q) {
    return fmt::format("{:.2f}", static_cast<double>(h.at(q).count()) / 1000);
  };
  return {"", std::move(which), fmt::format("{}", h.count()), ms(0.5), ms(0.99), ms(0.999), ms(1)};
}

const cells columns{"run", "events", "number", "p50 ms", "p99 ms", "p99.9 ms", "most ms"};

std::vector<cells> table_of(const latency_results& r) {
  std::vector<cells> rows;
  for (std::size_t i = 0; i < r.runs.size(); ++i) {
    const auto& run = r.runs[i];
    rows.push_back(latency_cells(std::to_string(i + 1), "due to commit, away from a save",
                                 run.away_from_save));
    rows.push_back(latency_cells(
        "", fmt::format("due to commit, delayed by {}", saves_text(run.saves)), run.during_save));
    rows.push_back(latency_cells("", "due to commit, all", run.all));
    rows.push_back(histogram_cells("due to the broker's PUBACK", run.load.acknowledged));
    rows.push_back(histogram_cells("due to socket: the generator's lateness", run.load.lateness));
  }
  return rows;
}

std::string load_text(const latency_results& r) {
  auto text = fmt::format("{} x '{}'", r.runs.size(), to_text(r.profile));
  if (r.capacity > 0) text += fmt::format(", half of the {:.0f}/s of a saturated run", r.capacity);
  const auto& m = r.options.mix;
  text +=
      fmt::format("; {} bytes, {} producers with a window of {}, QoS 1, MQTT 5, {} lanes",
                  to_text(m.sizes), r.options.producers, r.options.window, r.options.lanes.lanes);
  if (m.invalid + m.duplicate + m.out_of_order > 0) {
    text += fmt::format("; {} % invalid, {} % repeated, {} % out of order", m.invalid, m.duplicate,
                        m.out_of_order);
  }
  return text;
}

std::string note_of(const latency_results& r) {
  return fmt::format(
      "An event's latency counts from the moment at which it was due, whether it was sent then or "
      "not, to the stamp that the last statement of its transaction sets. The COMMIT itself comes "
      "on top: {:.2f} ms here (median of 50 empty ones, nothing else running).",
      r.commit_ms);
}

std::vector<std::string> distrusted(const latency_results& r) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < r.runs.size(); ++i) {
    if (const auto why = distrust(r.runs[i].load))
      all.push_back(fmt::format("Do not trust run {}: {}.", i + 1, *why));
  }
  return all;
}

std::string cpu_text(const latency_results& r) {
  const auto us = [&](auto part) {
    return median_over(r, [&](const open_result& run) {
      return static_cast<double>(part(run).total().count()) * 1000 /
             static_cast<double>(std::max<std::uint64_t>(run.load.sent(), 1));
    });
  };
  return fmt::format(
      "service {:.2f}, broker {:.2f}, PostgreSQL {:.2f}, generator {:.2f} us of CPU per event",
      us([](const open_result& o) { return o.consumer; }),
      us([](const open_result& o) { return o.broker; }),
      us([](const open_result& o) { return o.postgres; }),
      us([](const open_result& o) { return o.load.used; }));
}

std::string facts_text(const char* title, const facts& all) {
  auto text = fmt::format("{}\n", title);
  for (const auto& [name, value] : all)
    text += fmt::format("  {:<14} {}\n", name, value);
  return text;
}

std::string counts_text(const open_result& r) {
  return fmt::format(
      "{} different events published, {} stored, {} dead letters, {} repetitions "
      "sent, {} met their original",
      r.load.published, r.truth.rows, r.truth.dead_letters, r.load.duplicates, r.truth.duplicates);
}

}  // namespace

std::string saves_text(const std::vector<time_span>& saves) {
  if (saves.empty()) return "no save";
  double all = 0;
  for (const auto& s : saves)
    all += seconds(s.to - s.from);
  return fmt::format("{} save{}, {:.2f} s", saves.size(), saves.size() == 1 ? "" : "s", all);
}

std::vector<target> targets_of(const latency_results& r) {
  if (r.capacity <= 0 || r.runs.empty()) return {};
  struct {
    const char* what;
    double wanted;
    double commit_latency::*found;
  } const wanted[] = {{"p50", 5, &commit_latency::p50_ms},
                      {"p99", 25, &commit_latency::p99_ms},
                      {"p99.9", 100, &commit_latency::p999_ms}};
  std::vector<target> all;
  for (const auto& w : wanted) {
    all.push_back({.what = fmt::format("due to commit at half of capacity, {}", w.what),
                   .wanted = w.wanted,
                   .found = median_over(
                       r, [&](const open_result& run) { return run.away_from_save.*w.found; }),
                   .unit = "ms"});
  }
  return all;
}

plot latency_plot(const std::string& title, const open_result& r) {
  plot p{.title = title,
         .x_label = "time since the load began, s",
         .y_label = "due to commit, ms",
         .y_logarithmic = true};
  struct {
    const char* name;
    double commit_latency::*value;
  } const lines[] = {{"p50", &commit_latency::p50_ms},
                     {"p99", &commit_latency::p99_ms},
                     {"most", &commit_latency::most_ms}};
  for (const auto& line : lines) {
    plot_series s{.name = line.name};
    for (const auto& step : r.steps) {
      s.x.push_back(seconds(step.at - r.load.started_at));
      s.y.push_back(step.latency.*line.value);
    }
    p.series.push_back(std::move(s));
  }
  // More would hide the lines.
  if (r.saves.size() <= 12) {
    for (const auto& s : r.saves)
      p.marks.push_back({.at = std::max(0.0, seconds(s.from - r.load.started_at)), .name = "save"});
  }
  return p;
}

std::string to_text(const latency_results& r) {
  auto text = fmt::format("latency bench of {}\n", to_rfc3339(r.started_at));
  text += facts_text("machine", r.machine);
  text += facts_text("versions", r.versions);
  text += fmt::format("load\n  {}\n\n", load_text(r));
  const auto line = [&](const cells& c) {
    text += fmt::format("{:<4} {:<42} {:>10} {:>9} {:>9} {:>9} {:>9}\n", c[0], c[1], c[2], c[3],
                        c[4], c[5], c[6]);
  };
  line(columns);
  for (const auto& row : table_of(r))
    line(row);
  text += "\n";
  for (std::size_t i = 0; i < r.runs.size(); ++i)
    text += fmt::format("run {}: {}\n", i + 1, counts_text(r.runs[i]));
  text += fmt::format("{}\n{}\n", cpu_text(r), note_of(r));
  for (const auto& why : distrusted(r))
    text += why + "\n";
  const auto targets = targets_of(r);
  if (targets.empty()) return text;
  text += "\nmedians of the runs, away from a save\n" + to_text(targets);
  return text;
}

std::string to_json(const latency_results& r) {
  namespace json = boost::json;
  json::object all{{"bench", "latency"},
                   {"started_at", to_rfc3339(r.started_at)},
                   {"command", r.options.command_line},
                   {"machine", json_of(r.machine)},
                   {"versions", json_of(r.versions)},
                   {"profile", to_text(r.profile)},
                   {"sizes", to_text(r.options.mix.sizes)},
                   {"saturated_events_per_second", r.capacity},
                   {"commit_ms", r.commit_ms},
                   {"seed", r.options.seed}};
  all["runs"] = json_each(r.runs);
  all["targets"] = json_each(targets_of(r));
  return json::serialize(all) + "\n";
}

report_page to_page(const latency_results& r) {
  report_page page{"TaylorDash: latency, due to commit"};
  const auto targets = targets_of(r);
  const auto p99 = median_over(r, [](const open_result& run) { return run.away_from_save.p99_ms; });
  const bool hold =
      std::all_of(targets.begin(), targets.end(), [](const target& t) { return t.holds(); });
  const auto tone = !distrusted(r).empty() ? verdict_tone::bad
                    : targets.empty()      ? verdict_tone::neutral
                    : hold                 ? verdict_tone::good
                                           : verdict_tone::bad;
  page.verdict(fmt::format("{:.0f} events/s: 99 % are committed within {:.1f} ms, away from a "
                           "broker's save",
                           r.profile.highest_rate(), p99),
               tone);
  for (const auto& why : distrusted(r))
    page.paragraph(why);
  page.paragraph(load_text(r));
  add_targets(page, targets);
  page.heading("Latency");
  page.table(columns, table_of(r));
  page.paragraph(note_of(r));
  for (std::size_t i = 0; i < r.runs.size(); ++i)
    page.figure(latency_plot(fmt::format("Run {}, second by second", i + 1), r.runs[i]));
  page.heading("What was published and what was found");
  for (std::size_t i = 0; i < r.runs.size(); ++i)
    page.paragraph(fmt::format("Run {}: {}.", i + 1, counts_text(r.runs[i])));
  page.paragraph(cpu_text(r) + ".");
  page.heading("Machine");
  page.facts(r.machine);
  page.heading("Versions");
  page.facts(r.versions);
  page.listing(r.options.command_line);
  return page;
}

}  // namespace td::bench
