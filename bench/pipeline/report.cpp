#include "bench/pipeline/report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/json_of.hpp"
#include "bench/pipeline/rounds_report.hpp"
#include "bench/spread.hpp"

namespace td::bench {

std::vector<target> targets_of(const pipeline_results& r) {
  std::vector<target> all;
  double peak = 0;
  for (const auto& m : r.methods)
    peak = std::max(peak, peak_mebibytes(m.turns.front().runs));
  if (!r.methods.empty()) {
    const auto& first = r.methods.front();
    all.push_back({.what = fmt::format("rate of the limit, {}", name_of(first.how)),
                   .wanted = 0.9,
                   .found = spread_of(first.ratios_to(1)).median,
                   .at_least = true,
                   .unit = "x"});
    all.push_back({.what = fmt::format("service CPU per event, {}", name_of(first.how)),
                   .wanted = 8,
                   .found = cpu_over(first.turns.front().runs, &run_result::consumer).median,
                   .unit = "us"});
    all.push_back({.what = "peak memory, saturated", .wanted = 200, .found = peak, .unit = "MiB"});
  }
  all.push_back(
      {.what = "idle CPU, of one core", .wanted = 1, .found = 100 * r.idle_cpu, .unit = "%"});
  all.push_back({.what = "start to ready",
                 .wanted = 1000,
                 .found = spread_of(r.start_to_ready_ms).median,
                 .unit = "ms"});
  all.push_back({.what = "stop under load, nothing lost",
                 .wanted = 5000,
                 .found = spread_of(r.stop_under_load_ms).median,
                 .unit = "ms"});
  return all;
}

std::string to_text(const pipeline_results& r) {
  auto text = fmt::format("pipeline bench of {}\n", to_rfc3339(r.record.started_at));
  text += to_text(r.record) + to_text(r.options.setup);
  for (const auto& m : r.methods)
    text += to_text(m);
  if (r.paced) {
    const auto& l = *r.paced->latency;
    text += fmt::format(
        "\npaced: {:.0f} events/s due, {:.0f}/s stored; due to commit p50 {:.2f}, p99 {:.2f}, "
        "p99.9 {:.2f}, most {:.2f} ms\n",
        r.options.rate, r.paced->rate, l.p50_ms, l.p99_ms, l.p999_ms, l.most_ms);
  }
  return text + "\n" + to_text(targets_of(r));
}

report_page to_page(const pipeline_results& r) {
  const auto targets = targets_of(r);
  report_page page{fmt::format("Pipeline, {}", to_rfc3339(r.record.started_at).substr(0, 10))};
  set_verdict(page, targets);
  page.paragraph(
      "From MQTT to the committed row: the service as users run it, everything on, against the "
      "limit, a bare loop over the same connection and libpq into the same table that checks "
      "nothing. What is between the two is the price of validation, supervision and metrics. "
      "\"libmosquitto\" is the same loop over the usual library: what is between it and the limit "
      "is the library's price.");
  add_targets(page, targets);
  for (const auto& m : r.methods)
    add_rounds(page, m);
  if (r.paced) {
    const auto& l = *r.paced->latency;
    page.heading("Latency at a fixed rate");
    page.paragraph(
        fmt::format("One run of the service with {:.0f} events/s due and {:.0f}/s stored. From the "
                    "moment an event was due to its batch's commit:",
                    r.options.rate, r.paced->rate));
    page.table({"p50, ms", "p99, ms", "p99.9, ms", "Most, ms"},
               {{fmt::format("{:.2f}", l.p50_ms), fmt::format("{:.2f}", l.p99_ms),
                 fmt::format("{:.2f}", l.p999_ms), fmt::format("{:.2f}", l.most_ms)}});
  }
  add_record(page, r.options.setup, r.record);
  return page;
}

std::string to_json(const pipeline_results& r) {
  auto options = json_of(r.options.setup);
  options["rate"] = r.options.rate;
  options["idle_ms"] = r.options.idle_for.count();
  auto all = json_of("pipeline", r.record);
  all["options"] = std::move(options);
  all["methods"] = json_each(r.methods);
  all["idle_cpu_share_of_one_core"] = r.idle_cpu;
  all["start_to_ready_ms"] = json_each(r.start_to_ready_ms);
  all["stop_under_load_ms"] = json_each(r.stop_under_load_ms);
  all["targets"] = json_each(targets_of(r));
  if (r.paced) all["paced"] = json_of(*r.paced);
  return boost::json::serialize(all) + "\n";
}

}  // namespace td::bench
