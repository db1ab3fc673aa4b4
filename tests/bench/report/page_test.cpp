#include "bench/report/page.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/bench/report/xml.hpp"

using namespace td::bench;
using td::test::read_xml;

BOOST_AUTO_TEST_SUITE(pages)

BOOST_AUTO_TEST_CASE(stand_alone) {
  report_page page{"Pipeline"};
  page.figure({.title = "empty"});
  page.table({"a"}, {{"1"}});
  const auto html = read_xml(page.html());
  BOOST_TEST(html.name == "html");
  for (const auto* name : {"script", "link", "img", "iframe", "a", "use", "image"})
    BOOST_TEST(html.count(name) == 0u, name);
  for (const auto* fetches : {"url(", "@import", "src=", "href="})
    BOOST_TEST((page.html().find(fetches) == std::string::npos), fetches);
}

BOOST_AUTO_TEST_CASE(begin_with_the_last_verdict) {
  report_page page{"Capacity"};
  page.paragraph("later");
  page.verdict("unknown", verdict_tone::neutral);
  page.verdict("20,000/s fits", verdict_tone::good);
  const auto html = read_xml(page.html());
  const auto said = html.all("p", "class", "verdict good");
  BOOST_REQUIRE(said.size() == 1u);
  BOOST_TEST(said[0].texts("span").count("20,000/s fits") == 1u);
  BOOST_TEST(html.count("p", "class", "verdict neutral") == 0u);
  BOOST_TEST(page.html().find("fits") < page.html().find("later"));
}

BOOST_AUTO_TEST_CASE(escape_everything_from_outside) {
  const std::string bad = "</p></main><script>alert(1)</script>&\"'";
  report_page page{bad};
  page.verdict(bad, verdict_tone::bad);
  page.heading(bad);
  page.paragraph(bad);
  page.facts({{bad, bad}});
  page.table({bad}, {{bad}});
  page.listing(bad);
  const auto html = read_xml(page.html());
  BOOST_TEST(html.count("script") == 0u);
  for (const auto* name : {"title", "h1", "h2", "p", "dt", "dd", "th", "td", "pre", "caption"})
    BOOST_TEST(html.texts(name).count(bad) == 1u, name);
}

BOOST_AUTO_TEST_CASE(set_columns_of_numbers_to_the_right_and_colour_verdicts) {
  report_page page{"t"};
  page.heading("Targets");
  page.table({"what", "found", "mixed", "judged"},
             {{"rate", "12.5k", "1", "holds"}, {"memory", "", "none", "MISSED"}, {"-", "-0.2"}});
  const auto html = read_xml(page.html());
  BOOST_TEST(html.texts("caption").count("Targets") == 1u);
  BOOST_TEST(html.count("th", "class", "n") == 1u);
  BOOST_TEST(html.count("td", "class", "n") == 3u);
  BOOST_TEST(html.count("td", "class", "good") == 1u);
  BOOST_TEST(html.count("td", "class", "bad") == 1u);
  BOOST_TEST(html.count("td") == 12u);  // short rows are filled up
}

BOOST_AUTO_TEST_SUITE_END()
