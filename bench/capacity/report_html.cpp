#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bench/capacity/advice.hpp"
#include "bench/capacity/numbers.hpp"
#include "bench/capacity/report.hpp"
#include "bench/report/page.hpp"

namespace td::bench {

namespace {

using cells = std::vector<std::string>;

constexpr std::string_view batches_words =
    "Lanes and connections are busy whenever events come, and batches grow with the load: only "
    "where "
    "batches are full have they nothing left to give.";

verdict_tone tone_of(const capacity_result& r) {
  const auto fits = r.fits();
  if (!fits) return verdict_tone::neutral;
  return *fits ? verdict_tone::good : verdict_tone::bad;
}

std::vector<plot_mark> rate_marks(const capacity_result& r) {
  std::vector<plot_mark> marks;
  if (r.asked.search.target) marks.push_back({.at = *r.asked.search.target, .name = "target"});
  if (r.search.rate()) marks.push_back({.at = *r.search.rate(), .name = "highest"});
  return marks;
}

plot latency_plot(const capacity_result& r) {
  plot p{.title = "Latency against rate",
         .x_label = "rate, events/s",
         .y_label = "due to commit, ms",
         .marks = rate_marks(r),
         .x_logarithmic = true,
         .y_logarithmic = true};
  plot_series p50{.name = "p50"}, p99{.name = "p99"}, p999{.name = "p99.9"};
  for (const auto* t : by_rate(r.search)) {
    if (t->judged.what == finding::generator_limited) continue;
    for (auto* s : {&p50, &p99, &p999})
      s->x.push_back(t->seen.rate);
    p50.y.push_back(t->seen.p50_ms);
    p99.y.push_back(t->seen.p99_ms);
    p999.y.push_back(t->seen.p999_ms);
  }
  p.series = {std::move(p50), std::move(p99), std::move(p999)};
  p.marks.push_back({.at = r.asked.search.wanted.p99_ms, .name = "wished p99", .horizontal = true});
  if (r.knee) p.marks.push_back({.at = r.knee->rate, .name = "knee"});
  return p;
}

plot usage_plot(const capacity_result& r) {
  plot p{.title = "How busy each stage was",
         .x_label = "rate, events/s",
         .y_label = "share of its time, %",
         .marks = rate_marks(r),
         .x_logarithmic = true};
  for (const auto s : {stage::cpu, stage::broker, stage::disk, stage::read, stage::validate,
                       stage::write, stage::commit}) {
    plot_series line{.name = std::string{name_of(s)}};
    for (const auto* t : by_rate(r.search)) {
      if (!t->seen.usage[s]) continue;
      line.x.push_back(t->seen.rate);
      line.y.push_back(*t->seen.usage[s] * 100);
    }
    if (!line.x.empty()) p.series.push_back(std::move(line));
  }
  return p;
}

plot backlog_plot(const capacity_result& r) {
  plot p{.title = r.search.beyond ? "Events that waited, at the highest rate and just beyond"
                                  : "Events that waited, at the highest rate",
         .x_label = "seconds into the window",
         .y_label = "events due and not yet decided"};
  for (const auto& at : {r.search.answer, r.search.beyond}) {
    if (!at) continue;
    const auto& o = r.search.trials[*at].seen;
    plot_series s{.name = per_second(o.rate)};
    for (const auto& b : o.backlog) {
      s.x.push_back(b.at_s);
      s.y.push_back(b.events);
    }
    p.series.push_back(std::move(s));
  }
  return p;
}

void add_narrow(report_page& page, const capacity_result& r) {
  if (!r.narrow) return;
  const auto& b = *r.narrow;
  page.heading(fmt::format("Bottleneck: {}{}", name_of(b.what), b.certain ? "" : " (not certain)"));
  page.paragraph(b.why + ".");
  std::vector<std::pair<std::string, std::string>> rows{
      {r.search.beyond ? "just beyond the answer" : "at the answer", share_text(b.share)}};
  if (r.search.answer && r.search.beyond)
    rows.emplace_back("at the answer", share_text(b.share_at_answer));
  if (b.next) {
    rows.emplace_back("next to it", fmt::format("{} ({}), {}", name_of(b.next->what),
                                                what_of(b.next->what), share_text(b.next->share)));
  }
  const auto at = r.search.beyond ? r.search.beyond : r.search.answer;
  if (at) rows.emplace_back("cores in use", cores_in_use(r.search.trials[*at].seen));
  page.facts(rows);
  page.heading("Change first");
  std::vector<std::string> settings;
  for (const auto& c : b.changes) {
    if (c.setting)
      settings.push_back(c.text);
    else
      page.paragraph(c.text);
  }
  if (!settings.empty()) page.listing(fmt::format("{}", fmt::join(settings, "\n")));
}

void add_rates(report_page& page, const capacity_result& r) {
  page.heading("Every rate tried");
  std::vector<cells> rows;
  for (const auto& t : r.search.trials) {
    const auto& o = t.seen;
    rows.push_back({per_second(o.rate), std::string{name_of(t.why)}, per_second(o.stored),
                    milliseconds_text(o.p50_ms), milliseconds_text(o.p99_ms),
                    milliseconds_text(o.p999_ms), milliseconds_text(o.late_p99_ms),
                    fmt::format("{:+.0f}/s", t.judged.growth),
                    std::string{sentence_of(t.judged.what)}});
  }
  page.table({"rate", "step", "stored", "p50", "p99", "p99.9", "generator late", "backlog grows",
              "finding"},
             rows);
  rows.clear();
  for (const auto* t : by_rate(r.search)) {
    cells row{per_second(t->seen.rate), share_text(t->seen.batch_fill)};
    for (std::size_t i = 0; i < stages; ++i)
      row.push_back(or_dash(t->seen.usage[static_cast<stage>(i)], share_text));
    rows.push_back(std::move(row));
  }
  cells columns{"rate", "batches full"};
  for (std::size_t i = 0; i < stages; ++i)
    columns.emplace_back(name_of(static_cast<stage>(i)));
  page.heading("How busy each stage was");
  page.figure(usage_plot(r));
  page.table(columns, rows);
  std::vector<std::pair<std::string, std::string>> legend;
  for (std::size_t i = 0; i < stages; ++i) {
    const auto s = static_cast<stage>(i);
    legend.emplace_back(name_of(s), what_of(s));
  }
  page.facts(legend);
  page.paragraph(batches_words);
}

void add_sizing(report_page& page, const capacity_result& r) {
  if (!r.basis) return;
  page.heading("Sizing");
  const auto number = [](unsigned n) { return std::to_string(n); };
  std::vector<cells> rows;
  for (const auto rate : rates_worth_a_row(r.search.rate().value_or(0), r.asked.search.target)) {
    const auto s = size_for(*r.basis, rate);
    rows.push_back({per_second(rate), or_dash(s.broker_cores, cores_text),
                    or_dash(s.postgres_cores, cores_text), or_dash(s.service_cores, cores_text),
                    or_dash(s.machine, number), or_dash(s.brokers, number),
                    or_dash(s.memory, size_text), or_dash(s.disk_per_day, size_text),
                    or_dash(s.wal_per_day, size_text), or_dash(s.backlog_per_minute, size_text)});
  }
  page.table({"rate", "cores: broker", "PostgreSQL", "service", "cores to provide", "brokers",
              "memory", "disk a day", "WAL a day", "broker's backlog a minute"},
             rows);
  for (const auto& a : assumptions(*r.basis))
    page.paragraph(a);
}

std::string sizes_text(const event_mix& mix) {
  std::vector<std::string> all;
  for (const auto& s : mix.sizes)
    all.push_back(mix.sizes.size() == 1 ? fmt::format("{} bytes", s.bytes)
                                        : fmt::format("{} of {} bytes", s.parts, s.bytes));
  return fmt::format("{}", fmt::join(all, ", "));
}

void add_conditions(report_page& page, const capacity_result& r) {
  page.heading("How it was measured");
  const auto& form = r.asked.form;
  const auto s = [](std::chrono::milliseconds d) {
    return fmt::format("{:.3g} s", static_cast<double>(d.count()) / 1000);
  };
  page.facts(
      {{"when", to_rfc3339(r.started_at)},
       {"took", fmt::format("{:.0f} s", r.took_s)},
       {"where", r.asked.where.given ? "servers that were given"
                                     : "an instance of its own, durable settings"},
       {"load", fmt::format("open loop, {} producers, {}, {} % invalid, {} % duplicate, {} % "
                            "out of order",
                            form.producers, sizes_text(form.mix), form.mix.invalid,
                            form.mix.duplicate, form.mix.out_of_order)},
       {"each rate", fmt::format("{} to warm up, {} measured; the answer {}", s(form.warm_up),
                                 s(form.window), s(form.long_window))},
       {"service", fmt::format("{} lanes, {} validators, {} database connections", r.here.lanes,
                               r.here.validators, r.here.connections)}});
  page.paragraph(
      "Latency runs from the moment at which an event was due to the commit of its batch, whose "
      "COMMIT counts with its mean over the window. A rate is kept up when the backlog does not "
      "grow, p99 is within the wish, and the generator was on "
      "time. Producers, broker, database and service shared this machine unless it says "
      "otherwise.");
  page.facts(r.machine);
  page.facts(r.versions);
}

}  // namespace

std::string to_html(const capacity_result& r) {
  report_page page{"TaylorDash capacity"};
  page.verdict(answer_of(r), tone_of(r));
  for (const auto& c : caveats_of(r))
    page.paragraph(c);
  page.figure(latency_plot(r));
  if (r.knee) {
    page.paragraph(fmt::format("Behind {} latency rises out of proportion (knee; p99 {} there).",
                               per_second(r.knee->rate), milliseconds_text(r.knee->p99_ms)));
  }
  add_narrow(page, r);
  if (r.search.answer || r.search.beyond) page.figure(backlog_plot(r));
  add_sizing(page, r);
  add_rates(page, r);
  add_conditions(page, r);
  return page.html();
}

}  // namespace td::bench
