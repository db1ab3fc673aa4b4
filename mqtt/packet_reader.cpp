#include "mqtt/packet_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace td::wire {

front packet_reader::next() noexcept {
  const auto f = first_packet({bytes_.get() + begin_, buffered()});
  needs_ = f.whole ? 0 : f.needs;
  if (f.whole) begin_ += f.whole->bytes;
  return f;
}

std::span<char> packet_reader::room() {
  const std::size_t held = buffered();
  if (capacity_ > usual_room && needs_ <= usual_room && held < usual_room) {
    move_to(usual_room);  // the large one has gone
  } else if (held == capacity_) {
    move_to(held == 0 ? usual_room : std::min(held * 2, std::max(needs_, usual_room)));
  } else if (begin_ != 0) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, held);
    begin_ = 0;
    end_ = held;
  }
  return {bytes_.get() + end_, capacity_ - end_};
}

std::optional<packet_type> packet_reader::front_type() const noexcept {
  if (buffered() == 0) return std::nullopt;
  return static_cast<packet_type>(static_cast<unsigned char>(bytes_[begin_]) >> 4);
}

void packet_reader::clear() noexcept {
  begin_ = end_ = needs_ = 0;
  if (capacity_ <= usual_room) return;
  bytes_.reset();
  capacity_ = 0;
}

void packet_reader::move_to(std::size_t capacity) {
  const std::size_t held = buffered();
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  if (held > 0) std::memcpy(larger.get(), bytes_.get() + begin_, held);
  bytes_ = std::move(larger);
  capacity_ = capacity;
  begin_ = 0;
  end_ = held;
}

}  // namespace td::wire
