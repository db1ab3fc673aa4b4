#include "bench/load/event_form.hpp"

#include <algorithm>
#include <string>

namespace td::bench {

namespace {

/// "00" "01" ... "ff", side by side.
constexpr auto hex_pairs = [] {
  std::array<char, 512> pairs{};
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < 256; ++i) {
    pairs[2 * i] = digits[i >> 4];
    pairs[2 * i + 1] = digits[i & 15];
  }
  return pairs;
}();

/// The `bytes` highest bytes of `v` as hex digits.
char* write_hex(char* to, std::uint64_t v, int bytes) noexcept {
  for (int i = 0; i < bytes; ++i) {
    to = std::copy_n(&hex_pairs[2 * ((v >> (56 - 8 * i)) & 255)], 2, to);
  }
  return to;
}

/// A version 4 UUID (RFC 4122 section 4.4) of 122 of these 128 bits.
void write_uuid(char* to, std::uint64_t high, std::uint64_t low) noexcept {
  high = (high & ~std::uint64_t{0xf000}) | 0x4000;
  low = (low & ~(std::uint64_t{3} << 62)) | (std::uint64_t{1} << 63);
  to = write_hex(to, high, 4) + 1;
  to = write_hex(to, high << 32, 2) + 1;
  to = write_hex(to, high << 48, 2) + 1;
  to = write_hex(to, low, 2) + 1;
  write_hex(to, low << 16, 6);
}

}  // namespace

event_writer::event_writer(std::uint64_t seed, unsigned producer) noexcept
    : state_{seed ^ (std::uint64_t{producer} << 56)} {
  std::copy(event_form::text.begin(), event_form::text.end(), body_.begin());
  char* digits = body_.data() + event_form::producer.offset;
  digits[0] = static_cast<char>('0' + producer / 10 % 10);
  digits[1] = static_cast<char>('0' + producer % 10);
  state_ = random();  // far apart for neighbouring seeds
}

std::string_view event_writer::next(timestamp occurred_at) {
  const auto high = random();
  const auto low = random();
  id_sum_ += high >> 32;
  write_uuid(body_.data() + event_form::event_id.offset, high, low);
  write_uuid(body_.data() + event_form::task_id.offset, random(), random());
  char* trace = body_.data() + event_form::trace_id.offset;
  write_hex(write_hex(trace, random(), 8), random() | 1, 8);
  write_time(occurred_at);
  return {body_.data(), body_.size()};
}

std::string_view event_writer::next_invalid(timestamp occurred_at) {
  next(occurred_at);
  body_[event_form::task_id.offset] = 'x';
  return {body_.data(), body_.size()};
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
std::uint64_t event_writer::random() noexcept {
  auto z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void event_writer::write_time(timestamp t) {
  char* to = body_.data() + event_form::occurred_at.offset;
  const auto second = std::chrono::floor<std::chrono::seconds>(t);
  if (second != second_) {
    const auto text = to_rfc3339(t);
    std::copy(text.begin(), text.end(), to);
    second_ = second;
    return;
  }
  auto fraction = (t - second).count();
  for (int i = 25; i >= 20; --i, fraction /= 10)
    to[i] = static_cast<char>('0' + fraction % 10);
}

}  // namespace td::bench
