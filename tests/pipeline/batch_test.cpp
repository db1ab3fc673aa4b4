#include "pipeline/batch.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

namespace {

td::timestamp at_second(int s) {
  return td::timestamp{std::chrono::seconds{s}};
}

/// Sums the bytes that must be readable behind the last body; AddressSanitizer watches.
unsigned touch_padding(const td::batch& b) {
  auto const body = b.body(b.messages().back());
  unsigned sum = 0;
  for (std::size_t i = 0; i < td::batch::arena_padding; ++i) {
    sum += static_cast<unsigned char>(*(body.data() + body.size() + i));
  }
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(batches)

BOOST_AUTO_TEST_CASE(a_message_comes_out_as_it_went_in) {
  td::batch b;
  BOOST_TEST(b.empty());
  b.add("tracker/events/tasks/updated", "{}", at_second(1), true, false);
  b.add("t", "", at_second(2), false, true);
  BOOST_TEST(b.size() == 2u);
  BOOST_TEST(b.bytes() == 28u + 2 + 1);
  auto const messages = b.messages();
  BOOST_TEST(b.topic(messages[0]) == "tracker/events/tasks/updated");
  BOOST_TEST(b.body(messages[0]) == "{}");
  BOOST_TEST(messages[0].retained);
  BOOST_TEST(!messages[0].redelivered);
  BOOST_TEST((messages[0].received_at == at_second(1)));
  BOOST_TEST(b.topic(messages[1]) == "t");
  BOOST_TEST(b.body(messages[1]).empty());
  BOOST_TEST(!messages[1].retained);
  BOOST_TEST(messages[1].redelivered);
}

BOOST_AUTO_TEST_CASE(clear_forgets_the_content_and_the_origin_and_keeps_the_memory) {
  td::batch b;
  b.from = {.lane = 3, .epoch = 2, .number = 1};
  b.add("topic", std::string(10'000, 'x'), at_second(1));
  auto const* const memory = b.body(b.messages()[0]).data();
  b.clear();
  BOOST_TEST(b.empty());
  BOOST_TEST(b.bytes() == 0u);
  BOOST_TEST((b.from == td::origin{}));
  b.add("topic", std::string(10'000, 'y'), at_second(2));
  BOOST_TEST(b.body(b.messages()[0]).data() == memory);
  BOOST_TEST(b.body(b.messages()[0])[9'999] == 'y');
}

RC_BOOST_PROP(bodies_keep_their_bytes_and_are_padded_at_every_growth,
              (const std::vector<std::pair<std::string, std::string>>& parts)) {
  td::batch b;
  std::size_t bytes = 0;
  for (auto const& [topic, body] : parts) {
    b.add(topic, body, {});
    bytes += topic.size() + body.size();
    touch_padding(b);
  }
  RC_ASSERT(b.size() == parts.size());
  RC_ASSERT(b.bytes() == bytes);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    RC_ASSERT(b.topic(b.messages()[i]) == parts[i].first);
    RC_ASSERT(b.body(b.messages()[i]) == parts[i].second);
  }
}

BOOST_AUTO_TEST_CASE(a_verdict_counts_every_message_once) {
  td::verdict const v{.stored = 3, .duplicate = 2, .dead_lettered = 1, .payload_conflicts = 1};
  BOOST_TEST(v.total() == 6u);
}

BOOST_AUTO_TEST_SUITE_END()
