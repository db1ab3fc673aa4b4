#include "identity/user_name.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;

BOOST_AUTO_TEST_SUITE(user_names)

BOOST_AUTO_TEST_CASE(have_one_form) {
  BOOST_TEST(user_name_from("Anna").value() == "anna");
  BOOST_TEST(user_name_from("anna.b+c@x-y_z.org").value() == "anna.b+c@x-y_z.org");
  BOOST_TEST(user_name_from(std::string(64, 'a')).has_value());
}

BOOST_AUTO_TEST_CASE(are_made_of_few_characters) {
  for (const auto* bad :
       {"", "a", ".anna", "-a", "an na", "anna\n", "anna'--", "\xc3\xa4nna", "a/b", "a\"b", "<b>"})
    BOOST_TEST(!user_name_from(bad), bad);
  BOOST_TEST(!user_name_from(std::string(65, 'a')));
  BOOST_TEST(!user_name_from(std::string{"an\0na", 5}));
}

BOOST_AUTO_TEST_CASE(the_refusal_says_what_a_name_is) {
  const auto r = check_user_name("an na\x1b");
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::configuration_invalid));
  BOOST_TEST(r.error().detail.find("\"an na\\u001b\" can't be") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
