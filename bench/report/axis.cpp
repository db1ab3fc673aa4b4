#include "bench/report/axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace td::bench {

namespace {

// How far a quotient of doubles may lie beside the whole number that it stands for.
constexpr double rounding = 1e-9;

/// The least of 1, 2, 5, 10 times a power of ten that is no less than `least`.
double round_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * power >= least * (1 - rounding)) return digit * power;
  }
  return 10 * power;
}

/// The most of 1, 2, 5 times a power of ten that is no more than `most`.
double round_down(double most) {
  const double power = std::pow(10, std::floor(std::log10(most) + rounding));
  for (const double digit : {5.0, 2.0}) {
    if (digit * power <= most * (1 + rounding)) return digit * power;
  }
  return power;
}

axis_range range_of(const std::vector<double>& values, bool logarithmic, bool from_zero) {
  axis_range r{INFINITY, -INFINITY};
  for (const double v : values) {
    if (!shows(logarithmic, v)) continue;
    r.low = std::min(r.low, v);
    r.high = std::max(r.high, v);
  }
  if (r.low > r.high) return logarithmic ? axis_range{1, 10} : axis_range{0, 1};
  if (logarithmic) {
    if (r.high / r.low < 1.001) r = {r.low / 2, r.high * 2};
    return r;
  }
  if (from_zero) r = {std::min(r.low, 0.0), std::max(r.high, 0.0)};
  const double margin = std::max(std::abs(r.low), std::abs(r.high));
  if (r.high - r.low <= margin * 1e-6) {
    const double by = margin > 0 ? margin / 10 : 0.5;
    r = {r.low - by, r.high + by};
  }
  return r;
}

axis linear(axis_range r, std::size_t most_ticks, bool round_ends) {
  axis a{.range = r};
  const auto fit = [&](double step) {
    const double first =
        round_ends ? std::floor(r.low / step + rounding) : std::ceil(r.low / step - rounding);
    const double last =
        round_ends ? std::ceil(r.high / step - rounding) : std::floor(r.high / step + rounding);
    return std::pair{first, last};
  };
  double step = round_step((r.high - r.low) / static_cast<double>(most_ticks));
  auto ends = fit(step);
  while (ends.second - ends.first + 1 > static_cast<double>(most_ticks)) {
    step = round_step(step * 1.5);
    ends = fit(step);
  }
  const auto count = std::lround(ends.second - ends.first) + 1;
  for (long i = 0; i < count; ++i)
    a.ticks.push_back((ends.first + static_cast<double>(i)) * step + 0.0);  // no -0
  if (round_ends) a.range = {ends.first * step, ends.second * step};
  return a;
}

axis logarithmic_axis(axis_range r, std::size_t most_ticks, bool round_ends) {
  if (round_ends) r = {round_down(r.low), round_step(r.high)};
  axis a{.range = r, .logarithmic = true};
  const int first = static_cast<int>(std::floor(std::log10(r.low) + rounding));
  const int last = static_cast<int>(std::ceil(std::log10(r.high) - rounding));
  const auto collect = [&](std::initializer_list<double> digits, int every) {
    a.ticks.clear();
    for (int e = first; e <= last; e += every) {
      for (const double d : digits) {
        const double v = d * std::pow(10, e);
        if (v >= r.low * (1 - rounding) && v <= r.high * (1 + rounding)) a.ticks.push_back(v);
      }
    }
    return a.ticks.size() <= most_ticks;
  };
  if (collect({1, 2, 5}, 1)) {
    // Within one digit of a decade (300..400) there may be no such value at all.
    if (a.ticks.size() < 2) a.ticks = linear(r, most_ticks, false).ticks;
    return a;
  }
  for (int every = 1; !collect({1}, every);)
    ++every;
  return a;
}

}  // namespace

double axis::place(double value) const noexcept {
  if (logarithmic) return std::log(value / range.low) / std::log(range.high / range.low);
  return (value - range.low) / (range.high - range.low);
}

bool shows(bool logarithmic, double value) noexcept {
  return std::isfinite(value) && (!logarithmic || value > 0);
}

axis make_axis(const std::vector<double>& values, bool logarithmic, std::size_t most_ticks,
               bool round_ends, bool from_zero) {
  const auto range = range_of(values, logarithmic, from_zero);
  return logarithmic ? logarithmic_axis(range, most_ticks, round_ends)
                     : linear(range, most_ticks, round_ends);
}

std::string si_text(double value, double step) {
  struct prefix {
    double factor;
    const char* name;
  };
  static constexpr std::array prefixes{prefix{1e12, "T"}, prefix{1e9, "G"},  prefix{1e6, "M"},
                                       prefix{1e3, "k"},  prefix{1, ""},     prefix{1e-6, "u"},
                                       prefix{1e-9, "n"}, prefix{1e-12, "p"}};
  const double size = std::abs(value);
  if (size == 0 || !std::isfinite(value)) return size == 0 ? "0" : fmt::format("{}", value);
  const auto* p = std::find_if(prefixes.begin(), prefixes.end(), [&](const prefix& candidate) {
    // 999,999.7 is a million; from 0.001 to 1 no prefix reads better than one.
    const double from = candidate.factor == 1 ? 1e-3 : candidate.factor;
    return size >= from * (1 - 1e-6);
  });
  if (p == prefixes.end()) return fmt::format("{:.3g}", value);
  const double shown = value / p->factor;
  const double distance = step > 0 ? step / p->factor : std::abs(shown) / 1000;
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(distance) - 1e-6)), 0, 9);
  auto text = fmt::format("{:.{}f}", shown, decimals);
  if (text.find('.') != text.npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text + p->name;
}

}  // namespace td::bench
