#include "bench/report/plot.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "bench/report/escape.hpp"
#include "bench/report/plot_shapes.hpp"

namespace td::bench {

namespace {

using form = plot_series::form;

// -- paper, in pixels ---

constexpr double paper_width = 720;
constexpr double frame_height = 260;
constexpr double margin = 8;
constexpr double line_height = 18;
constexpr double letter = 6.9;  // a wide guess at 13 px: labels must not touch

/// Okabe and Ito, "Color Universal Design", 2008. The order differs on dark ground so that the
/// first ones keep their contrast on both.
constexpr const char* style =
    R"(<style>)"
    R"(.td-plot{--ink:#1c1d21;--soft:#62666d;--grid:#e8e9ec;--axis:#b8bbc1;--ground:#fff;)"
    R"(--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#e69f00;--c5:#56b4e9;--c6:#1c1d21;)"
    R"(font:13px -apple-system,BlinkMacSystemFont,"Segoe UI",Inter,Roboto,"Helvetica Neue",)"
    R"(Arial,sans-serif;font-variant-numeric:tabular-nums})"
    R"(@media screen and (prefers-color-scheme:dark){)"
    R"(.td-plot{--ink:#f0f1f3;--soft:#9a9ea6;--grid:#2a2c31;--axis:#4b4e55;--ground:#18191c;)"
    R"(--c0:#56b4e9;--c1:#e69f00;--c2:#1fb98c;--c3:#cc79a7;--c4:#d55e00;--c5:#3a8fd0;--c6:#f0e442}})"
    R"(.td-plot text{fill:var(--soft)}.td-plot .head{fill:var(--ink);font-size:14px;font-weight:600})"
    R"(.td-plot .grid{stroke:var(--grid)}.td-plot .axis{stroke:var(--axis)})"
    R"(.td-plot .mark{stroke:var(--ink);stroke-dasharray:3 3;opacity:.7})"
    R"(.td-plot .name{fill:var(--ink);font-size:12px;paint-order:stroke;stroke:var(--ground);)"
    R"(stroke-width:4px;stroke-linejoin:round})";

std::string colour_rules() {
  std::string rules;
  for (std::size_t i = 0; i < plot_colours; ++i) {
    rules += fmt::format(
        ".td-plot .f{0}{{fill:var(--c{0})}}.td-plot .s{0}{{stroke:var(--c{0});fill:none;"
        "stroke-width:2;stroke-linejoin:round;stroke-linecap:round}}",
        i);
  }
  return rules + "</style>";
}

/// Code points count, not bytes.
double width_of(std::string_view text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  });
  return letter * static_cast<double>(letters);
}

std::string text_at(double x, double y, const char* anchor, std::string_view text,
                    const char* kind = nullptr) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}"{}>{}</text>)", x, y, anchor,
                     kind == nullptr ? "" : fmt::format(R"( class="{}")", kind), escaped(text));
}

std::string stroke(const char* kind, double x1, double y1, double x2, double y2) {
  return fmt::format(R"(<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", kind,
                     x1, y1, x2, y2);
}

// -- axes ---

bool has(const plot& p, form as) {
  return std::any_of(p.series.begin(), p.series.end(), [&](const auto& s) { return s.as == as; });
}

bool x_is_logarithmic(const plot& p) {
  return p.x_logarithmic && p.x_names.empty();
}

/// Both values of every point that both axes can show.
std::pair<std::vector<double>, std::vector<double>> values_of(const plot& p) {
  std::pair<std::vector<double>, std::vector<double>> all;
  std::map<double, double> stack;
  for (const auto& s : p.series) {
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
      if (!shows(x_is_logarithmic(p), s.x[i]) || !shows(p.y_logarithmic, s.y[i])) continue;
      all.first.push_back(s.x[i]);
      const bool on_others = p.stacked && s.as == form::bars;
      all.second.push_back(on_others ? stack[s.x[i]] += s.y[i] : s.y[i]);
    }
  }
  return all;
}

axis x_axis(const plot& p, std::vector<double> values) {
  if (!p.x_names.empty()) return {.range = {-0.5, static_cast<double>(p.x_names.size()) - 0.5}};
  for (const auto& m : p.marks) {
    if (!m.horizontal) values.push_back(m.at);
  }
  auto a = make_axis(values, x_is_logarithmic(p), 9, false, false);
  if (!has(p, form::bars) || a.logarithmic) return a;
  // Half a bar more on both sides.
  std::sort(values.begin(), values.end());
  double room = a.range.high - a.range.low;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] > values[i - 1]) room = std::min(room, values[i] - values[i - 1]);
  }
  a.range = {a.range.low - room / 2, a.range.high + room / 2};
  return a;
}

