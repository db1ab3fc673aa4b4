#include "cli/terminal.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace td::terminal;
using std::chrono::microseconds;

namespace {

constexpr output plain{1, false, false};
constexpr output coloured{1, true, true};

}  // namespace

BOOST_AUTO_TEST_SUITE(terminal)

BOOST_AUTO_TEST_CASE(columns_are_aligned_by_characters_and_end_without_spaces) {
  const std::vector<row> rows{{{"name"}, {"n", colour::none, true}, {"note"}},
                              {{"\xc3\xa9t\xc3\xa9"}, {"1,234", colour::none, true}, {""}},
                              {{"x"}, {"5", colour::none, true}, {"last"}}};
  BOOST_TEST(aligned(plain, rows) ==
             "  name      n  note\n"
             "  \xc3\xa9t\xc3\xa9   1,234\n"
             "  x         5  last\n");
}

BOOST_AUTO_TEST_CASE(colours_do_not_count_for_the_width) {
  const std::vector<row> rows{{{"up", colour::green}, {"a"}}, {{"AWAY", colour::red}, {"b"}}};
  BOOST_TEST(aligned(coloured, rows, "") == "\x1b[32mup\x1b[0m    a\n\x1b[31mAWAY\x1b[0m  b\n");
  BOOST_TEST(aligned(plain, rows, "") == "up    a\nAWAY  b\n");
}

BOOST_AUTO_TEST_CASE(text_from_elsewhere_commands_no_terminal) {
  BOOST_TEST(aligned(plain, {{{"a\x1b[2J\nb"}}}, "") == "a\\u001b[2J\\u000ab\n");
  const std::string lengthy(1000, 'x');
  BOOST_TEST(visible(lengthy) == lengthy);
}

BOOST_AUTO_TEST_CASE(numbers_are_for_people) {
  BOOST_TEST(grouped(0) == "0");
  BOOST_TEST(grouped(999) == "999");
  BOOST_TEST(grouped(1000) == "1,000");
  BOOST_TEST(grouped(18'446'744'073'709'551'615u) == "18,446,744,073,709,551,615");
  BOOST_TEST(counted(1, "lane") == "1 lane");
  BOOST_TEST(counted(0, "lane") == "0 lanes");
  BOOST_TEST(counted(1200, "lane") == "1,200 lanes");
}

BOOST_AUTO_TEST_CASE(sizes_keep_three_digits_or_so) {
  BOOST_TEST(short_size(0) == "0 B");
  BOOST_TEST(short_size(1023) == "1023 B");
  BOOST_TEST(short_size(1024) == "1 KiB");
  BOOST_TEST(short_size(1536) == "1.5 KiB");
  BOOST_TEST(short_size((1u << 20) - 1) == "1 MiB");
  BOOST_TEST(short_size(123u << 20) == "123 MiB");
  BOOST_TEST(short_size(std::uint64_t{5} << 50) == "5120 TiB");
}

BOOST_AUTO_TEST_CASE(rates_keep_three_digits_at_most) {
  BOOST_TEST(short_rate(0) == "0/s");
  BOOST_TEST(short_rate(0.96) == "1/s");
  BOOST_TEST(short_rate(7.46) == "7.5/s");
  BOOST_TEST(short_rate(340.4) == "340/s");
  BOOST_TEST(short_rate(9949) == "9949/s");
  BOOST_TEST(short_rate(61'234) == "61.2k/s");
  BOOST_TEST(short_rate(612'345) == "612k/s");
  BOOST_TEST(short_rate(999'499) == "999k/s");
  BOOST_TEST(short_rate(999'500) == "1M/s");
  BOOST_TEST(short_rate(1'340'000) == "1.3M/s");
}

BOOST_AUTO_TEST_CASE(durations_have_two_units_at_most) {
  BOOST_TEST(short_duration(microseconds{-5}) == "0us");
  BOOST_TEST(short_duration(microseconds{85}) == "85us");
  BOOST_TEST(short_duration(microseconds{1'240}) == "1.2ms");
  BOOST_TEST(short_duration(microseconds{340'000}) == "340ms");
  BOOST_TEST(short_duration(microseconds{999'600}) == "1s");
  BOOST_TEST(short_duration(microseconds{3'440'000}) == "3.4s");
  BOOST_TEST(short_duration(microseconds{9'950'000}) == "9s");
  BOOST_TEST(short_duration(microseconds{59'900'000}) == "59s");
  BOOST_TEST(short_duration(microseconds{245'000'000}) == "4m 5s");
  BOOST_TEST(short_duration(microseconds{7'384'000'000}) == "2h 3m");
  BOOST_TEST(short_duration(microseconds{183'600'000'000}) == "2d 3h");
}

BOOST_AUTO_TEST_SUITE_END()
