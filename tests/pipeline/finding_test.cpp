#include "pipeline/finding.hpp"

#include <boost/test/unit_test.hpp>

#include "pipeline/status_board.hpp"

using namespace td;

namespace {

finding some(std::string code, severity level, std::string what = {}) {
  return {"area", std::move(code), level, std::move(what), {}, {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(finding_test)

BOOST_AUTO_TEST_CASE(every_severity_has_a_name_that_leads_back) {
  for (const auto s : severities)
    BOOST_TEST((severity_named(name_of(s)) == s));
  BOOST_TEST(!severity_named("catastrophe").has_value());
}

BOOST_AUTO_TEST_CASE(the_worst_comes_first_and_equals_keep_their_order) {
  std::vector<finding> all{some("a", severity::note), some("b", severity::danger),
                           some("c", severity::note), some("d", severity::warning)};
  BOOST_TEST((worst_of(all) == severity::danger));
  BOOST_TEST((worst_of({}) == severity::ok));
  BOOST_TEST(count_of(all, severity::note) == 2u);
  sort_by_severity(all);
  std::string order;
  for (const auto& f : all)
    order += f.code;
  BOOST_TEST(order == "bdac");
}

BOOST_AUTO_TEST_CASE(a_finding_is_new_by_code_and_level_and_not_by_its_measured_values) {
  const std::vector<finding> before{some("a", severity::warning, "3 dropped")};
  BOOST_TEST(new_findings(std::vector{some("a", severity::warning, "4 dropped")}, before).empty());
  BOOST_TEST(new_findings(std::vector{some("a", severity::danger)}, before).size() == 1u);
  BOOST_TEST(new_findings(before, {}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_board_keeps_the_last_look) {
  status_board board;
  board.set({some("a", severity::note), some("b", severity::danger)});
  board.set({some("c", severity::warning)});
  BOOST_TEST(board.findings().size() == 1u);
  BOOST_TEST(board.findings()[0].code == "c");
}

BOOST_AUTO_TEST_SUITE_END()
