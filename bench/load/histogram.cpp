#include "bench/load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace td::bench {

namespace {

using std::chrono::microseconds;

constexpr std::uint64_t sub_count = 64;
constexpr unsigned sub_bits = 6;
constexpr std::uint64_t range_end = std::uint64_t{1} << 40;

std::size_t index_of(std::uint64_t value) noexcept {
  if (value < sub_count) return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
  // (value >> shift) lies in [64, 128).
  return static_cast<std::size_t>(shift * sub_count + (value >> shift));
}

std::uint64_t upper_of(std::size_t index) noexcept {
  if (index < sub_count) return index;
  const auto shift = static_cast<unsigned>(index / sub_count) - 1;
  const auto sub = sub_count + index % sub_count;
  return ((sub + 1) << shift) - 1;
}

/// Takes a number off the front; false when there is none.
bool take(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

void histogram::record(microseconds value, std::uint64_t times) noexcept {
  if (times == 0) return;
  const auto us =
      std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0)), range_end);
  counts_[index_of(us)] += times;
  count_ += times;
  sum_us_ += us * times;
  most_ = std::max(most_, microseconds{us});
}

void histogram::merge(const histogram& other) noexcept {
  for (std::size_t i = 0; i < counts_.size(); ++i)
    counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_us_ += other.sum_us_;
  most_ = std::max(most_, other.most_);
}

double histogram::mean_us() const noexcept {
  return count_ == 0 ? 0 : static_cast<double>(sum_us_) / static_cast<double>(count_);
}

microseconds histogram::at(double quantile) const noexcept {
  if (count_ == 0) return {};
  const auto wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(most_, microseconds{upper_of(i)});
  }
  return most_;
}

std::vector<histogram::bucket> histogram::buckets() const {
  std::vector<bucket> all;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) all.push_back({microseconds{upper_of(i)}, counts_[i]});
  }
  return all;
}

std::string histogram::to_text() const {
  auto text = fmt::format("h1 {} {}", most_.count(), sum_us_);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) fmt::format_to(std::back_inserter(text), " {}:{}", i, counts_[i]);
  }
  return text;
}

result<histogram> histogram::parse(std::string_view text) {
  const failure bad{
      errc::configuration_invalid,
      fmt::format("'{:.60}' is no histogram; one looks like 'h1 130 230 100:1 128:1'", text)};
  histogram h;
  std::uint64_t most = 0;
  if (!take(text, "h1 ") || !take(text, most) || !take(text, " ") || !take(text, h.sum_us_) ||
      most > range_end) {
    return bad;
  }
  h.most_ = microseconds{most};
  std::size_t next = 0;
  while (!text.empty()) {
    std::uint64_t index = 0;
    std::uint64_t count = 0;
    if (!take(text, " ") || !take(text, index) || !take(text, ":") || !take(text, count) ||
        index < next || index >= h.counts_.size() || count == 0) {
      return bad;
    }
    next = static_cast<std::size_t>(index) + 1;
    h.counts_[next - 1] = count;
    h.count_ += count;
  }
  // The largest value lies in the last bucket.
  if (h.count_ == 0 ? most != 0 || h.sum_us_ != 0 : index_of(most) + 1 != next) return bad;
  return h;
}

}  // namespace td::bench
