#pragma once

#include <string>

#include "bench/report/axis.hpp"
#include "bench/report/plot.hpp"

namespace td::bench {

/// Where the values of a plot lie on its paper, in pixels.
struct plot_frame {
  axis x{};
  axis y{};
  double left{};
  double top{};
  double width{};
  double height{};

  double right() const noexcept { return left + width; }
  double bottom() const noexcept { return top + height; }
  double at_x(double value) const noexcept { return left + x.place(value) * width; }
  double at_y(double value) const noexcept { return bottom() - y.place(value) * height; }
};

/// How many colours there are; series beyond them begin again, with other shapes.
inline constexpr std::size_t plot_colours = 7;

/// A point's shape, the same in plot and legend: told apart without its colour too.
std::string point_shape(std::size_t series, double x, double y);

/// A line's stroke for the legend, and the beginning of its path's attributes.
std::string line_style(std::size_t series);

/// Everything inside the frame: bars below lines below points.
std::string plot_shapes(const plot& p, const plot_frame& frame);

}  // namespace td::bench