axis y_axis(const plot& p, std::vector<double> values) {
  for (const auto& m : p.marks) {
    if (m.horizontal) values.push_back(m.at);
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  // From 0 on, unless that would flatten everything: then the axis says where it begins.
  const bool near_zero = values.empty() || *low < 0.6 * *high;
  return make_axis(values, p.y_logarithmic, 7, true, has(p, form::bars) || near_zero);
}

double step_of(const axis& a) {
  return a.logarithmic || a.ticks.size() < 2 ? 0 : a.ticks[1] - a.ticks[0];
}

std::string y_ticks(const plot_frame& f) {
  std::string out;
  for (const double v : f.y.ticks) {
    out += stroke("grid", f.left, f.at_y(v), f.right(), f.at_y(v));
    out += text_at(f.left - 10, f.at_y(v) + 4.5, "end", si_text(v, step_of(f.y)));
  }
  return out;
}

/// In two lines where one is too long for its room.
std::string name_below(std::string_view name, double x, double y, double room) {
  const auto middle = name.find(' ', name.size() / 3);
  if (width_of(name) <= room || middle == name.npos) return text_at(x, y, "middle", name);
  return text_at(x, y, "middle", name.substr(0, middle)) +
         text_at(x, y + 15, "middle", name.substr(middle + 1));
}

std::string x_ticks(const plot& p, const plot_frame& f) {
  std::string out = stroke("axis", f.left, f.bottom(), f.right(), f.bottom());
  for (std::size_t i = 0; i < p.x_names.size(); ++i) {
    out += name_below(p.x_names[i], f.at_x(static_cast<double>(i)), f.bottom() + 20,
                      f.width / static_cast<double>(p.x_names.size()));
  }
  double free_from = 0;
  for (const double v : f.x.ticks) {
    const auto label = si_text(v, step_of(f.x));
    const double x = f.at_x(v);
    out += stroke("axis", x, f.bottom(), x, f.bottom() + 5);
    if (x - width_of(label) / 2 < free_from) continue;
    out += text_at(x, f.bottom() + 20, "middle", label);
    free_from = x + width_of(label) / 2 + letter;
  }
  return out;
}

// -- around the frame ---

std::string legend_key(const plot& p, std::size_t n, double x, double y) {
  if (p.series[n].as == form::line) {
    return fmt::format(R"(<path {} d="M{:.1f} {:.1f}h20"/>)", line_style(n), x, y) +
           point_shape(n, x + 10, y);
  }
  if (p.series[n].as == form::points) return point_shape(n, x + 10, y);
  return fmt::format(R"(<rect class="f{}" x="{:.1f}" y="{:.1f}" width="12" height="12" rx="2"/>)",
                     n % plot_colours, x + 5, y - 6);
}

/// From `y` down, in as many rows as it takes; `y` stands below it afterwards.
std::string legend(const plot& p, double left, double& y) {
  std::string out;
  double x = left;
  for (std::size_t n = 0; n < p.series.size(); ++n) {
    if (p.series[n].name.empty()) continue;
    const double wide = 26 + width_of(p.series[n].name) + 18;
    if (x > left && x + wide > paper_width - margin) {
      x = left;
      y += line_height;
    }
    if (out.empty()) y += line_height;
    out += legend_key(p, n, x, y - 4.5) + text_at(x + 26, y, "start", p.series[n].name);
    x += wide;
  }
  return out;
}

std::string marks(const plot& p, const plot_frame& f) {
  std::string out;
  double level = 0;  // names of neighbours stand on different heights
  for (const auto& m : p.marks) {
    if (!shows(m.horizontal ? f.y.logarithmic : f.x.logarithmic, m.at)) continue;
    if (m.horizontal) {
      const double y = f.at_y(m.at);
      out += stroke("mark", f.left, y, f.right(), y);
      out += text_at(f.right() - 4, y > f.top + 20 ? y - 5 : y + 14, "end", m.name, "name");
      continue;
    }
    const double x = f.at_x(m.at);
    const bool to_the_left = x + 6 + width_of(m.name) > f.right();
    out += stroke("mark", x, f.top, x, f.bottom());
    out += text_at(to_the_left ? x - 6 : x + 6, f.top + 13 + 16 * level,
                   to_the_left ? "end" : "start", m.name, "name");
    level = level == 2 ? 0 : level + 1;
  }
  return out;
}

std::string description(const plot& p) {
  auto text = fmt::format("{} against {}", p.y_label, p.x_label);
  for (const auto& s : p.series) {
    if (!s.name.empty()) text += fmt::format("; {}: {} values", s.name, s.y.size());
  }
  return text;
}

}  // namespace

std::string to_svg(const plot& p) {
  const auto [xs, ys] = values_of(p);
  plot_frame f{.x = x_axis(p, xs), .y = y_axis(p, ys), .height = frame_height};
  double widest = 0;
  for (const double v : f.y.ticks)
    widest = std::max(widest, width_of(si_text(v, step_of(f.y))));
  f.left = margin + widest + 12;
  f.width = paper_width - f.left - 2 * margin;

  double y = margin;
  std::string above;
  if (!p.title.empty()) above += text_at(margin, y += line_height - 4, "start", p.title, "head");
  above += legend(p, margin, y);
  if (!p.y_label.empty()) above += text_at(margin, y += line_height + 4, "start", p.y_label);
  f.top = y + 14;

  const bool two_lines = std::any_of(p.x_names.begin(), p.x_names.end(), [&](const auto& name) {
    return width_of(name) > f.width / static_cast<double>(p.x_names.size());
  });
  double end = f.bottom() + 24 + (two_lines ? 15 : 0);
  std::string below;
  if (!p.x_label.empty()) {
    below = text_at(f.right(), end += line_height, "end", p.x_label);
  }
  auto inside = xs.empty()
                    ? text_at(f.left + f.width / 2, f.top + f.height / 2, "middle", "no data")
                    : y_ticks(f) + x_ticks(p, f) + plot_shapes(p, f) + marks(p, f);
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" class="td-plot" viewBox="0 0 {:.0f} {:.0f}" )"
      R"(role="img" aria-label="{}"><title>{}</title><desc>{}</desc>{}{}{}{}{}</svg>)",
      paper_width, end + margin, escaped(p.title), escaped(p.title), escaped(description(p)), style,
      colour_rules(), above, inside, below);
}

}  // namespace td::bench
