#include "bench/load/profile.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "bench/load/schedule.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr double fastest_rate = 10e6;  // events/s; no broker takes it
constexpr auto longest = 31 * 24h;
constexpr std::size_t most_pieces = 10'000;

/// Reads from the front, and knows how far it has come.
class reader {
 public:
  explicit reader(std::string_view text) : whole_{text}, left_{text} {}

  result<load_profile> profile() {
    load_profile p;
    do {
      if (auto r = pieces(p.pieces); !r) return r.error();
    } while (take(","));
    if (take("+")) {
      auto bursts = burst();
      if (!bursts) return bursts.error();
      p.bursts = *bursts;
    }
    skip_spaces();
    if (!left_.empty()) return wrong("',' and another piece, '+ 2000 every 5s', or the end");
    if (p.duration() > longest) return wrong("31 days at most in all");
    if (p.pieces.size() > most_pieces) return wrong("10000 pieces at most, steps included");
    if (p.events() == 0) return wrong("at least one event within the duration");
    return p;
  }

 private:
  failure wrong(std::string_view wanted) const {
    const auto here = left_.empty() ? std::string{"the end"} : fmt::format("'{:.20}'", left_);
    return {errc::configuration_invalid,
            fmt::format("profile '{:.200}': at {} (character {}) there should be {}; right is e.g. "
                        "'20000/s 60s', '1k/s..50k/s 2m', 'steps 5k/s..30k/s by 5k/s each 20s', "
                        "'10k/s 60s + 2000 every 5s'",
                        whole_, here, whole_.size() - left_.size() + 1, wanted)};
  }

  void skip_spaces() {
    const auto first = left_.find_first_not_of(" \t\n");
    left_.remove_prefix(std::min(first, left_.size()));
  }

  bool take(std::string_view word) {
    skip_spaces();
    if (!left_.starts_with(word)) return false;
    left_.remove_prefix(word.size());
    return true;
  }

  /// A word and no part of a longer one.
  bool take_word(std::string_view word) {
    const auto before = left_;
    if (take(word) && (left_.empty() || left_.front() == ' ')) return true;
    left_ = before;
    return false;
  }

  /// 12, 1.5, 10k, 2M. Not 1e3: 'e' could begin 'every'.
  std::optional<double> number() {
    skip_spaces();
    if (left_.empty() || left_.front() < '0' || left_.front() > '9') return std::nullopt;
    // "1k/s..50k/s": only one dot belongs to a number, and not before another.
    auto end = std::min(left_.find_first_not_of("0123456789"), left_.size());
    if (left_.substr(end).starts_with(".") && !left_.substr(end).starts_with(".."))
      end = std::min(left_.find_first_not_of("0123456789", end + 1), left_.size());
    double value = 0;
    const auto read = std::from_chars(left_.data(), left_.data() + end, value);
    if (read.ec != std::errc{} || read.ptr != left_.data() + end) return std::nullopt;
    left_.remove_prefix(end);
    return value;
  }

  double factor() {
    if (left_.starts_with('k')) return left_.remove_prefix(1), 1e3;
    if (left_.starts_with('M')) return left_.remove_prefix(1), 1e6;
    return 1;
  }

  result<double> rate() {
    const auto before = left_;
    const auto value = number();
    const double scaled = value ? *value * factor() : 0;
    if (!value || !left_.starts_with("/s") || scaled > fastest_rate) {
      left_ = before;
      return wrong("a rate such as 20000/s or 20k/s, up to 10M/s");
    }
    left_.remove_prefix(2);
    return scaled;
  }

  result<milliseconds> duration() {
    static constexpr std::pair<std::string_view, double> units[] = {
        {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}};
    skip_spaces();
    const auto before = left_;
    if (const auto value = number()) {
      for (const auto& [name, factor] : units) {
        if (!left_.starts_with(name)) continue;
        const double ms = *value * factor;
        if (ms < 1 || ms > static_cast<double>(milliseconds{longest}.count()) ||
            ms != std::floor(ms))
          break;
        left_.remove_prefix(name.size());
        return milliseconds{static_cast<std::int64_t>(ms)};
      }
    }
    left_ = before;
    return wrong("a duration of whole milliseconds such as 250ms, 60s, 2m, 1h, up to 31 days");
  }

