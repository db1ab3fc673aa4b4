#pragma once

#include <string>
#include <vector>

namespace td::bench {

/// The values that an axis goes from and to; low < high, and above 0 on a logarithmic one.
struct axis_range {
  double low{};
  double high{1};

  bool operator==(const axis_range&) const = default;
};

/// One end of an axis to the other, and where to write numbers.
struct axis {
  axis_range range{};
  bool logarithmic{};
  std::vector<double> ticks{};  ///< ascending, within the range

  /// Where a value lies: 0 at the low end, 1 at the high end, beyond both outside.
  double place(double value) const noexcept;
};

/// True when the axis can show it: finite, and above 0 on a logarithmic one.
bool shows(bool logarithmic, double value) noexcept;

/// An axis for these values (others are passed over), with round ticks: multiples of 1, 2 or 5
/// times a power of ten, at most `most_ticks` (2 or more); whole decades, with 2 and 5 where there
/// is room, on a logarithmic one. With `round_ends` the range ends on such values; else it ends
/// with the values. `from_zero` draws 0 in (linear only). Without values 0 to 1 (or 1 to 10).
/// The choice of steps: Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990.
axis make_axis(const std::vector<double>& values, bool logarithmic, std::size_t most_ticks,
               bool round_ends, bool from_zero);

/// A number as an axis shows it, with an SI prefix from 1000 on and below 0.001: "0", "250",
/// "1.5k", "20M", "0.05", "20u". `step` is the distance to the next one and decides how many
/// decimals are shown (0: four significant digits).
std::string si_text(double value, double step = 0);

}  // namespace td::bench
