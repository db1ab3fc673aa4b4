#include "identity/api_key.hpp"

#include <regex>
#include <set>

#include <boost/test/unit_test.hpp>

using namespace td;

BOOST_AUTO_TEST_SUITE(api_keys)

BOOST_AUTO_TEST_CASE(are_recognised_by_form_and_checksum) {
  const auto k = make_api_key();
  BOOST_TEST(std::regex_match(k.text, std::regex{"td_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}"}), k.text);
  const auto read = parse_api_key(k.text);
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(read->prefix == k.prefix);
  BOOST_TEST((read->hash == k.hash));
  BOOST_TEST((k.hash == crypto::sha256(k.text)));
}

BOOST_AUTO_TEST_CASE(do_not_repeat) {
  std::set<std::string> prefixes;
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST(prefixes.insert(make_api_key().prefix).second);
}

BOOST_AUTO_TEST_CASE(a_typing_error_anywhere_is_noticed) {
  const auto k = make_api_key().text;
  for (std::size_t i = 0; i < k.size(); ++i) {
    auto changed = k;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    BOOST_TEST(!parse_api_key(changed), changed);
    auto swapped = k;
    if (i + 1 < k.size() && swapped[i] != swapped[i + 1]) {
      std::swap(swapped[i], swapped[i + 1]);
      BOOST_TEST(!parse_api_key(swapped), swapped);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_written_otherwise_is_none) {
  const auto k = make_api_key().text;
  for (const auto& bad :
       {std::string{}, std::string{"td_"}, k + " ", " " + k, k.substr(0, k.size() - 1), k + "a"})
    BOOST_TEST(!parse_api_key(bad), bad);
}

BOOST_AUTO_TEST_SUITE_END()
