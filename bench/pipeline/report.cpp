#include "bench/pipeline/report.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "bench/spread.hpp"

namespace td::bench {

namespace {

constexpr double mebibyte = 1u << 20;

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

std::string contender_row(const char* name, const std::vector<run_result>& runs) {
  const auto rate = over(runs, [](const run_result& r) { return r.rate / 1000; });
  const auto batch = over(runs, [](const run_result& r) {
    return static_cast<double>(r.truth.rows) / static_cast<double>(r.truth.batches);
  });
  const auto own = cpu_over(runs, &run_result::consumer);
  return fmt::format(
      "  {:<8} {:>6.1f}k ({:.1f}..{:.1f})  {:>5.2f} ({:.2f}..{:.2f})  {:>6.2f} {:>8.2f} {:>9.2f} "
      "{:>6.0f} {:>7.0f}\n",
      name, rate.median, rate.least, rate.most, own.median, own.least, own.most,
      cpu_over(runs, &run_result::broker).median, cpu_over(runs, &run_result::postgres).median,
      cpu_over(runs, &run_result::generator).median, batch.median, peak_mebibytes(runs));
}

std::string series_text(const series& s) {
  auto text = fmt::format(
      "\n{}: {} pairs\n"
      "  {:<8} {:<21} {:<20} {:>6} {:>8} {:>9} {:>6} {:>7}\n"
      "  {:<8} {:<21} {:<20} {:>6} {:>8} {:>9} {:>6} {:>7}\n",
      name_of(s.how), s.service.size(), "", "events/s", "own CPU", "broker", "postgres",
      "generator", "batch", "peak", "", "median (least..most)", "us per event", "us", "us", "us",
      "events", "MiB");
  text += contender_row("service", s.service);
  text += contender_row("limit", s.limit);
  const auto ratios = s.ratios();
  const auto ratio = spread_of(ratios);
  text += "  ratio pair by pair:";
  for (const double r : ratios)
    text += fmt::format(" {:.3f}", r);
  text += fmt::format("\n  median {:.3f}, quartiles {:.3f}..{:.3f}, least..most {:.3f}..{:.3f}\n",
                      ratio.median, ratio.lower_quartile, ratio.upper_quartile, ratio.least,
                      ratio.most);
  const auto other = [](const run_result& r) { return 100 * r.other_cpu; };
  text += fmt::format(
      "  the rest of the machine used {:.1f} % of it beside the service, {:.1f} % beside the limit"
      " (medians)\n",
      over(s.service, other).median, over(s.limit, other).median);
  return text;
}

std::string facts_text(const char* title, const facts& all) {
  std::string text = fmt::format("{}\n", title);
  for (const auto& [name, value] : all)
    text += fmt::format("  {:<14} {}\n", name, value);
  return text;
}

}  // namespace

std::vector<target> targets_of(const pipeline_results& r) {
  std::vector<target> all;
  double peak = 0;
  for (const auto& s : r.methods)
    peak = std::max(peak, peak_mebibytes(s.service));
  if (!r.methods.empty()) {
    const auto& first = r.methods.front();
    all.push_back({.what = fmt::format("rate of the limit, {}", name_of(first.how)),
                   .wanted = 0.9,
                   .found = spread_of(first.ratios()).median,
                   .at_least = true,
                   .unit = "x"});
    all.push_back({.what = fmt::format("service CPU per event, {}", name_of(first.how)),
                   .wanted = 8,
                   .found = cpu_over(first.service, &run_result::consumer).median,
                   .unit = "us"});
    all.push_back({.what = "peak memory, saturated", .wanted = 200, .found = peak, .unit = "MiB"});
  }
  all.push_back(
      {.what = "idle CPU, of one core", .wanted = 1, .found = 100 * r.idle_cpu, .unit = "%"});
  all.push_back({.what = "start to ready",
                 .wanted = 1000,
                 .found = spread_of(r.start_to_ready_ms).median,
                 .unit = "ms"});
  return all;
}

std::string to_text(const pipeline_results& r) {
  const auto& o = r.options;
  auto text = fmt::format("pipeline bench of {}\n", to_rfc3339(r.started_at));
  text += facts_text("machine", r.machine);
  text += facts_text("versions", r.versions);
  text += fmt::format(
      "load\n  {} events of 350 bytes per run, {} producers with a window of {}, QoS 1, MQTT 5\n"
      "  {} lanes, batches of up to {} events; every run stored exactly what was published\n",
      o.events, o.producers, o.window, o.lanes.lanes, o.lanes.batch_events);
  for (const auto& s : r.methods)
    text += series_text(s);
  if (r.paced) {
    const auto& l = *r.paced->latency;
    text += fmt::format(
        "\npaced: {:.0f} events/s due, {:.0f}/s stored; due to commit p50 {:.2f}, p99 {:.2f}, "
        "p99.9 {:.2f}, most {:.2f} ms\n",
        o.rate, r.paced->rate, l.p50_ms, l.p99_ms, l.p999_ms, l.most_ms);
  }
  text += fmt::format("\n{:<36} {:>12} {:>12}\n", "target", "wanted", "found");
  for (const auto& t : targets_of(r)) {
    text += fmt::format("{:<36} {:>2} {:>5g} {:<3} {:>8.3g} {:<3}  {}\n", t.what,
                        t.at_least ? ">=" : "<=", t.wanted, t.unit, t.found, t.unit,
                        t.holds() ? "holds" : "MISSED");
  }
  return text;
}

}  // namespace td::bench
