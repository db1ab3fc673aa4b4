#include "cli/doctor_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "http/snapshot_json.hpp"

namespace td {
namespace {

using namespace terminal;

constexpr std::string_view areas[] = {"broker", "database", "machine", "service"};
constexpr std::size_t indent = 11;   // behind the severity
constexpr std::size_t widest = 110;  // longer lines are hard to read

colour colour_of(severity s) {
  switch (s) {
    case severity::danger:
      return colour::red;
    case severity::warning:
      return colour::yellow;
    case severity::note:
      return colour::dim;
    default:
      return colour::green;
  }
}

std::string label_of(severity s) {
  if (s == severity::danger) return "DANGER";
  return s == severity::warning ? "WARNING" : std::string{name_of(s)};
}

/// Words in lines of `width`, all but the first behind `left` spaces.
std::string wrapped(std::string_view text, std::size_t left, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    if (column > 0 && column + 1 + word.size() > width) {
      out += "\n" + std::string(left, ' ');
      column = 0;
    }
    if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

/// Each line of `text` as it is: it is there to be copied.
std::string lines_of(std::string_view text, std::size_t left) {
  std::string out;
  for (;;) {
    const auto line = text.substr(0, text.find('\n'));
    out += visible(line);
    if (line.size() == text.size()) return out;
    text.remove_prefix(line.size() + 1);
    out += "\n" + std::string(left, ' ');
  }
}

std::string shown(const output& to, const finding& f, std::size_t width) {
  const auto label = label_of(f.level);
  const std::string gap(indent - 2 - label.size(), ' ');
  auto text = fmt::format("  {}{}{}\n", paint(to, colour_of(f.level), label), gap,
                          wrapped(visible(f.what), indent, width));
  const std::string left(indent, ' ');
  const auto head = [&](std::string_view word) { return left + paint(to, colour::dim, word); };
  if (!f.mend.empty()) {
    const bool pressing = f.level >= severity::warning;
    text += fmt::format(
        "{}{}\n", head("change: "),
        paint(to, pressing ? colour::bold : colour::none, lines_of(f.mend, indent + 8)));
  }
  if (!f.where.empty())
    text +=
        fmt::format("{}{}\n", head("in:     "), wrapped(visible(f.where), indent + 8, width - 8));
  if (f.level >= severity::warning) text += fmt::format("{}{}\n", head("code:   "), f.code);
  return text;
}

std::string summary(const output& to, std::span<const finding> all) {
  std::string text;
  const auto add = [&](severity level, std::string_view noun) {
    const auto n = count_of(all, level);
    if (n == 0) return;
    const auto words = level == severity::ok ? fmt::format("{} ok", n) : counted(n, noun);
    text += (text.empty() ? "" : ", ") + paint(to, colour_of(level), words);
  };
  add(severity::danger, "danger");
  add(severity::warning, "warning");
  add(severity::note, "note");
  add(severity::ok, "ok");
  return text;
}

}  // namespace

std::string render_doctor(const output& to, const examination& seen, const doctor_places& places,
                          bool verbose, std::size_t columns) {
  const auto width = std::clamp<std::size_t>(columns, 60, widest) - indent;
  auto text = fmt::format("{}  {}\n", paint(to, colour::bold, "TaylorDash doctor"),
                          summary(to, seen.findings));
  struct block {
    std::string_view area;
    std::vector<finding> findings;
  };
  std::vector<block> blocks;
  for (const auto area : areas) {
    block b{area, {}};
    std::copy_if(seen.findings.begin(), seen.findings.end(), std::back_inserter(b.findings),
                 [area](const finding& f) { return f.area == area; });
    sort_by_severity(b.findings);
    if (!b.findings.empty()) blocks.push_back(std::move(b));
  }
  std::stable_sort(blocks.begin(), blocks.end(), [](const block& a, const block& b) {
    return a.findings.front().level > b.findings.front().level;
  });
  for (const auto& b : blocks) {
    const auto& place = b.area == "broker"     ? places.broker
                        : b.area == "database" ? places.database
                        : b.area == "service"  ? places.service
                                               : std::string{};
    text += fmt::format("\n{}{}\n", paint(to, colour::bold, b.area),
                        place.empty() ? "" : "  " + paint(to, colour::dim, visible(place)));
    for (const auto& f : b.findings) {
      if (f.level > severity::ok || verbose) text += shown(to, f, width);
    }
    const auto fine = count_of(b.findings, severity::ok);
    if (fine > 0 && !verbose)
      text += fmt::format("  {}{}{}\n", paint(to, colour::green, "ok"),
                          std::string(indent - 4, ' '), counted(fine, "check"));
  }
  if (worst_of(seen.findings) >= severity::warning)
    text += "\nEvery code explained: docs/doctor.md\n";
  return text;
}

std::string doctor_json(const examination& seen) {
  auto sorted = seen.findings;
  sort_by_severity(sorted);
  return fmt::format(
      R"({{"worst":"{}","looked_at":{{"broker":{},"database":{}}},"counts":{{"danger":{},"warning":{},"note":{},"ok":{}}},"findings":{}}})"
      "\n",
      name_of(worst_of(sorted)), seen.broker, seen.database, count_of(sorted, severity::danger),
      count_of(sorted, severity::warning), count_of(sorted, severity::note),
      count_of(sorted, severity::ok), findings_json(sorted));
}

}  // namespace td