  result<void> pieces(std::vector<rate_piece>& to) {
    if (take_word("steps")) return steps(to);
    const auto from = rate();
    if (!from) return from.error();
    rate_piece piece{.from = *from, .to = *from};
    if (take("..")) {
      const auto end = rate();
      if (!end) return end.error();
      piece.to = *end;
    }
    const auto during = duration();
    if (!during) return during.error();
    piece.during = *during;
    to.push_back(piece);
    return ok();
  }

  result<void> steps(std::vector<rate_piece>& to) {
    const auto from = rate();
    if (!from) return from.error();
    if (!take("..")) return wrong("'..' and the last step's rate");
    const auto end = rate();
    if (!end) return end.error();
    if (!take_word("by")) return wrong("'by' and the height of a step, such as 'by 5k/s'");
    const auto by = rate();
    if (!by) return by.error();
    if (*by <= 0 || std::abs(*end - *from) / *by > most_pieces)
      return wrong("a step higher than 0, and 10000 steps at most");
    if (!take_word("each")) return wrong("'each' and how long a step lasts, such as 'each 20s'");
    const auto during = duration();
    if (!during) return during.error();
    const double sign = *end < *from ? -1 : 1;
    const double whole = std::abs(*end - *from) / *by;
    const auto full = static_cast<std::size_t>(whole + 1e-9);
    for (std::size_t i = 0; i <= full; ++i) {
      const double at = *from + sign * static_cast<double>(i) * *by;
      to.push_back({at, at, *during});
    }
    // Both ends belong to it: the last step may be a smaller one.
    if (whole - static_cast<double>(full) > 1e-9)
      to.push_back({*end, *end, *during});
    else
      to.back() = {*end, *end, *during};
    return ok();
  }

  result<burst_rule> burst() {
    skip_spaces();
    const auto before = left_;
    const auto count = number();
    const double events = count ? *count * factor() : 0;
    if (events < 1 || events > 1e9 || events != std::floor(events)) {
      left_ = before;
      return wrong("how many events a burst has, such as '2000 every 5s'");
    }
    if (!take_word("every")) return wrong("'every' and the time between bursts");
    const auto every = duration();
    if (!every) return every.error();
    return burst_rule{.events = static_cast<std::uint64_t>(events), .every = *every};
  }

  std::string_view whole_;
  std::string_view left_;
};

std::string duration_text(milliseconds d) {
  if (d % 1h == 0ms) return fmt::format("{}h", d / 1h);
  if (d % 1min == 0ms) return fmt::format("{}m", d / 1min);
  if (d % 1s == 0ms) return fmt::format("{}s", d / 1s);
  return fmt::format("{}ms", d.count());
}

/// The shortest digits that read back as the same number, without an exponent.
std::string rate_text(double rate) {
  char digits[400];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, rate, std::chars_format::fixed).ptr;
  return std::string{digits, end} + "/s";
}

}  // namespace

milliseconds load_profile::duration() const noexcept {
  milliseconds all{};
  for (const auto& p : pieces)
    all += p.during;
  return all;
}

std::uint64_t load_profile::events() const noexcept {
  return timetable{*this}.events();
}

double load_profile::highest_rate() const noexcept {
  double highest = 0;
  for (const auto& p : pieces)
    highest = std::max({highest, p.from, p.to});
  return highest;
}

result<load_profile> parse_profile(std::string_view text) {
  return reader{text}.profile();
}

std::string to_text(const load_profile& profile) {
  std::string text;
  for (const auto& p : profile.pieces) {
    if (!text.empty()) text += ", ";
    text += rate_text(p.from);
    if (p.to != p.from) text += ".." + rate_text(p.to);
    text += " " + duration_text(p.during);
  }
  if (profile.bursts) {
    text +=
        fmt::format(" + {} every {}", profile.bursts->events, duration_text(profile.bursts->every));
  }
  return text;
}

}  // namespace td::bench
