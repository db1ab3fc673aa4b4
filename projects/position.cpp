#include "projects/position.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "projects/fields.hpp"

namespace td {

namespace {

constexpr std::string_view digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr int base = 62;
static_assert(digits.size() == base);

/// Of a place behind the text's end: 0.
int digit_at(std::string_view text, std::size_t place) noexcept {
  return place < text.size() ? static_cast<int>(digits.find(text[place])) : 0;
}

failure refused(std::string detail) {
  return {errc::value_invalid, std::move(detail), "/position"};
}

/// Counting up or down by one is done in at least so many digits: then hundreds of millions of
/// steps in one direction need no further one.
constexpr std::size_t counting_digits = 5;

std::string padded(std::string_view text) {
  std::string out{text};
  out.resize(std::max(text.size(), counting_digits), digits.front());
  return out;
}

char digit(int value) {
  return digits[static_cast<std::size_t>(value)];
}

std::string next_after(std::string_view after) {
  auto out = padded(after);
  const auto room = out.find_last_not_of(digits.back());
  if (room == out.npos) return out + "00001";
  out[room] = digit(digit_at(out, room) + 1);
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(room) + 1, out.end(), digits.front());
  if (out.back() == digits.front()) out.back() = digit(1);
  return out;
}

/// Absent when there is nothing of that length.
std::optional<std::string> previous_before(std::string_view before) {
  auto out = padded(before);
  do {
    const auto room = out.find_last_not_of(digits.front());
    if (room == out.npos) return std::nullopt;
    out[room] = digit(digit_at(out, room) - 1);
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(room) + 1, out.end(), digits.back());
  } while (out.back() == digits.front());
  return out;
}

/// The middle, digit by digit. `after` < `before` holds, as fractions.
std::string middle(std::string_view after, std::string_view before) {
  std::string out;
  bool below = false;  // what stands in `out` is smaller than `before` already
  for (std::size_t i = 0;; ++i) {
    const int low = digit_at(after, i);
    const int high = below ? base : digit_at(before, i);
    const int between = (low + high) / 2;
    if (between > low) {
      out += digits[static_cast<std::size_t>(between)];
      return out;
    }
    out += digits[static_cast<std::size_t>(low)];
    below = below || low < high;
  }
}

}  // namespace

bool is_position(std::string_view text) noexcept {
  return !text.empty() && text.size() <= fields::max_position &&
         text.find_first_not_of(digits) == text.npos && text.back() != digits[0];
}

result<std::string> position_between(const std::optional<std::string>& after,
                                     const std::optional<std::string>& before) {
  for (const auto* bound : {&after, &before}) {
    if (*bound && !is_position(**bound))
      return refused(
          fmt::format("{} is no position; take one that the service gave", quoted(**bound)));
  }
  if (after && before && *after >= *before) {
    return refused(fmt::format("{} does not stand before {}; give the upper neighbour first",
                               *after, *before));
  }
  std::string out{"V0001"};  // the middle of everything
  if (after && before) {
    out = middle(*after, *before);
  } else if (after) {
    out = next_after(*after);
  } else if (before) {
    auto previous = previous_before(*before);
    out = previous ? *std::move(previous) : middle("", *before);
  }
  if (out.size() <= fields::max_position) return out;
  return refused("there is no room between the two any more; number the list anew");
}

std::vector<std::string> spread_positions(std::size_t count) {
  std::size_t length = 1;
  for (std::size_t room = base; room < count + 1; room *= base)
    ++length;
  ++length;  // room between each two, and a last digit that is not 0
  std::vector<std::string> all;
  all.reserve(count);
  std::uint64_t places = 1;
  for (std::size_t i = 1; i < length; ++i)
    places *= base;
  for (std::size_t n = 1; n <= count; ++n) {
    auto value = places / (count + 1) * n;
    std::string text(length, digits[0]);
    text.back() = digits[base / 2];
    for (auto i = length - 1; i-- > 0; value /= base)
      text[i] = digits[value % base];
    all.push_back(std::move(text));
  }
  return all;
}

}  // namespace td
