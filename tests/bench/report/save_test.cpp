#include "bench/report/save.hpp"

#include <boost/test/unit_test.hpp>

#include "standalone/files.hpp"
#include "tests/support/process.hpp"

using namespace td::bench;

BOOST_AUTO_TEST_SUITE(saved_reports)

BOOST_AUTO_TEST_CASE(stand_beside_their_figures_in_a_folder_that_is_made) {
  const td::test::temp_dir dir{"td-save"};
  report_page page{"Saved"};
  const auto file = dir.file("a/b/figures.json");
  const auto saved = save_report(file, "{}\n", page);
  BOOST_REQUIRE_MESSAGE(saved.has_value(), to_string(saved.error()));
  BOOST_TEST(saved->string() == dir.file("a/b/figures.html"));
  BOOST_TEST(td::read_text(file).value() == "{}\n");
  BOOST_TEST(td::read_text(*saved).value() == page.html());
}

BOOST_AUTO_TEST_CASE(name_the_file_that_can_not_be_written) {
  const td::test::temp_dir dir{"td-save"};
  const auto saved = save_report(dir.path(), "{}", report_page{"t"});
  BOOST_REQUIRE(!saved.has_value());
  BOOST_TEST(saved.error().detail.find(dir.path().string()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(have_names_with_their_date) {
  const auto name = default_result_file("limits").string();
  BOOST_TEST(name.starts_with("build/bench-results/limits-20"));
  BOOST_TEST(name.ends_with("Z.json"));
}

BOOST_AUTO_TEST_SUITE_END()
