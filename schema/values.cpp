#include "schema/values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <utility>
#include <vector>

namespace td {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

__extension__ using wide = __int128;
__extension__ using unsigned_wide = unsigned __int128;

/// Objects up to this size are compared name by name, larger ones sorted: never quadratic.
constexpr std::size_t searched_members = 32;

constexpr double two_to_64 = 18446744073709551616.0;

wide to_wide(const number& n) noexcept {
  return n.kind == value_kind::signed_integer ? wide{n.i} : wide{n.u};
}

std::strong_ordering order_of(wide a, wide b) noexcept {
  return a < b   ? std::strong_ordering::less
         : a > b ? std::strong_ordering::greater
                 : std::strong_ordering::equal;
}

std::strong_ordering order_of(double a, double b) noexcept {
  return a < b   ? std::strong_ordering::less
         : a > b ? std::strong_ordering::greater
                 : std::strong_ordering::equal;
}

/// Of an integer and a double: beyond 64 bits the sign decides, within them the integral part, and
/// where that is equal the fraction.
std::strong_ordering compare_mixed(wide integer, double real) noexcept {
  if (real >= two_to_64) return std::strong_ordering::less;
  if (real <= -two_to_64) return std::strong_ordering::greater;
  auto const whole = std::trunc(real);
  auto const order = order_of(integer, static_cast<wide>(whole));
  return order != 0 ? order : order_of(whole, real);
}

// -- multiples ---

/// digits * 10^exponent; no trailing zero in `digits` unless it is 0.
struct decimal {
  std::uint64_t digits{};
  int exponent{};
};

decimal without_zeros(decimal d) noexcept {
  if (d.digits == 0) return {};
  while (d.digits % 10 == 0) {
    d.digits /= 10;
    ++d.exponent;
  }
  return d;
}

/// The magnitude; multiples do not care about signs.
decimal decimal_of(const number& n) noexcept {
  if (n.kind == value_kind::unsigned_integer) return without_zeros({n.u, 0});
  if (n.kind == value_kind::signed_integer) {
    auto const bits = static_cast<std::uint64_t>(n.i);
    return without_zeros({n.i < 0 ? 0 - bits : bits, 0});
  }
  // Shortest form that reads back: "1.999e+01", at most 17 digits.
  std::array<char, 32> text{};
  auto const end =
      std::to_chars(text.begin(), text.end(), std::fabs(n.d), std::chars_format::scientific).ptr;
  decimal d;
  auto const* at = text.begin();
  bool fraction = false;
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    d.digits = d.digits * 10 + static_cast<std::uint64_t>(*at - '0');
    if (fraction) --d.exponent;
  }
  int exponent = 0;
  if (at != end) {
    ++at;
    if (at != end && *at == '+') ++at;
    std::from_chars(at, end, exponent);
  }
  d.exponent += exponent;
  return without_zeros(d);
}

/// digits * 10^power modulo m.
std::uint64_t remainder(std::uint64_t digits, int power, std::uint64_t m) noexcept {
  auto const times = [m](std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>(unsigned_wide{a} * b % m);
  };
  std::uint64_t result = digits % m;
  std::uint64_t base = 10 % m;
  for (; power > 0; power /= 2) {
    if (power % 2 == 1) result = times(result, base);
    base = times(base, base);
  }
  return result;
}

// -- hashing ---

/// Keyed, so that nobody can write a document whose values all share a hash.
std::uint64_t process_key() {
  static std::uint64_t const key = [] {
    std::random_device source;
    return (std::uint64_t{source()} << 32) ^ source();
  }();
  return key;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  auto const product = unsigned_wide{a ^ 0x9e3779b97f4a7c15ULL} * (b ^ 0xd6e8feb86659fd93ULL);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Integers hash alike however they are written: 1, 1.0, 10e-1.
std::uint64_t hash_of_number(const number& n) noexcept {
  if (n.kind == value_kind::real) {
    if (n.d == std::trunc(n.d) && std::fabs(n.d) < two_to_64) {
      return mix(static_cast<std::uint64_t>(std::fabs(n.d)), n.d < 0 ? 3 : 2);
    }
    return mix(std::bit_cast<std::uint64_t>(n.d), 4);
  }
  if (n.kind == value_kind::unsigned_integer || n.i >= 0) return mix(n.u, 2);
  return mix(0 - n.u, 3);
}

std::uint64_t hash_of_text(std::string_view text) {
  return mix(std::hash<std::string_view>{}(text), process_key());
}

bool equal_arrays(array a, array b, std::int64_t& visited) {
  auto other = b.begin();
  for (auto const item : a) {
    if (!(other != b.end()) || !equal(value::of(item), value::of(*other), visited)) return false;
    ++other;
  }
  return !(other != b.end());
}

using member = std::pair<std::string_view, element>;

std::vector<member> sorted_members(object o) {
  std::vector<member> members;
  for (auto const [name, item] : o)
    members.emplace_back(name, item);
  std::ranges::sort(members, {}, &member::first);
  return members;
}

bool equal_sorted(object a, object b, std::int64_t& visited) {
  auto const left = sorted_members(a);
  auto const right = sorted_members(b);
  return std::ranges::equal(left, right, [&visited](const member& x, const member& y) {
    return x.first == y.first && equal(value::of(x.second), value::of(y.second), visited);
  });
}

bool equal_objects(object a, object b, std::int64_t& visited) {
  if (a.size() != b.size()) return false;
  auto other = b.begin();
  for (auto const [name, item] : a) {
    auto const [other_name, other_item] = *other;
    if (name == other_name) {  // mostly both are written in the same order
      if (!equal(value::of(item), value::of(other_item), visited)) return false;
    } else {
      if (a.size() > searched_members) return equal_sorted(a, b, visited);
      element found;
      if (b.at_key(name).get(found) != simdjson::SUCCESS) return false;
      if (!equal(value::of(item), value::of(found), visited)) return false;
    }
    ++other;
  }
  return true;
}

}  // namespace

