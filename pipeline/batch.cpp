#include "pipeline/batch.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace td {

void batch::clear() noexcept {
  used_ = 0;
  messages_.clear();
  from = {};
}

void batch::add(std::string_view topic, std::string_view body, timestamp received_at, bool retained,
                bool redelivered) {
  auto const end = used_ + topic.size() + body.size();
  if (end > std::numeric_limits<std::uint32_t>::max() - arena_padding) {
    throw std::length_error{"a batch's arena may not pass 4 GiB"};
  }
  // The arena's size is its capacity: bytes are zeroed once when it grows, never per message.
  if (arena_.size() < end + arena_padding) {
    arena_.resize(std::max(end + arena_padding, arena_.size() * 2));
  }
  auto const put = [this](std::string_view bytes) {
    slice const s{static_cast<std::uint32_t>(used_), static_cast<std::uint32_t>(bytes.size())};
    if (!bytes.empty()) std::memcpy(arena_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
    return s;
  };
  auto const topic_slice = put(topic);
  auto const body_slice = put(body);
  messages_.push_back({topic_slice, body_slice, received_at, retained, redelivered});
}

}  // namespace td
