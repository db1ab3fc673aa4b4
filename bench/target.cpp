#include "bench/target.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace td::bench {

namespace {

std::string wanted_text(const target& t) {
  return fmt::format("{} {:g} {}", t.at_least ? "\u2265" : "\u2264", t.wanted, t.unit);
}

}  // namespace

std::string verdict_of(const std::vector<target>& all) {
  std::string missed;
  std::size_t count = 0;
  for (const auto& t : all) {
    if (t.holds()) continue;
    missed += (missed.empty() ? "" : "; ") + t.what;
    ++count;
  }
  if (all.empty()) return "no targets";
  const bool one = all.size() == 1;
  if (count == 0) {
    return one ? fmt::format("The target holds: {}", all.front().what)
               : fmt::format("All {} targets hold", all.size());
  }
  if (one) return fmt::format("The target is missed: {}", missed);
  return fmt::format("{} of {} targets {} missed: {}", count, all.size(), count == 1 ? "is" : "are",
                     missed);
}

std::string to_text(const std::vector<target>& all) {
  std::size_t widest = 36;
  for (const auto& t : all)
    widest = std::max(widest, t.what.size());
  auto text = fmt::format("{:<{}} {:>12} {:>12}\n", "target", widest, "wanted", "found");
  for (const auto& t : all) {
    text += fmt::format("{:<{}} {:>2} {:>5g} {:<3} {:>8.3g} {:<3}  {}\n", t.what, widest,
                        t.at_least ? ">=" : "<=", t.wanted, t.unit, t.found, t.unit,
                        t.holds() ? "holds" : "MISSED");
  }
  return text;
}

void set_verdict(report_page& page, const std::vector<target>& all) {
  const bool hold = std::all_of(all.begin(), all.end(), [](const target& t) { return t.holds(); });
  page.verdict(verdict_of(all), all.empty() ? verdict_tone::neutral
                                : hold      ? verdict_tone::good
                                            : verdict_tone::bad);
}

void add_targets(report_page& page, const std::vector<target>& all) {
  if (all.empty()) return;
  page.heading("Targets");
  std::vector<std::vector<std::string>> rows;
  for (const auto& t : all) {
    rows.push_back({t.what, wanted_text(t), fmt::format("{:.3g} {}", t.found, t.unit),
                    t.holds() ? "holds" : "MISSED"});
  }
  page.table({"What", "Wanted", "Found", "Verdict"}, rows);
}

}  // namespace td::bench
