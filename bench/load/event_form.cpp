#include "bench/load/event_form.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include <fmt/format.h>

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

/// Text with the entropy of words, so that compression finds what it finds in life.
std::string words(std::size_t length, std::uint64_t& random) {
  static constexpr std::string_view vocabulary[] = {
      "pump", "valve", "gauge", "north", "south", "pressure", "flow", "closed",
      "open", "check", "night", "shift", "seven", "sensor",   "oil",  "temperature"};
  std::string text;
  while (text.size() < length) {
    const auto r = split_mix(random);
    text += fmt::format("{} {} ", vocabulary[r & 15], (r >> 4) % 10'000);
  }
  text.resize(length);
  return text;
}

/// A member of the payload, exactly so many bytes: ,"log":["...","..."]. Strings of some 1,000
/// bytes, because the longest string is bounded. `bytes` of 50 or more.
std::string log_member(std::size_t bytes, std::uint64_t& random) {
  constexpr std::string_view begin = R"(,"log":[)";
  const std::size_t inner = bytes - begin.size() - 1;
  const std::size_t strings = inner / 1000 + 1;
  const std::size_t letters = inner - (3 * strings - 1);  // two quotes each, commas between
  std::string text{begin};
  for (std::size_t i = 0; i < strings; ++i) {
    text += i == 0 ? "\"" : ",\"";
    text += words(letters / strings + (i < letters % strings ? 1 : 0), random);
    text += '"';
  }
  return text + "]";
}

std::string body_of_size(std::size_t bytes, std::uint64_t random) {
  std::string body{event_form::text};
  if (bytes <= body.size()) return body;
  const auto more = bytes - body.size();
  constexpr std::size_t room_in_title = 150;  // of 200
  if (more <= room_in_title) {
    constexpr std::string_view title_end = "in room 17";
    return body.insert(body.find(title_end) + title_end.size(), words(more, random));
  }
  return body.insert(body.size() - 2, log_member(more, random));
}

}  // namespace

std::uint64_t split_mix(std::uint64_t& state) noexcept {
  auto z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

timestamp due_in(std::string_view trace_id) noexcept {
  std::uint64_t us = 0;
  const auto digits = trace_id.substr(std::min<std::size_t>(trace_id.size(), 16));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), us, 16);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  return timestamp{std::chrono::microseconds{digits.size() == 16 && whole ? us : 0}};
}

event_writer::event_writer(std::uint64_t seed, unsigned producer,
                           const std::vector<std::size_t>& sizes)
    : state_{seed ^ (std::uint64_t{producer} << 56)} {
  for (const auto size : sizes) {
    auto& body = bodies_.emplace_back(body_of_size(size, state_ + size));
    char* digits = body.data() + event_form::producer.offset;
    digits[0] = static_cast<char>('0' + producer / 10 % 10);
    digits[1] = static_cast<char>('0' + producer % 10);
  }
  state_ = random();  // far apart for neighbouring seeds
}

std::string_view event_writer::next(const event_wish& wish) {
  auto& body = bodies_[wish.size];
  const auto high = random();
  const auto low = random();
  id_sum_ += high >> 32;
  write_uuid(body.data() + event_form::event_id.offset, high, low);
  write_uuid(body.data() + event_form::task_id.offset, random(), random());
  if (wish.invalid) body[event_form::task_id.offset] = 'x';
  char* trace = write_hex(body.data() + event_form::trace_id.offset, random(), 8);
  const auto rest = random() | 1;
  write_hex(trace,
            wish.due ? static_cast<std::uint64_t>(wish.due->time_since_epoch().count()) : rest, 8);
  write_time(wish.occurred_at);
  std::copy(time_.begin(), time_.end(), body.data() + event_form::occurred_at.offset);
  return body;
}

void event_writer::write_time(timestamp t) {
  const auto second = std::chrono::floor<std::chrono::seconds>(t);
  if (second != second_) {
    const auto text = to_rfc3339(t);
    std::copy(text.begin(), text.end(), time_.begin());
    second_ = second;
    return;
  }
  auto fraction = (t - second).count();
  for (std::size_t i = 25; i >= 20; --i, fraction /= 10)
    time_[i] = static_cast<char>('0' + fraction % 10);
}

}  // namespace td::bench