number number_of(element e) noexcept {
  number n;
  switch (e.type()) {
    case simdjson::dom::element_type::INT64:
      n.i = e.get_int64().value_unsafe();
      break;
    case simdjson::dom::element_type::UINT64:
      n.kind = value_kind::unsigned_integer;
      n.u = e.get_uint64().value_unsafe();
      break;
    default:
      n.kind = value_kind::real;
      n.d = e.get_double().value_unsafe();
  }
  return n;
}

std::strong_ordering compare(const number& a, const number& b) noexcept {
  auto const a_real = a.kind == value_kind::real;
  auto const b_real = b.kind == value_kind::real;
  if (a_real && b_real) return order_of(a.d, b.d);
  if (b_real) return compare_mixed(to_wide(a), b.d);
  if (a_real) return 0 <=> compare_mixed(to_wide(b), a.d);
  return order_of(to_wide(a), to_wide(b));
}

bool is_integral(const number& n) noexcept {
  return n.kind != value_kind::real || n.d == std::trunc(n.d);
}

bool is_multiple(const number& n, const number& divisor) noexcept {
  if (n.kind == value_kind::signed_integer && divisor.kind == value_kind::signed_integer) {
    return n.i % divisor.i == 0;  // the divisor is positive, so nothing can overflow
  }
  auto const a = decimal_of(n);
  auto const b = decimal_of(divisor);
  if (a.digits == 0) return true;
  // a/b is (a.digits * 10^power) / b.digits. With a negative power the quotient is an integer only
  // if a.digits ends in zeros, which it does not.
  auto const power = a.exponent - b.exponent;
  return power >= 0 && remainder(a.digits, power, b.digits) == 0;
}

bool equal(const value& a, const value& b, std::int64_t& visited) {
  ++visited;
  if (a.is_number()) {
    return b.is_number() && compare(number_of(a.element), number_of(b.element)) == 0;
  }
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case value_kind::string:
      return a.text == b.text;
    case value_kind::array:
      return equal_arrays(array_in(a.element), array_in(b.element), visited);
    case value_kind::object:
      return equal_objects(a.members, b.members, visited);
    default:
      return true;
  }
}

std::uint64_t hash_of(const value& v, std::int64_t& visited) {
  ++visited;
  switch (v.kind) {
    case value_kind::signed_integer:
    case value_kind::unsigned_integer:
    case value_kind::real:
      return hash_of_number(number_of(v.element));
    case value_kind::string:
      return hash_of_text(v.text);
    case value_kind::array: {
      std::uint64_t hash = 5;
      for (auto const item : array_in(v.element))
        hash = mix(hash, hash_of(value::of(item), visited));
      return hash;
    }
    case value_kind::object: {
      std::uint64_t sum = 6;  // in any order
      for (auto const [name, item] : v.members)
        sum += mix(hash_of_text(name), hash_of(value::of(item), visited));
      return mix(sum, process_key());
    }
    default:
      return mix(static_cast<std::uint64_t>(v.kind), 7);
  }
}

std::int64_t count_values(const value& v) noexcept {
  std::int64_t count = 1;
  if (v.kind == value_kind::array) {
    for (auto const item : array_in(v.element))
      count += count_values(value::of(item));
  } else if (v.kind == value_kind::object) {
    for (auto const [name, item] : v.members)
      count += 1 + count_values(value::of(item));
  }
  return count;
}

std::size_t count_characters(std::string_view text) noexcept {
  // Every byte that does not continue a character begins one.
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace td
