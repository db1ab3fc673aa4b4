#include "schema/format.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>

#include "pipeline/uuid.hpp"

namespace td {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 5> names{"date-time", "date", "uuid", "uri", "email"};

// -- dates and times ---

/// Two digits at a place; above 99 when they are none.
constexpr unsigned two_digits(const char* at) noexcept {
  auto const tens = static_cast<unsigned>(static_cast<unsigned char>(at[0])) - '0';
  auto const ones = static_cast<unsigned>(static_cast<unsigned char>(at[1])) - '0';
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

constexpr std::size_t date_size = 10;  // 2026-11-20
constexpr std::size_t time_size = 8;   // 12:00:00

/// Ten characters.
bool is_date(const char* at) noexcept {
  static constexpr std::array<std::uint8_t, 13> lengths{0,  31, 29, 31, 30, 31, 30,
                                                        31, 31, 30, 31, 30, 31};
  auto const century = two_digits(at);
  auto const year_of_century = two_digits(at + 2);
  auto const month = two_digits(at + 5);
  auto const day = two_digits(at + 8);
  if (century > 99 || year_of_century > 99 || at[4] != '-' || at[7] != '-') return false;
  if (month < 1 || month > 12 || day < 1 || day > lengths[month]) return false;
  if (month != 2 || day != 29) return true;
  return (year_of_century != 0 ? year_of_century : century) % 4 == 0;
}

struct time_of_day {
  unsigned minute{};  ///< of the day
  unsigned second{};
};

/// Eight characters; a leap second is read, and judged with its offset.
bool read_time(const char* at, time_of_day& time) noexcept {
  auto const hour = two_digits(at);
  auto const minute = two_digits(at + 3);
  time = {hour * 60 + minute, two_digits(at + 6)};
  return at[2] == ':' && at[5] == ':' && hour < 24 && minute < 60 && time.second <= 60;
}

/// All of `offset`: "Z", "z", "+hh:mm", "-hh:mm". `minutes` is what to add to get UTC, modulo a
/// day.
bool read_offset(std::string_view offset, unsigned& minutes) noexcept {
  minutes = 0;
  if (offset == "Z" || offset == "z") return true;
  if (offset.size() != 6 || (offset[0] != '+' && offset[0] != '-') || offset[3] != ':') {
    return false;
  }
  auto const hour = two_digits(offset.data() + 1);
  auto const minute = two_digits(offset.data() + 4);
  if (hour > 23 || minute > 59) return false;
  auto const distance = hour * 60 + minute;
  minutes = offset[0] == '-' ? distance : 24 * 60 - distance;
  return true;
}

bool is_date_time(std::string_view text) noexcept {
  constexpr auto fixed = date_size + 1 + time_size;
  if (text.size() <= fixed || !is_date(text.data())) return false;
  if (text[date_size] != 'T' && text[date_size] != 't') return false;
  time_of_day time;
  if (!read_time(text.data() + date_size + 1, time)) return false;
  auto rest = text.substr(fixed);
  if (rest.front() == '.') {
    auto const digits = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (digits == 1) return false;
    rest.remove_prefix(digits);
  }
  unsigned to_utc = 0;
  if (!read_offset(rest, to_utc)) return false;
  constexpr unsigned last_minute = 23 * 60 + 59;
  return time.second < 60 || (time.minute + to_utc) % (24 * 60) == last_minute;
}

// -- e-mail: RFC 5321, section 4.1.2, with the limits of 4.5.3.1 and of a domain name's labels ---

constexpr std::size_t max_local_part = 64;
constexpr std::size_t max_domain = 255;
constexpr std::size_t max_label = 63;

constexpr bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr bool is_atom_character(char c) noexcept {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
}

/// What stands between dots, one after the other: `is_part` holds for each of at least one.
template <class Predicate>
bool all_parts(std::string_view text, Predicate is_part) noexcept {
  for (;;) {
    auto const dot = text.find('.');
    if (!is_part(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

/// The size of the quoted string at the front, quotes included; 0 when there is none.
std::size_t quoted_string_size(std::string_view text) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\' && ++i == text.size()) return 0;
    if (text[i] < ' ' || text[i] > '~') return 0;
  }
  return 0;
}

bool is_atom(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_atom_character);
}

bool is_label(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_label && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// Between the brackets.
bool is_address(std::string_view text) {
  constexpr std::string_view tag = "ipv6:";
  auto const is_v6 = text.size() > tag.size() &&
                     std::ranges::equal(text.substr(0, tag.size()), tag, {}, [](char c) {
                       return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
                     });
  if (!is_v6) return boost::urls::parse_ipv4_address({text.data(), text.size()}).has_value();
  text.remove_prefix(tag.size());
  return boost::urls::parse_ipv6_address({text.data(), text.size()}).has_value();
}

bool is_email(std::string_view text) {
  auto const in_quotes = text.starts_with('"');
  auto const local_size = in_quotes ? quoted_string_size(text) : text.find('@');
  if (local_size == 0 || local_size >= text.size() || text[local_size] != '@') return false;
  auto const local = text.substr(0, local_size);
  auto const domain = text.substr(local_size + 1);
  if (local.size() > max_local_part || domain.size() > max_domain) return false;
  if (!in_quotes && !all_parts(local, is_atom)) return false;
  if (domain.starts_with('[')) {
    return domain.ends_with(']') && is_address(domain.substr(1, domain.size() - 2));
  }
  return all_parts(domain, is_label);
}

// -- URIs: RFC 3986, appendix A. Boost.URL 1.81 reads addresses, but not URIs: it refuses the host
// "1.2.3.4.example.org" and takes the path "x" behind an authority ---

/// Characters that a part of a URI may have beside unreserved ones, sub-delims and escapes.
struct uri_part {
  std::string_view others;
};
constexpr uri_part user_part{":"};
constexpr uri_part name_part{""};
constexpr uri_part path_part{":@/"};
constexpr uri_part query_part{":@/?"};

constexpr bool is_hex_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_made_of(std::string_view text, uri_part part) noexcept {
  constexpr std::string_view unreserved_and_sub_delims = "-._~!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = text[i];
    if (is_letter_or_digit(c)) continue;
    if (c == '%') {
      if (text.size() - i < 3 || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2])) {
        return false;
      }
      i += 2;
    } else if (unreserved_and_sub_delims.find(c) == std::string_view::npos &&
               part.others.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

/// Between the brackets: an IPv6 address, or a version of IP that is yet to come.
bool is_ip_literal(std::string_view text) {
  if (!text.starts_with('v') && !text.starts_with('V')) {
    return boost::urls::parse_ipv6_address({text.data(), text.size()}).has_value();
  }
  auto const dot = text.find('.');
  if (dot == std::string_view::npos) return false;
  auto const version = text.substr(1, dot - 1);
  auto const address = text.substr(dot + 1);
  return !version.empty() && std::ranges::all_of(version, is_hex_digit) && !address.empty() &&
         address.find('%') == std::string_view::npos && is_made_of(address, user_part);
}

bool is_authority(std::string_view text) {
  if (auto const at = text.find('@'); at != std::string_view::npos) {
    if (!is_made_of(text.substr(0, at), user_part)) return false;
    text.remove_prefix(at + 1);
  }
  auto host_size = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) {
    auto const end = text.find(']');
    if (end == std::string_view::npos || !is_ip_literal(text.substr(1, end - 1))) return false;
    host_size = end + 1;
  } else if (!is_made_of(text.substr(0, host_size), name_part)) {
    return false;
  }
  auto const port = text.substr(host_size);
  return port.empty() ||
         (port.front() == ':' && port.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

bool is_scheme(std::string_view text) noexcept {
  return !text.empty() && is_letter_or_digit(text.front()) &&
         (text.front() < '0' || text.front() > '9') && std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

bool is_uri(std::string_view text) {
  auto const colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return false;
  text.remove_prefix(colon + 1);
  if (auto const hash = text.find('#'); hash != std::string_view::npos) {
    if (!is_made_of(text.substr(hash + 1), query_part)) return false;
    text = text.substr(0, hash);
  }
  if (auto const mark = text.find('?'); mark != std::string_view::npos) {
    if (!is_made_of(text.substr(mark + 1), query_part)) return false;
    text = text.substr(0, mark);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    auto const size = std::min(text.find('/'), text.size());
    if (!is_authority(text.substr(0, size))) return false;
    text.remove_prefix(size);
  }
  return is_made_of(text, path_part);
}

}  // namespace

std::string_view name_of(format f) noexcept {
  return names[static_cast<std::size_t>(f)];
}

std::optional<format> format_named(std::string_view name) noexcept {
  auto const* const found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<format>(found - names.begin());
}

std::span<const std::string_view> format_names() noexcept {
  return names;
}

bool has_format(format f, std::string_view text) noexcept {
  try {
    switch (f) {
      case format::date_time:
        return is_date_time(text);
      case format::date:
        return text.size() == date_size && is_date(text.data());
      case format::uuid:
        return parse_uuid(text).has_value();
      case format::uri:
        return is_uri(text);
      case format::email:
        return is_email(text);
    }
  } catch (...) {  // Boost.URL does not say which of its functions throw
  }
  return false;
}

}  // namespace td
