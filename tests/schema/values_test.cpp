#include "schema/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck/boost_test.h>

#include "schema/name_table.hpp"
#include "tests/pipeline/json_maker.hpp"
#include "tests/schema/json.hpp"

using boost::multiprecision::cpp_int;
using td::test::json;

namespace {

td::number number(std::string_view text) {
  return td::number_of(*json{text});
}

bool equal(std::string_view a, std::string_view b) {
  std::int64_t visited = 0;
  json const left{a};
  json const right{b};
  auto const same = td::equal(td::value::of(*left), td::value::of(*right), visited);
  BOOST_TEST(td::equal(td::value::of(*right), td::value::of(*left), visited) == same);
  if (same)
    BOOST_TEST(td::hash_of(td::value::of(*left), visited) ==
               td::hash_of(td::value::of(*right), visited));
  BOOST_TEST(visited > 0);
  return same;
}

/// A number as a fraction of big integers. `decimal` reads the shortest decimal of a double,
/// `binary` its exact value.
struct fraction {
  cpp_int above;
  cpp_int below;
};

cpp_int power(int base, int exponent) {
  return boost::multiprecision::pow(cpp_int{base}, static_cast<unsigned>(exponent));
}

cpp_int integer(const td::number& n) {
  return n.kind == td::value_kind::signed_integer ? cpp_int{n.i} : cpp_int{n.u};
}

fraction binary(const td::number& n) {
  if (n.kind != td::value_kind::real) return {integer(n), 1};
  int exponent = 0;
  auto const mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(n.d, &exponent), 53));
  exponent -= 53;
  return exponent >= 0 ? fraction{cpp_int{mantissa} * power(2, exponent), 1}
                       : fraction{cpp_int{mantissa}, power(2, -exponent)};
}

