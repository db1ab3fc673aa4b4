#include "bench/report/plot.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/bench/report/xml.hpp"

using namespace td::bench;
using td::test::read_xml;

namespace {

plot sample() {
  plot p{.title = "Latency against rate", .x_label = "rate, events/s", .y_label = "ms"};
  p.series = {{.name = "p50", .x = {1000, 2000, 3000}, .y = {1, 2, 3}},
              {.name = "p99", .x = {1000, 2000, 3000}, .y = {3, 9, 120}}};
  return p;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plots)

BOOST_AUTO_TEST_CASE(are_one_element_with_a_title_axes_and_a_legend) {
  const auto svg = read_xml(to_svg(sample()));
  BOOST_TEST(svg.name == "svg");
  BOOST_TEST(svg.children.front().name == "title");
  BOOST_TEST(svg.children.front().text == "Latency against rate");
  const auto texts = svg.texts("text");
  for (const auto* expected : {"p50", "p99", "rate, events/s", "ms", "1k", "2k", "3k", "0", "100"})
    BOOST_TEST(texts.count(expected) == 1u, expected);
  BOOST_TEST(svg.count("path", "class", "s0") == 2u);  // the line, and its key
  BOOST_TEST(svg.count("path", "class", "s1") == 2u);
}

BOOST_AUTO_TEST_CASE(escape_everything_from_outside) {
  const std::string bad = "<script>&\"'\x01\xff]]>";
  const std::string shown = "<script>&\"'\xef\xbf\xbd\xef\xbf\xbd]]>";
  plot p{.title = bad, .x_label = bad, .y_label = bad};
  p.series = {{.name = bad, .x = {0, 1}, .y = {1, 2}, .as = plot_series::form::bars}};
  p.marks = {{.at = 1, .name = bad}};
  p.x_names = {bad, bad};
  const auto svg = read_xml(to_svg(p));
  BOOST_TEST(svg.count("script") == 0u);
  BOOST_TEST(svg.children.front().text == shown);
  BOOST_TEST(svg.texts("text").count(shown) == 7u);  // title, labels, series, mark, two names
}

BOOST_AUTO_TEST_CASE(say_that_they_are_empty) {
  BOOST_TEST(read_xml(to_svg({})).texts("text").count("no data") == 1u);
  auto p = sample();
  p.y_logarithmic = true;
  for (auto& s : p.series)
    s.y = {0, -1, 0};
  BOOST_TEST(read_xml(to_svg(p)).texts("text").count("no data") == 1u);
  BOOST_TEST(read_xml(to_svg(sample())).texts("text").count("no data") == 0u);
}

BOOST_AUTO_TEST_CASE(leave_out_what_a_logarithmic_axis_can_not_show) {
  plot p{.title = "t"};
  p.series = {{.x = {1, 2, 3, 4}, .y = {0, 10, -5, 1000}, .as = plot_series::form::points}};
  p.y_logarithmic = true;
  BOOST_TEST(read_xml(to_svg(p)).count("circle") == 2u);
  p.y_logarithmic = false;
  BOOST_TEST(read_xml(to_svg(p)).count("circle") == 4u);
}

BOOST_AUTO_TEST_CASE(show_a_single_point_whatever_the_form) {
  for (const auto as : {plot_series::form::line, plot_series::form::points}) {
    plot p{.title = "t"};
    p.series = {{.x = {5}, .y = {7}, .as = as}};
    BOOST_TEST(read_xml(to_svg(p)).count("circle") == 1u);
  }
  plot p{.title = "t"};
  p.series = {{.x = {5}, .y = {7}, .as = plot_series::form::bars}};
  BOOST_TEST(read_xml(to_svg(p)).count("rect", "class", "f0") == 1u);
}

BOOST_AUTO_TEST_CASE(stack_bars_or_set_them_side_by_side) {
  plot p{.title = "t", .x_names = {"service", "limit"}};
  p.series = {{.x = {0, 1}, .y = {3, 2}, .as = plot_series::form::bars},
              {.x = {0, 1}, .y = {1, 4}, .as = plot_series::form::bars}};
  const auto beside = read_xml(to_svg(p));
  p.stacked = true;
  const auto stacked = read_xml(to_svg(p));
  const auto bar = [](const td::test::xml_element& svg, const char* series, std::size_t i) {
    return svg.all("rect", "class", series).at(i);
  };
  BOOST_TEST(bar(stacked, "f0", 0).number("x") == bar(stacked, "f1", 0).number("x"));
  BOOST_TEST(bar(beside, "f0", 0).number("x") + bar(beside, "f0", 0).number("width") <=
             bar(beside, "f1", 0).number("x"));
  // The second stands where the first ends.
  BOOST_TEST(bar(stacked, "f1", 0).number("y") + bar(stacked, "f1", 0).number("height") ==
                 bar(stacked, "f0", 0).number("y"),
             boost::test_tools::tolerance(0.01));
  // 2 + 4 is the highest: the axis holds it.
  BOOST_TEST(stacked.texts("text").count("6") == 1u);
}

BOOST_AUTO_TEST_CASE(thin_out_long_lines_and_keep_their_peaks) {
  plot p{.title = "t"};
  plot_series s;
  for (int i = 0; i < 100'000; ++i) {
    s.x.push_back(i);
    s.y.push_back(i == 31'415 ? 1000 : 1);
  }
  p.series = {s};
  const auto svg = to_svg(p);
  BOOST_TEST(svg.size() < 100'000u);
  const auto line = read_xml(svg).all("path", "class", "s0").at(0).attributes.at("d");
  p.series.front().y[31'415] = 999;
  BOOST_TEST(read_xml(to_svg(p)).all("path", "class", "s0").at(0).attributes.at("d") != line);
}

BOOST_AUTO_TEST_CASE(mark_places_on_both_axes_and_hold_them) {
  auto p = sample();
  p.marks = {{.at = 5000, .name = "target"}, {.at = 260, .name = "allowed", .horizontal = true}};
  const auto svg = read_xml(to_svg(p));
  BOOST_TEST(svg.count("line", "class", "mark") == 2u);
  BOOST_TEST(svg.texts("text").count("target") == 1u);
  BOOST_TEST(svg.texts("text").count("5k") == 1u);
  BOOST_TEST(svg.texts("text").count("300") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
