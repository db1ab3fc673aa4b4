#include "pipeline/errc.hpp"

#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "pipeline/result.hpp"

using td::errc;

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(every_code_comes_back_from_its_name) {
  BOOST_TEST(td::errc_table().size() == static_cast<std::size_t>(errc::internal) + 1);
  for (auto const& row : td::errc_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST((td::errc_named(row.name) == row.code));
      BOOST_TEST(td::name_of(row.code) == row.name);
      BOOST_TEST(td::sentence_of(row.code) == row.sentence);
      BOOST_TEST((td::disposition_of(row.code) == row.what));
    }
  }
}

BOOST_AUTO_TEST_CASE(names_are_unique_snake_case_and_sentences_have_no_full_stop) {
  std::set<std::string_view> names;
  for (auto const& row : td::errc_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(names.insert(row.name).second);
      BOOST_TEST(!row.name.empty());
      BOOST_TEST(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
                 std::string_view::npos);
      BOOST_TEST(row.sentence.size() > 10u);
      BOOST_TEST(!row.sentence.ends_with('.'));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_absent) {
  BOOST_TEST(!td::errc_named("no_such_error"));
  BOOST_TEST(!td::errc_named(""));
  BOOST_TEST(!td::errc_named("NOT_JSON"));
}

BOOST_AUTO_TEST_CASE(faulty_events_are_kept_outages_retried_and_the_rest_stops) {
  using td::disposition;
  for (auto const code : {errc::body_empty, errc::surrogate_escape, errc::topic_not_allowed,
                          errc::schema_violation, errc::refused_by_database}) {
    BOOST_TEST((td::disposition_of(code) == disposition::dead_letter));
  }
  for (auto const code : {errc::database_away, errc::broker_away, errc::timed_out, errc::overloaded,
                          errc::lease_lost}) {
    BOOST_TEST((td::disposition_of(code) == disposition::retry));
  }
  for (auto const code : {errc::schema_too_new, errc::accounting_mismatch, errc::internal}) {
    BOOST_TEST((td::disposition_of(code) == disposition::stop));
  }
}

BOOST_AUTO_TEST_CASE(a_failure_reads_as_code_detail_and_place) {
  BOOST_TEST(to_string(td::failure{errc::not_json, "expected a value at byte 12", "/payload"}) ==
             "not_json: expected a value at byte 12 (at /payload)");
  BOOST_TEST(to_string(td::failure{errc::not_json, "expected a value at byte 12", ""}) ==
             "not_json: expected a value at byte 12");
}

BOOST_AUTO_TEST_CASE(a_failure_without_detail_reads_as_the_code_s_sentence) {
  BOOST_TEST(to_string(td::failure{errc::body_empty, "", ""}) == "body_empty: the body is empty");
}

BOOST_AUTO_TEST_CASE(a_pointer_from_outside_cannot_forge_a_log_line) {
  td::failure const f{errc::nul_escape, "x", "/a\nINFO all is well\x1b[2J"};
  BOOST_TEST(to_string(f) == "nul_escape: x (at /a\\u000aINFO all is well\\u001b[2J)");
}

BOOST_AUTO_TEST_CASE(taking_the_value_of_a_failed_result_is_a_logic_error_that_says_what_failed) {
  td::result<int> const failed{td::failure{errc::timed_out, "after 20 s", ""}};
  BOOST_TEST(!failed);
  BOOST_CHECK_EXCEPTION(failed.value(), std::logic_error, [](const std::logic_error& e) {
    return std::string_view{e.what()}.find("timed_out: after 20 s") != std::string_view::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
