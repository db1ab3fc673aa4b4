#include "pipeline/time.hpp"

#include <fmt/format.h>

namespace td {
namespace {

namespace chr = std::chrono;

/// A cursor over the text; each `take_` moves on, or says false and leaves the parse to fail.
class reader {
 public:
  explicit reader(std::string_view text) noexcept : at_{text.data()}, end_{at_ + text.size()} {}

  bool done() const noexcept { return at_ == end_; }
  bool sees(char c) const noexcept { return at_ != end_ && *at_ == c; }

  bool take(char c) noexcept {
    if (!sees(c)) return false;
    ++at_;
    return true;
  }

  bool take_digit(unsigned& digit) noexcept {
    if (at_ == end_) return false;
    digit = static_cast<unsigned>(static_cast<unsigned char>(*at_)) - '0';
    if (digit > 9) return false;
    ++at_;
    return true;
  }

  /// Exactly `width` digits with a value in [low, high].
  bool take_number(int width, unsigned low, unsigned high, unsigned& value) noexcept {
    value = 0;
    for (unsigned digit = 0; width > 0; --width) {
      if (!take_digit(digit)) return false;
      value = value * 10 + digit;
    }
    return low <= value && value <= high;
  }

 private:
  const char* at_;
  const char* end_;
};

bool take_date(reader& in, chr::sys_days& date) noexcept {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (!in.take_number(4, 1, 9999, year) || !in.take('-')) return false;
  if (!in.take_number(2, 1, 12, month) || !in.take('-')) return false;
  if (!in.take_number(2, 1, 31, day)) return false;
  chr::year_month_day const ymd{chr::year{static_cast<int>(year)}, chr::month{month},
                                chr::day{day}};
  if (!ymd.ok()) return false;
  date = ymd;
  return true;
}

/// `.` and at least one digit; what lies past the microsecond is dropped.
bool take_fraction(reader& in, chr::microseconds& fraction) noexcept {
  unsigned digit = 0;
  if (!in.take_digit(digit)) return false;
  unsigned value = 0;
  unsigned weight = 100'000;
  do {
    value += digit * weight;
    weight /= 10;
  } while (in.take_digit(digit));
  fraction = chr::microseconds{value};
  return true;
}

bool take_offset(reader& in, chr::minutes& offset) noexcept {
  if (in.take('Z') || in.take('z')) return true;
  auto const west = in.sees('-');
  if (!in.take('+') && !in.take('-')) return false;
  unsigned hours = 0;
  unsigned minutes = 0;
  if (!in.take_number(2, 0, 23, hours) || !in.take(':')) return false;
  if (!in.take_number(2, 0, 59, minutes)) return false;
  offset = chr::hours{hours} + chr::minutes{minutes};
  if (west) offset = -offset;
  return true;
}

constexpr timestamp first_instant = chr::sys_days{chr::year{1} / 1 / 1};
constexpr timestamp end_of_time = chr::sys_days{chr::year{10000} / 1 / 1};

}  // namespace

std::optional<timestamp> parse_rfc3339(std::string_view text) noexcept {
  reader in{text};
  chr::sys_days date;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  chr::microseconds fraction{};
  chr::minutes offset{};
  if (!take_date(in, date)) return std::nullopt;
  if (!in.take('T') && !in.take('t') && !in.take(' ')) return std::nullopt;
  if (!in.take_number(2, 0, 23, hour) || !in.take(':')) return std::nullopt;
  if (!in.take_number(2, 0, 59, minute) || !in.take(':')) return std::nullopt;
  if (!in.take_number(2, 0, 60, second)) return std::nullopt;
  if (in.take('.') && !take_fraction(in, fraction)) return std::nullopt;
  if (!take_offset(in, offset) || !in.done()) return std::nullopt;

  auto const minute_begins = timestamp{date} + chr::hours{hour} + chr::minutes{minute} - offset;
  auto instant = minute_begins + chr::seconds{second} + fraction;
  if (second == 60) {
    if (minute_begins - chr::floor<chr::days>(minute_begins) != chr::minutes{23 * 60 + 59}) {
      return std::nullopt;
    }
    instant = minute_begins + chr::minutes{1} - chr::microseconds{1};
  }
  if (instant < first_instant || instant >= end_of_time) return std::nullopt;
  return instant;
}

std::string to_rfc3339(timestamp t) {
  auto const midnight = chr::floor<chr::days>(t);
  chr::year_month_day const date{midnight};
  chr::hh_mm_ss const time{t - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

timestamp now() {
  return chr::floor<chr::microseconds>(chr::system_clock::now());
}

}  // namespace td
