#include "bench/report/plot_shapes.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "bench/report/escape.hpp"

namespace td::bench {

namespace {

using form = plot_series::form;

constexpr std::size_t most_dots_on_a_line = 40;
constexpr std::size_t most_with_hints = 400;  // a title each, for the pointer
constexpr std::size_t most_line_points = 1500;

struct spot {
  double x;
  double y;
  double value_x;
  double value_y;
};

std::size_t size_of(const plot_series& s) {
  return std::min(s.x.size(), s.y.size());
}

std::vector<spot> spots_of(const plot_series& s, const plot_frame& f) {
  std::vector<spot> all;
  for (std::size_t i = 0; i < size_of(s); ++i) {
    if (!shows(f.x.logarithmic, s.x[i]) || !shows(f.y.logarithmic, s.y[i])) continue;
    all.push_back({f.at_x(s.x[i]), f.at_y(s.y[i]), s.x[i], s.y[i]});
  }
  return all;
}

/// Of each column of pixels the first, the lowest, the highest and the last: what the eye would see
/// of all of them.
std::vector<spot> thinned(const std::vector<spot>& all) {
  if (all.size() <= most_line_points) return all;
  std::vector<spot> kept;
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::find_if(
        begin, all.end(), [&](const spot& s) { return std::floor(s.x) != std::floor(begin->x); });
    const auto [low, high] =
        std::minmax_element(begin, end, [](const spot& a, const spot& b) { return a.y < b.y; });
    std::vector chosen{begin, std::min(low, high), std::max(low, high), end - 1};
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    for (const auto i : chosen)
      kept.push_back(*i);
    begin = end;
  }
  return kept;
}

/// "service, INSERT: 3.4k".
std::string hint(const plot& p, const plot_series& s, const spot& at) {
  const auto name = static_cast<std::size_t>(std::max(0.0, at.value_x));
  const auto where = p.x_names.empty()         ? si_text(at.value_x)
                     : name < p.x_names.size() ? p.x_names[name]
                                               : std::string{};
  return fmt::format("<title>{}{}{}: {}</title>", escaped(s.name), s.name.empty() ? "" : ", ",
                     escaped(where), si_text(at.value_y));
}

std::string line(const plot& p, std::size_t number, const plot_frame& f) {
  const auto& s = p.series[number];
  const auto all = spots_of(s, f);
  if (all.empty()) return {};
  std::string path;
  for (const auto& at : thinned(all))
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", at.x, at.y);
  auto out = fmt::format(R"(<path {} d="{}"/>)", line_style(number), path);
  if (all.size() > most_dots_on_a_line) return out;
  for (const auto& at : all)
    out += fmt::format("<g>{}{}</g>", hint(p, s, at), point_shape(number, at.x, at.y));
  return out;
}

std::string points(const plot& p, std::size_t number, const plot_frame& f) {
  const auto& s = p.series[number];
  const auto all = spots_of(s, f);
  std::string out;
  std::map<std::pair<long, long>, bool> drawn;  // two on one pixel are one
  for (const auto& at : all) {
    if (!drawn.emplace(std::pair{std::lround(at.x), std::lround(at.y)}, true).second) continue;
    out += fmt::format("<g>{}{}</g>", all.size() <= most_with_hints ? hint(p, s, at) : "",
                       point_shape(number, at.x, at.y));
  }
  return out;
}

// -- bars ---

/// The room between the nearest two of all bars' places, in pixels.
double room_of(const plot& p, const plot_frame& f) {
  std::vector<double> places;
  for (const auto& s : p.series) {
    if (s.as != form::bars) continue;
    for (const auto& at : spots_of(s, f))
      places.push_back(at.x);
  }
  std::sort(places.begin(), places.end());
  double room = p.x_names.empty() ? f.width : f.at_x(1) - f.at_x(0);
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (places[i] - places[i - 1] > 0.01) room = std::min(room, places[i] - places[i - 1]);
  }
  return room;
}

std::string bars(const plot& p, const plot_frame& f) {
  const auto rows = static_cast<std::size_t>(std::count_if(
      p.series.begin(), p.series.end(), [](const auto& s) { return s.as == form::bars; }));
  if (rows == 0) return {};
  constexpr double widest = 72;
  const double room = room_of(p, f);
  const double side_by_side = p.stacked ? 1 : static_cast<double>(rows);
  const double each = std::max(0.5, std::min(room * 0.72 / side_by_side, widest));
  const double gap = each > 6 && !p.stacked ? 2 : 0;
  const double floor_value = f.y.logarithmic ? f.y.range.low : std::max(0.0, f.y.range.low);

  std::map<double, double> height;  // of the stack so far, per place
  std::string out;
  double slot = 0;
  for (std::size_t n = 0; n < p.series.size(); ++n) {
    const auto& s = p.series[n];
    if (s.as != form::bars) continue;
    for (const auto& at : spots_of(s, f)) {
      const double from = p.stacked ? height[at.value_x] : floor_value;
      const double to = p.stacked ? from + at.value_y : at.value_y;
      height[at.value_x] = to;
      const double x =
          at.x + (p.stacked ? -each / 2 : (slot - static_cast<double>(rows) / 2) * each + gap / 2);
      const double y0 = f.at_y(std::max(from, floor_value));
      const double y1 = f.at_y(to);
      out += fmt::format(R"(<rect class="f{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" )"
                         R"(height="{:.1f}" rx="{}">{}</rect>)",
                         n % plot_colours, x, std::min(y0, y1), each - gap,
                         std::max(0.5, std::abs(y0 - y1)), each > 10 && !p.stacked ? 2 : 0,
                         hint(p, s, at));
    }
    ++slot;
  }
  return out;
}

}  // namespace

std::string point_shape(std::size_t series, double x, double y) {
  const auto colour = series % plot_colours;
  switch ((series + series / plot_colours) % 4) {
    case 0:
      return fmt::format(R"(<circle class="f{}" cx="{:.1f}" cy="{:.1f}" r="4"/>)", colour, x, y);
    case 1:
      return fmt::format(
          R"(<rect class="f{}" x="{:.1f}" y="{:.1f}" width="7.4" height="7.4" rx="1"/>)", colour,
          x - 3.7, y - 3.7);
    case 2:
      return fmt::format(R"(<path class="f{}" d="M{:.1f} {:.1f}l4.8 8.2h-9.6z"/>)", colour, x,
                         y - 5.2);
    default:
      return fmt::format(R"(<path class="f{}" d="M{:.1f} {:.1f}l5 5l-5 5l-5 -5z"/>)", colour, x,
                         y - 5);
  }
}

std::string line_style(std::size_t series) {
  static constexpr const char* dashes[] = {"", "7 4", "2 4", "9 3 2 3"};
  const auto* dash = dashes[series % std::size(dashes)];
  return fmt::format(R"(class="s{}"{})", series % plot_colours,
                     *dash == '\0' ? "" : fmt::format(R"( stroke-dasharray="{}")", dash));
}

std::string plot_shapes(const plot& p, const plot_frame& frame) {
  auto out = bars(p, frame);
  for (const auto as : {form::line, form::points}) {
    for (std::size_t n = 0; n < p.series.size(); ++n) {
      if (p.series[n].as == as) out += as == form::line ? line(p, n, frame) : points(p, n, frame);
    }
  }
  return out;
}

}  // namespace td::bench
