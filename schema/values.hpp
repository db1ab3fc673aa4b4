#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <simdjson.h>

namespace td {

/// The kinds of JSON values as schemas see them; the number kinds as simdjson stores them.
enum class value_kind : std::uint8_t {
  null,
  boolean_false,
  boolean_true,
  signed_integer,
  unsigned_integer,  ///< only above 2^63-1
  real,
  string,
  array,
  object,
};

/// A number as simdjson stores it. Plain data.
struct number {
  value_kind kind{value_kind::signed_integer};  ///< one of the three number kinds
  union {
    std::int64_t i{};
    std::uint64_t u;
    double d;
  };
};

/// A value of a document, or the name of a member, which schemas see as a string. Plain data; views
/// live as long as the document.
struct value {
  value_kind kind{value_kind::null};
  std::string_view text{};           ///< of a string
  simdjson::dom::object members{};   ///< of an object
  simdjson::dom::element element{};  ///< of anything but objects and names

  static value of(simdjson::dom::element element) noexcept;
  static value of_name(std::string_view name) noexcept {
    return {value_kind::string, name, {}, {}};
  }
  static value of(simdjson::dom::object object) noexcept {
    return {value_kind::object, {}, object, {}};
  }

  bool is_number() const noexcept {
    return kind >= value_kind::signed_integer && kind <= value_kind::real;
  }
};

/// Of an element that is a number.
number number_of(simdjson::dom::element element) noexcept;

/// By value, exactly: no integer is rounded to a double on the way. Never unordered, since JSON has
/// no NaN.
std::strong_ordering compare(const number& a, const number& b) noexcept;

/// Whether the number has no fraction: 1.0 and 1e300 have none.
bool is_integral(const number& n) noexcept;

/// Whether `n` is an integer times `divisor` (above 0), exactly, in decimal: a double counts as the
/// shortest decimal that reads back as itself, so that 19.99 is a multiple of 0.01.
bool is_multiple(const number& n, const number& divisor) noexcept;

/// Deep equality: numbers by value, members in any order. `visited` grows by the values that were
/// looked at. Allocates for objects of more than 32 members in different orders.
bool equal(const value& a, const value& b, std::int64_t& visited);

/// Equal for equal values. `visited` as above. Differs between processes.
std::uint64_t hash_of(const value& v, std::int64_t& visited);

/// How many values there are in one, itself and names of members included.
std::int64_t count_values(const value& v) noexcept;

/// Code points of valid UTF-8.
std::size_t count_characters(std::string_view text) noexcept;

/// Of an element that is an array. (simdjson's own unchecked access gives a reference that does not
/// outlive its full expression.)
inline simdjson::dom::array array_in(simdjson::dom::element element) noexcept {
  return element.get_array().value_unsafe();
}

// -- inline: these run for every value of an event ---

inline value value::of(simdjson::dom::element element) noexcept {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::STRING:
      return {value_kind::string, element.get_string().value_unsafe(), {}, element};
    case element_type::OBJECT:
      return of(simdjson::dom::object{element.get_object().value_unsafe()});
    case element_type::ARRAY:
      return {value_kind::array, {}, {}, element};
    case element_type::INT64:
      return {value_kind::signed_integer, {}, {}, element};
    case element_type::UINT64:
      return {value_kind::unsigned_integer, {}, {}, element};
    case element_type::DOUBLE:
      return {value_kind::real, {}, {}, element};
    case element_type::BOOL:
      return {
          element.get_bool().value_unsafe() ? value_kind::boolean_true : value_kind::boolean_false,
          {},
          {},
          element};
    case element_type::NULL_VALUE:
      break;
  }
  return {value_kind::null, {}, {}, element};
}

}  // namespace td
