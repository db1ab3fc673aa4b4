#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"

namespace td::bench {

/// Counts durations, in microseconds, with a relative error of at most 1/64 from 0 to 2^40 us (12
/// days): log-linear buckets, 64 to each power of two, exact below 128 us (the layout of
/// HdrHistogram: Tene, hdrhistogram.org). Recording is a few instructions and never allocates. One
/// thread; merge what several threads have recorded.
class histogram {
 public:
  /// Below 0 counts as 0, beyond the range as its end.
  void record(std::chrono::microseconds value, std::uint64_t times = 1) noexcept;
  void merge(const histogram& other) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::chrono::microseconds most() const noexcept { return most_; }  ///< exact; 0 when empty
  double mean_us() const noexcept;                                   ///< exact; 0 when empty

  /// The upper end of the bucket in which the value of this rank lies (0..1; nearest rank), never
  /// above `most()`. 0 when empty.
  std::chrono::microseconds at(double quantile) const noexcept;

  /// Every bucket that is not empty: its upper end, and how many lie in it.
  struct bucket {
    std::chrono::microseconds upper{};
    std::uint64_t count{};
  };
  std::vector<bucket> buckets() const;

  /// "h1 MOST SUM INDEX:COUNT ..." on one line, and back. configuration_invalid: it is no such
  /// line.
  std::string to_text() const;
  static result<histogram> parse(std::string_view text);

  bool operator==(const histogram&) const = default;

 private:
  static constexpr std::size_t sub_buckets = 64;
  static constexpr std::size_t powers = 35;  // from 2^6 to 2^40

  std::array<std::uint64_t, sub_buckets*(powers + 1)> counts_{};
  std::uint64_t count_{};
  std::uint64_t sum_us_{};
  std::chrono::microseconds most_{};
};

}  // namespace td::bench
