#include "config/suggest.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;

BOOST_AUTO_TEST_SUITE(suggest)

BOOST_AUTO_TEST_CASE(distance_counts_edits_and_swaps_and_ignores_case) {
  BOOST_TEST(edit_distance("", "") == 0u);
  BOOST_TEST(edit_distance("", "abc") == 3u);
  BOOST_TEST(edit_distance("kitten", "sitting") == 3u);
  BOOST_TEST(edit_distance("hots", "host") == 1u);
  BOOST_TEST(edit_distance("HOST", "host") == 0u);
}

BOOST_AUTO_TEST_CASE(only_the_closest_names_are_suggested) {
  const std::vector<std::string_view> names{"mqtt.host", "http.port", "mqtt.port", "ingest.lanes"};
  BOOST_TEST(did_you_mean(suggestions("mqtt.hots", names)) == "did you mean mqtt.host?");
  BOOST_TEST(did_you_mean(suggestions("mqtt.port2", names)) == "did you mean mqtt.port?");
  BOOST_TEST(did_you_mean(suggestions("http.lanes", names)) == "did you mean ingest.lanes?");
  BOOST_TEST(did_you_mean(suggestions("port", names)) == "did you mean http.port or mqtt.port?");
  BOOST_TEST(did_you_mean(suggestions("completely.different", names)) == "");
}

RC_BOOST_PROP(distance_is_symmetric_and_bounded, (const std::string& a, const std::string& b)) {
  const auto distance = edit_distance(a, b);
  RC_ASSERT(distance == edit_distance(b, a));
  RC_ASSERT(distance <= std::max(a.size(), b.size()));
  RC_ASSERT(edit_distance(a, a) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
