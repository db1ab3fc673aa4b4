#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>

namespace td {

/// Bytes that were read and not yet used, in one piece. Small while a connection is idle, grows up
/// to a bound. One thread.
class input_buffer {
 public:
  static constexpr std::size_t least = 4u << 10;

  explicit input_buffer(std::size_t most) : most_{std::max(most, least)} {}

  std::string_view view() const noexcept { return {bytes_.data() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  bool full() const noexcept { return end_ - begin_ >= most_; }

  void consume(std::size_t n) noexcept {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  /// Room for at least one byte, unless `full`. Ends all views.
  boost::asio::mutable_buffer prepare() {
    if (begin_ > 0) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == bytes_.size()) bytes_.resize(std::min(most_, std::max(least, 2 * bytes_.size())));
    return {bytes_.data() + end_, bytes_.size() - end_};
  }

  void commit(std::size_t n) noexcept { end_ += n; }

  /// Gives back what only a large request needed.
  void rest() {
    if (!empty() || bytes_.size() <= 4 * least) return;
    bytes_ = {};
    begin_ = end_ = 0;
  }

 private:
  std::size_t most_;
  std::size_t begin_{};
  std::size_t end_{};
  std::vector<char> bytes_{};
};

}  // namespace td
