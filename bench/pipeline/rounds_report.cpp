#include "bench/pipeline/rounds_report.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace td::bench {

namespace {

constexpr double mebibyte = 1u << 20;

double rate_of(const run_result& r) {
  return r.rate;
}

std::string contender_row(const contender_runs& t) {
  const auto rate = over(t.runs, [](const run_result& r) { return r.rate / 1000; });
  const auto batch = over(t.runs, &run_result::batch_events);
  const auto own = cpu_over(t.runs, &run_result::consumer);
  return fmt::format(
      "  {:<14} {:>6.1f}k ({:.1f}..{:.1f})  {:>6.2f} ({:.2f}..{:.2f})  {:>6.2f} {:>8.2f} {:>9.2f} "
      "{:>6.0f} {:>7.0f}\n",
      t.name, rate.median, rate.least, rate.most, own.median, own.least, own.most,
      cpu_over(t.runs, &run_result::broker).median, cpu_over(t.runs, &run_result::postgres).median,
      cpu_over(t.runs, &run_result::generator).median, batch.median, peak_mebibytes(t.runs));
}

std::string facts_text(const char* title, const facts& all) {
  std::string text = fmt::format("{}\n", title);
  for (const auto& [name, value] : all)
    text += fmt::format("  {:<14} {}\n", name, value);
  return text;
}

std::string capitalised(std::string_view text) {
  std::string out{text};
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

const char* explanation_of(method how) {
  switch (how) {
    case method::backlog:
      return "All events are published first and wait in the broker; then the consumer starts and "
             "has the machine with broker and PostgreSQL.";
    case method::live:
      return "Producers publish as fast as the broker acknowledges, while the consumer runs: "
             "everybody shares the machine.";
    case method::paced:
      return "Producers publish at a fixed rate, whatever the others do (open loop).";
  }
  return "";
}

// -- figures ---

plot rate_plot(const rounds& r) {
  plot p{.title = fmt::format("{}: events per second, round by round", capitalised(name_of(r.how))),
         .x_label = "round",
         .y_label = "events/s"};
  for (const auto& t : r.turns) {
    plot_series s{
        .name = fmt::format("{}, median {:.1f}k", t.name, over(t.runs, rate_of).median / 1000),
        .as = plot_series::form::points};
    for (std::size_t i = 0; i < t.runs.size(); ++i) {
      s.x.push_back(static_cast<double>(i + 1));
      s.y.push_back(t.runs[i].rate);
    }
    p.series.push_back(std::move(s));
  }
  const auto slowest = [&](const auto& a, const auto& b) {
    return over(a.runs, rate_of).median < over(b.runs, rate_of).median;
  };
  const auto [low, high] = std::minmax_element(r.turns.begin(), r.turns.end(), slowest);
  // Contenders far apart would lie on the axis.
  p.y_logarithmic =
      !r.turns.empty() && over(high->runs, rate_of).median > 8 * over(low->runs, rate_of).median;
  return p;
}

plot ratio_plot(const rounds& r) {
  plot p{.title = fmt::format("{}: {} as a multiple of the others, round by round",
                              capitalised(name_of(r.how)), r.turns.front().name),
         .x_label = "round",
         .y_label = "times the other's rate"};
  for (std::size_t k = 1; k < r.turns.size(); ++k) {
    const auto ratios = r.ratios_to(k);
    const auto median = spread_of(ratios).median;
    plot_series s{.name = fmt::format("to {}, median {:.3g}", r.turns[k].name, median),
                  .y = ratios,
                  .as = plot_series::form::points};
    for (std::size_t i = 0; i < ratios.size(); ++i)
      s.x.push_back(static_cast<double>(i + 1));
    p.series.push_back(std::move(s));
    if (r.turns.size() == 2)
      p.marks.push_back({.at = median, .name = "median", .horizontal = true});
  }
  return p;
}

plot cpu_plot(const rounds& r) {
  plot p{.title = fmt::format("{}: where the CPU goes, per event (medians)",
                              capitalised(name_of(r.how))),
         .y_label = "us of CPU per event"};
  p.stacked = true;
  for (const auto& t : r.turns)
    p.x_names.push_back(t.name);
  const std::pair<const char*, cpu_time run_result::*> parts[] = {
      {"contender itself", &run_result::consumer},
      {"broker", &run_result::broker},
      {"PostgreSQL", &run_result::postgres},
      {"producers", &run_result::generator}};
  for (const auto& [name, part] : parts) {
    plot_series s{.name = name, .as = plot_series::form::bars};
    for (std::size_t i = 0; i < r.turns.size(); ++i) {
      s.x.push_back(static_cast<double>(i));
      s.y.push_back(cpu_over(r.turns[i].runs, part).median);
    }
    if (std::any_of(s.y.begin(), s.y.end(), [](double v) { return v > 0; }))
      p.series.push_back(std::move(s));
  }
  return p;
}

}  // namespace

spread over(const std::vector<run_result>& runs,
            const std::function<double(const run_result&)>& value) {
  std::vector<double> values;
  for (const auto& r : runs)
    values.push_back(value(r));
  return spread_of(std::move(values));
}

spread cpu_over(const std::vector<run_result>& runs, cpu_time run_result::*part) {
  return over(runs, [part](const run_result& r) { return r.microseconds_per_event(r.*part); });
}

double peak_mebibytes(const std::vector<run_result>& runs) {
  return over(runs, [](const run_result& r) { return static_cast<double>(r.peak_memory); }).most /
         mebibyte;
}

// -- text ---

std::string to_text(const bench_record& r) {
  return facts_text("machine", r.machine) + facts_text("versions", r.versions);
}

std::string to_text(const bench_setup& s) {
  return fmt::format(
      "load\n  {} events of 350 bytes per run, {} producers with a window of {}, QoS 1, MQTT 5\n"
      "  {} lanes, batches of up to {} events; every run stored exactly what was published\n",
      s.events, s.producers, s.window, s.lanes.lanes, s.lanes.batch_events);
}

std::string to_text(const rounds& r) {
  auto text = fmt::format(
      "\n{}: {} rounds\n"
      "  {:<14} {:<21} {:<21} {:>6} {:>8} {:>9} {:>6} {:>7}\n"
      "  {:<14} {:<21} {:<21} {:>6} {:>8} {:>9} {:>6} {:>7}\n",
      name_of(r.how), r.turns.front().runs.size(), "", "events/s", "own CPU", "broker", "postgres",
      "generator", "batch", "peak", "", "median (least..most)", "us per event", "us", "us", "us",
      "events", "MiB");
  for (const auto& t : r.turns)
    text += contender_row(t);
  for (std::size_t k = 1; k < r.turns.size(); ++k) {
    const auto ratios = r.ratios_to(k);
    const auto ratio = spread_of(ratios);
    text += fmt::format("  {} / {}, round by round:", r.turns.front().name, r.turns[k].name);
    for (const double one : ratios)
      text += fmt::format(" {:.3f}", one);
    text += fmt::format(
        "\n    median {:.3f}, quartiles {:.3f}..{:.3f}, least..most {:.3f}..{:.3f}\n", ratio.median,
        ratio.lower_quartile, ratio.upper_quartile, ratio.least, ratio.most);
  }
  text += "  the rest of the machine used";
  for (const auto& t : r.turns) {
    text += fmt::format(
        "{} {:.1f} % of it beside {}", &t == &r.turns.front() ? "" : ",",
        over(t.runs, [](const run_result& one) { return 100 * one.other_cpu; }).median, t.name);
  }
  return text + " (medians)\n";
}

// -- page ---

void add_rounds(report_page& page, const rounds& r) {
  page.heading(fmt::format("{}: {} interleaved rounds", capitalised(name_of(r.how)),
                           r.turns.front().runs.size()));
  page.paragraph(explanation_of(r.how));
  std::vector<std::vector<std::string>> rows;
  for (std::size_t k = 0; k < r.turns.size(); ++k) {
    const auto& t = r.turns[k];
    const auto rate = over(t.runs, rate_of);
    const auto ratio = spread_of(r.ratios_to(k));
    const auto cpu = [&](cpu_time run_result::*part) {
      return fmt::format("{:.2f}", cpu_over(t.runs, part).median);
    };
    rows.push_back(
        {t.name, fmt::format("{:.1f}k", rate.median / 1000),
         fmt::format("{:.1f}k\u2013{:.1f}k", rate.least / 1000, rate.most / 1000),
         k == 0 ? "" : fmt::format("{:.3g}", ratio.median),
         k == 0 ? ""
                : fmt::format("{:.3g}\u2013{:.3g}", ratio.lower_quartile, ratio.upper_quartile),
         cpu(&run_result::consumer), fmt::format("{:.0f}", peak_mebibytes(t.runs))});
  }
  page.table({"", "Events/s, median", "Least\u2013most",
              fmt::format("{} / it, median", capitalised(r.turns.front().name)), "Quartiles",
              "Own CPU, us/event", "Peak MiB"},
             rows);
  page.figure(rate_plot(r));
  if (r.turns.size() > 1) page.figure(ratio_plot(r));
  page.figure(cpu_plot(r));
}

void add_record(report_page& page, const bench_setup& s, const bench_record& r) {
  page.heading("Load");
  page.paragraph(fmt::format(
      "{} events of 350 bytes in each run, {} producers with a window of {}, QoS 1, MQTT 5; {} "
      "lanes, batches of up to {} events. A run counts only if exactly what was published is "
      "there: "
      "number and sum of the ids.",
      s.events, s.producers, s.window, s.lanes.lanes, s.lanes.batch_events));
  page.heading("Machine");
  page.facts(r.machine);
  page.heading("Versions");
  page.facts(r.versions);
  page.heading("Command");
  page.listing(r.command);
}

}  // namespace td::bench
