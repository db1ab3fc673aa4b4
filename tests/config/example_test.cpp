#include <fstream>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/print.hpp"

using namespace td;

namespace {

std::string text_of_example() {
  std::ifstream file{TD_EXAMPLE_FILE};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(example)

BOOST_AUTO_TEST_CASE(the_example_loads_and_equals_the_defaults) {
  const auto config = load_config({TD_EXAMPLE_FILE, {}, {}}, database_need::optional);
  for (const auto& problem : config.problems)
    BOOST_ERROR(problem.text());
  for (const auto& warning : config.warnings)
    BOOST_ERROR(warning.text());
  BOOST_TEST((config.values == settings{}));
}

BOOST_AUTO_TEST_CASE(the_example_sets_every_key) {
  const auto config = load_config({TD_EXAMPLE_FILE, {}, {}}, database_need::optional);
  for (const auto& key : setting_keys()) {
    BOOST_TEST((config.source(key.name).what == setting_source::kind::file), key.name);
  }
}

/// `taylordash config example > config/taylordash.example.toml` mends it.
BOOST_AUTO_TEST_CASE(the_example_says_what_the_table_of_keys_says) {
  BOOST_TEST(text_of_example() == example_toml());
}

BOOST_AUTO_TEST_CASE(the_example_fits_a_screen_in_width) {
  std::stringstream text{example_toml()};
  for (std::string line; std::getline(text, line);)
    BOOST_TEST(line.size() <= 100u, line);
}

BOOST_AUTO_TEST_SUITE_END()