fraction decimal(const td::number& n) {
  if (n.kind != td::value_kind::real) return {integer(n), 1};
  auto const text = fmt::format("{}", n.d);  // the shortest that reads back
  auto const e = text.find('e');
  auto digits = text.substr(0, e);
  int exponent = e == std::string::npos ? 0 : std::stoi(text.substr(e + 1));
  if (auto const point = digits.find('.'); point != std::string::npos) {
    exponent -= static_cast<int>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  auto const negative = digits.front() == '-';
  if (negative) digits.erase(0, 1);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  cpp_int whole{digits};
  if (negative) whole = -whole;
  return exponent >= 0 ? fraction{whole * power(10, exponent), 1}
                       : fraction{whole, power(10, -exponent)};
}

/// Numbers near each other and near the edges of their types.
td::number any_number() {
  auto const kind = *rc::gen::inRange(0, 5);
  td::number n;
  if (kind == 0) {
    n.i = *rc::gen::arbitrary<std::int64_t>();
  } else if (kind == 1) {
    n.i = *rc::gen::inRange<std::int64_t>(-1000, 1000);
  } else if (kind == 2) {
    n.kind = td::value_kind::unsigned_integer;
    n.u = (std::uint64_t{1} << 63) + *rc::gen::arbitrary<std::uint64_t>() / 2;
  } else {
    n.kind = td::value_kind::real;
    if (kind == 3) {
      n.d = *rc::gen::inRange<std::int64_t>(-100'000, 100'000) /
            *rc::gen::element(1.0, 2.0, 10.0, 1000.0, 1e-6, 1e-300);
    } else {
      auto const edge = *rc::gen::element(9007199254740992.0, 9223372036854775808.0,
                                          18446744073709551616.0, 1e308, 0.1, 5e-324);
      n.d = std::nextafter(edge, *rc::gen::element(0.0, edge, edge * 1.5)) *
            *rc::gen::element(1.0, -1.0);
    }
  }
  return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(values)

RC_BOOST_PROP(numbers_compare_like_fractions_of_big_integers, ()) {
  auto const a = any_number();
  auto const b = any_number();
  auto const x = binary(a);
  auto const y = binary(b);
  auto const difference = x.above * y.below - y.above * x.below;
  auto const order = td::compare(a, b);
  RC_ASSERT((order < 0) == (difference < 0));
  RC_ASSERT((order > 0) == (difference > 0));
  RC_ASSERT((td::compare(b, a) < 0) == (order > 0));
  RC_ASSERT(td::is_integral(a) == (x.above % x.below == 0));
}

RC_BOOST_PROP(multiples_are_those_of_big_decimals, ()) {
  auto const n = any_number();
  auto divisor = any_number();
  RC_PRE((td::compare(divisor, td::number{}) > 0));
  if (*rc::gen::arbitrary<bool>()) {  // seldom a multiple otherwise
    divisor = number(*rc::gen::element<std::string>("1", "2", "0.01", "0.5", "3", "1e-6", "0.003",
                                                    "1e2", "7e-3"));
  }
  auto const x = decimal(n);
  auto const y = decimal(divisor);
  RC_ASSERT(td::is_multiple(n, divisor) == (x.above * y.below % (x.below * y.above) == 0));
}

BOOST_AUTO_TEST_CASE(multiples_of_what_people_write) {
  for (auto const* const price : {"19.99", "0.01", "1.1", "123456.78", "4.35", "1e22"}) {
    BOOST_TEST(td::is_multiple(number(price), number("0.01")), price);
  }
  for (auto const* const price : {"19.991", "0.005", "1e-3"}) {
    BOOST_TEST(!td::is_multiple(number(price), number("0.01")), price);
  }
}

BOOST_AUTO_TEST_CASE(equality_is_by_value) {
  BOOST_TEST(equal("1", "1.0"));
  BOOST_TEST(equal("0", "-0.0"));
  BOOST_TEST(equal("1e3", "1000"));
  BOOST_TEST(equal("18446744073709551615", "18446744073709551615"));
  BOOST_TEST(!equal("18446744073709551615", "18446744073709551616.0"));
  BOOST_TEST(!equal("9007199254740993", "9007199254740992.0"));
  BOOST_TEST(!equal("0", "false"));
  BOOST_TEST(!equal("0", "null"));
  BOOST_TEST(!equal("\"\"", "null"));
  BOOST_TEST(!equal("[]", "{}"));
  BOOST_TEST(!equal("[1,2]", "[1]"));
  BOOST_TEST(!equal("[1]", "[1,2]"));
  BOOST_TEST(equal(R"({"a":1,"b":[2]})", R"({"b":[2.0],"a":1})"));
  BOOST_TEST(!equal(R"({"a":1,"b":1})", R"({"a":1,"c":1})"));
  BOOST_TEST(equal(R"("\u0061")", R"("a")"));
}

RC_BOOST_PROP(numbers_are_equal_exactly_if_they_compare_equal, ()) {
  auto const write = [](const td::number& n) {
    if (n.kind == td::value_kind::signed_integer) return fmt::format("{}", n.i);
    if (n.kind == td::value_kind::unsigned_integer) return fmt::format("{}", n.u);
    auto text = fmt::format("{}", n.d);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  };
  auto const a = any_number();
  auto const b = *rc::gen::arbitrary<bool>() ? any_number() : a;
  RC_ASSERT(equal(write(a), write(b)) == (td::compare(a, b) == 0));
}

RC_BOOST_PROP(shuffled_members_are_equal_and_hash_alike, (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  std::vector<std::string> members;
  auto const count = random() % 100;
  for (std::size_t i = 0; i < count; ++i) {
    members.push_back(fmt::format("\"{}\":{}", i, td::test::json_maker{random(), 0}.object(5)));
  }
  auto const write = [&] { return fmt::format("{{{}}}", fmt::join(members, ",")); };
  auto const before = write();
  std::shuffle(members.begin(), members.end(), random);
  // Keys may be equal within the inner objects, where order then matters; so hold it to itself.
  RC_PRE(equal(before, before));
  RC_ASSERT(equal(before, write()));
  if (!members.empty()) {
    members[random() % members.size()] = "\"other\":0";
    RC_ASSERT(!equal(before, write()));
  }
}

BOOST_AUTO_TEST_CASE(values_are_counted) {
  BOOST_TEST(td::count_values(td::value::of(*json{"1"})) == 1);
  BOOST_TEST(td::count_values(td::value::of(*json{R"({"a":[1,2,{"b":null}]})"})) == 8);
}

BOOST_AUTO_TEST_CASE(characters_are_code_points) {
  BOOST_TEST(td::count_characters("") == 0u);
  BOOST_TEST(td::count_characters("abc") == 3u);
  BOOST_TEST(td::count_characters("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(name_tables)

RC_BOOST_PROP(names_are_found_and_nothing_else, (const std::vector<std::string>& words)) {
  std::vector<std::string> made = words;
  for (int i = 0; i < 40; ++i) {
    auto const inside = std::string(static_cast<std::size_t>(*rc::gen::inRange(0, 30)), 'x');
    made.push_back(fmt::format("common_{}_{}_suffix", inside, i % 5));
  }
  std::ranges::sort(made);
  made.erase(std::unique(made.begin(), made.end()), made.end());
  std::vector<std::string_view> names;
  std::vector<std::string> others;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (i % 2 == 0) {
      names.emplace_back(made[i]);
    } else {
      others.push_back(made[i]);
    }
  }
  td::name_table const table{names};
  for (std::uint32_t i = 0; i < names.size(); ++i)
    RC_ASSERT(table.find(std::string{names[i]}) == i);
  for (auto const& other : others)
    RC_ASSERT(table.find(other) == td::name_table::absent);
}

BOOST_AUTO_TEST_CASE(a_table_without_names_finds_none) {
  BOOST_TEST(td::name_table{}.find("") == td::name_table::absent);
  BOOST_TEST(td::name_table{{}}.find("a") == td::name_table::absent);
  BOOST_TEST(td::name_table{{""}}.find("") == 0u);
}

BOOST_AUTO_TEST_CASE(names_that_differ_in_their_middle_only_do_not_make_it_slow) {
  std::vector<std::string> made;
  for (int i = 0; i < 50'000; ++i)
    made.push_back(fmt::format("beginning{:08}theending", i));
  std::vector<std::string_view> const names{made.begin(), made.end()};
  td::name_table const table{names};  // would take minutes
  BOOST_TEST(table.find(made[31'415]) == 31'415u);
  BOOST_TEST(table.find("beginning........theending") == td::name_table::absent);
}

BOOST_AUTO_TEST_SUITE_END()
