#include "storage/sqlstate.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;

BOOST_AUTO_TEST_SUITE(sqlstate_table_)

BOOST_AUTO_TEST_CASE(judges_every_class_that_the_design_names) {
  struct row {
    const char* state;
    errc code;
    disposition what;
  };
  const row rows[] = {
      {"22P02", errc::refused_by_database, disposition::dead_letter},  // invalid text for jsonb
      {"22021", errc::refused_by_database, disposition::dead_letter},  // NUL or broken UTF-8
      {"23514", errc::refused_by_database, disposition::dead_letter},
      {"54000", errc::refused_by_database, disposition::dead_letter},
      {"40001", errc::database_conflict, disposition::retry},
      {"40P01", errc::database_conflict, disposition::retry},
      {"08006", errc::database_away, disposition::retry},
      {"53100", errc::database_busy, disposition::retry},  // disk full
      {"53300", errc::database_busy, disposition::retry},
      {"55P03", errc::database_busy, disposition::retry},
      {"57P01", errc::database_away, disposition::retry},
      {"57P03", errc::database_away, disposition::retry},
      {"57014", errc::timed_out, disposition::retry},
      {"25006", errc::database_away, disposition::retry},
      {"42501", errc::permission_denied, disposition::stop},
      {"42P01", errc::configuration_invalid, disposition::stop},
      {"42703", errc::internal, disposition::stop},
      {"23505", errc::internal, disposition::stop},
      {"58030", errc::internal, disposition::stop},
      {"XX000", errc::internal, disposition::stop},
      {"", errc::internal, disposition::stop},
  };
  for (const auto& r : rows) {
    BOOST_TEST_CONTEXT("SQLSTATE " << r.state) {
      BOOST_TEST((errc_of_sqlstate(r.state) == r.code));
      BOOST_TEST((disposition_of(errc_of_sqlstate(r.state)) == r.what));
    }
  }
}

BOOST_AUTO_TEST_CASE(has_each_prefix_once) {
  const auto table = sqlstate_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t j = i + 1; j < table.size(); ++j)
      BOOST_TEST(table[i].prefix != table[j].prefix);
  }
}

BOOST_AUTO_TEST_SUITE_END()
