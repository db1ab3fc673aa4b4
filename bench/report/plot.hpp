#pragma once

#include <string>
#include <vector>

namespace td::bench {

/// One line (or cloud of points, or row of bars) of a plot: x[i], y[i]. Values that a logarithmic
/// axis can't show are left out.
struct plot_series {
  enum class form { line, points, bars };

  std::string name{};
  std::vector<double> x{};
  std::vector<double> y{};
  form as{form::line};
};

/// Something to point at: a vertical (or horizontal) line with its name.
struct plot_mark {
  double at{};
  std::string name{};
  bool horizontal{};
};

/// What is drawn. Plain data.
struct plot {
  std::string title{};
  std::string x_label{};  ///< with its unit: "rate, events/s"
  std::string y_label{};
  std::vector<plot_series> series{};
  std::vector<plot_mark> marks{};
  bool x_logarithmic{};
  bool y_logarithmic{};
  /// What stands below x = 0, 1, 2, ... instead of numbers: "service", "limit". Makes x linear.
  std::vector<std::string> x_names{};
  bool stacked{};  ///< bars of different series stand on each other instead of side by side
};

/// An SVG element that stands alone: axes with round ticks and SI prefixes, a legend, colours that
/// read on light and dark ground and are told apart by the colour-blind (Okabe and Ito). An empty
/// plot says so. Text from outside is escaped. Any thread.
std::string to_svg(const plot& p);

}  // namespace td::bench
