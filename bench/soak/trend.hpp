#pragma once

#include <vector>

namespace td::bench {

/// Whether a figure grows while time passes.
enum class course { flat, grows, undecided };

/// A straight line through a series (ordinary least squares), and how sure its slope is.
struct trend {
  double slope{};  ///< y per x
  double low{};    ///< 95 % confidence interval of the slope
  double high{};
  double level{};  ///< mean of y
  double span{};   ///< of x
  bool known{};    ///< false: too few values for a slope

  /// `grows`: surely by more than `tolerance` over the span; `flat`: surely by no more.
  course judge(double tolerance) const noexcept;
};

/// x rises. The line goes through the medians of up to 30 blocks of neighbours, because samples
/// taken each second are not independent, which would make the interval too narrow; the interval
/// uses Student's t (Abramowitz and Stegun, 26.7.5). Fewer than 5 blocks of 2 values: not known.
trend trend_of(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace td::bench
