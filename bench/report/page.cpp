#include "bench/report/page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bench/report/escape.hpp"
#include "bench/report/page_style.hpp"

namespace td::bench {

namespace {

// A tick, a cross, a dot: a verdict is no colour alone.
constexpr const char* good_sign = R"(<path d="M2 8.5l4 4 8-9"/>)";
constexpr const char* bad_sign = R"(<path d="M3 3l10 10M13 3l-10 10"/>)";
constexpr const char* neutral_sign = R"(<path d="M2.5 8h11"/>)";

struct tone_look {
  const char* name;
  const char* sign;
};

tone_look look_of(verdict_tone tone) {
  switch (tone) {
    case verdict_tone::good:
      return {"good", good_sign};
    case verdict_tone::bad:
      return {"bad", bad_sign};
    case verdict_tone::neutral:
      break;
  }
  return {"neutral", neutral_sign};
}

bool begins_as_number(std::string_view cell) {
  return (cell.front() >= '0' && cell.front() <= '9') || cell.front() == '-' ||
         cell.front() == '+' || cell.starts_with("\u2212");
}

bool is_number_column(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
  bool any = false;
  for (const auto& row : rows) {
    if (column >= row.size() || row[column].empty()) continue;
    if (!begins_as_number(row[column])) return false;
    any = true;
  }
  return any;
}

/// " class=...", or nothing.
std::string cell_class(std::string_view cell, bool number) {
  if (cell == "holds") return R"( class="good")";
  if (cell == "MISSED") return R"( class="bad")";
  return number ? R"( class="n")" : "";
}

}  // namespace

report_page::report_page(std::string_view title) : title_{escaped(title)}, heading_{title_} {}

void report_page::verdict(std::string_view sentence, verdict_tone tone) {
  const auto look = look_of(tone);
  verdict_ = fmt::format(
      R"(<p class="verdict {}"><svg viewBox="0 0 16 16" aria-hidden="true" fill="none" )"
      R"(stroke="currentColor" stroke-width="2.25" stroke-linecap="round" )"
      R"(stroke-linejoin="round">{}</svg><span>{}</span></p>)"
      "\n",
      look.name, look.sign, escaped(sentence));
}

void report_page::heading(std::string_view text) {
  heading_ = escaped(text);
  body_ += fmt::format("<h2>{}</h2>\n", heading_);
}

void report_page::paragraph(std::string_view text) {
  body_ += fmt::format("<p>{}</p>\n", escaped(text));
}

void report_page::facts(const std::vector<std::pair<std::string, std::string>>& rows) {
  if (rows.empty()) return;
  body_ += "<dl>";
  for (const auto& [name, value] : rows)
    body_ += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value));
  body_ += "</dl>\n";
}

void report_page::table(const std::vector<std::string>& columns,
                        const std::vector<std::vector<std::string>>& rows) {
  // It scrolls by itself on a narrow screen, and a keyboard has to reach it for that.
  body_ += fmt::format(
      R"(<div class="scroll" tabindex="0" role="region" aria-label="{0}"><table><caption>{0}</caption><thead><tr>)",
      heading_);
  std::vector<bool> number;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    number.push_back(is_number_column(rows, i));
    body_ += fmt::format(R"(<th scope="col"{}>{}</th>)", number.back() ? R"( class="n")" : "",
                         escaped(columns[i]));
  }
  body_ += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    body_ += "<tr>";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto& cell = i < row.size() ? row[i] : std::string{};
      body_ += fmt::format("<td{}>{}</td>", cell_class(cell, number[i]), escaped(cell));
    }
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

void report_page::figure(const plot& p) {
  body_ += fmt::format(R"(<figure><div class="scroll">{}</div></figure>)"
                       "\n",
                       to_svg(p));
}

void report_page::listing(std::string_view text) {
  body_ += fmt::format("<pre tabindex=\"0\">{}</pre>\n", escaped(text));
}

std::string report_page::html() const {
  return fmt::format(
      R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>{0}</title>
<style>{1}</style>
</head>
<body>
<main>
<h1>{0}</h1>
{2}{3}</main>
</body>
</html>
)",
      title_, page_style, verdict_, body_);
}

}  // namespace td::bench
