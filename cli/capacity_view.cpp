#include "cli/capacity_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/capacity/numbers.hpp"

namespace td {

namespace {

using namespace bench;
using namespace terminal;

std::string clock_of(std::chrono::milliseconds d) {
  return fmt::format("{:.0f} s", static_cast<double>(d.count()) / 1000);
}

row right_row(std::vector<std::string> texts, colour paint = colour::none) {
  row cells;
  for (auto& text : texts)
    cells.push_back({std::move(text), paint, true});
  return cells;
}

std::string headline(const output& to, const capacity_result& r) {
  const auto fits = r.fits();
  const auto paint_with = !fits ? colour::bold : *fits ? colour::green : colour::red;
  return paint(to, paint_with, answer_of(r)) + "\n";
}

std::string rates_table(const output& to, const capacity_result& r) {
  std::vector<row> rows{right_row({"rate", "stored", "p50", "p99", "p99.9", "CPU", "broker", "disk",
                                   "validate", "write", "commit", "batches"},
                                  colour::dim)};
  rows.front().push_back({"", colour::dim});
  for (const auto* t : by_rate(r.search)) {
    const auto& o = t->seen;
    const auto share = [&](stage s) { return or_dash(o.usage[s], share_text); };
    auto cells =
        right_row({per_second(o.rate), per_second(o.stored), milliseconds_text(o.p50_ms),
                   milliseconds_text(o.p99_ms), milliseconds_text(o.p999_ms), share(stage::cpu),
                   share(stage::broker), share(stage::disk), share(stage::validate),
                   share(stage::write), share(stage::commit), share_text(o.batch_fill)});
    cells.push_back({std::string{sentence_of(t->judged.what)},
                     t->judged.sustained() ? colour::green : colour::yellow});
    rows.push_back(std::move(cells));
  }
  return aligned(to, rows);
}

std::string narrow_text(const output& to, const bottleneck& b) {
  auto text = fmt::format("\n{} {}{}: {}.\n", paint(to, colour::bold, "Bottleneck:"),
                          name_of(b.what), b.certain ? "" : " (not certain)", b.why);
  if (b.next) {
    text += fmt::format("  Next to it: {} ({}), {}.\n", name_of(b.next->what),
                        what_of(b.next->what), share_text(b.next->share));
  }
  text += paint(to, colour::bold, "Change first:") + "\n";
  for (const auto& c : b.changes)
    text += (c.setting ? "    " : "  ") + c.text + "\n";
  return text;
}

std::string sizing_table(const output& to, const capacity_result& r) {
  const auto& basis = *r.basis;
  std::vector<row> rows{right_row({"rate", "cores used", "to provide", "brokers", "memory",
                                   "disk/day", "WAL/day", "backlog/min"},
                                  colour::dim)};
  const auto number = [](unsigned n) { return std::to_string(n); };
  for (const auto rate : rates_worth_a_row(r.search.rate().value_or(0), r.asked.search.target)) {
    const auto s = size_for(basis, rate);
    const bool asked = r.asked.search.target && *r.asked.search.target == rate;
    rows.push_back(
        right_row({per_second(rate), or_dash(s.cores, cores_text), or_dash(s.machine, number),
                   or_dash(s.brokers, number), or_dash(s.memory, size_text),
                   or_dash(s.disk_per_day, size_text), or_dash(s.wal_per_day, size_text),
                   or_dash(s.backlog_per_minute, size_text)},
                  asked ? colour::bold : colour::none));
  }
  auto text = "\n" + paint(to, colour::bold, "Sizing") + "\n" + aligned(to, rows);
  for (const auto& a : assumptions(basis))
    text += "  - " + a + "\n";
  return text;
}

}  // namespace

std::string render_look(const run_look& now, trial_kind why) {
  if (now.rate <= 0) return fmt::format("  {} ({})", now.doing, clock_of(now.elapsed));
  return fmt::format("  {:<8} {:>10}  {}, {} of {}, stored {}, waiting {}", name_of(why),
                     per_second(now.rate), now.doing, clock_of(now.elapsed), clock_of(now.of),
                     per_second(now.stored_rate),
                     grouped(static_cast<std::uint64_t>(std::max(0.0, now.backlog))));
}

std::string render_trial(const output& to, const trial& t) {
  const auto& o = t.seen;
  return fmt::format(
      "  {:<8} {:>10}  stored {:>10}  p50 {:>8}  p99 {:>8}  {}", name_of(t.why), per_second(o.rate),
      per_second(o.stored), milliseconds_text(o.p50_ms), milliseconds_text(o.p99_ms),
      paint(to, t.judged.sustained() ? colour::green : colour::yellow, sentence_of(t.judged.what)));
}

std::string render_capacity(const output& to, const capacity_result& r) {
  auto text = "\n" + headline(to, r);
  for (const auto& c : caveats_of(r))
    text += paint(to, colour::yellow, c) + "\n";
  text += "\n" + rates_table(to, r);
  if (r.knee) {
    text += fmt::format("\nThe knee of latency is at {} (p99 {}).\n", per_second(r.knee->rate),
                        milliseconds_text(r.knee->p99_ms));
  }
  if (r.narrow) text += narrow_text(to, *r.narrow);
  if (r.basis) text += sizing_table(to, r);
  return text;
}

}  // namespace td
