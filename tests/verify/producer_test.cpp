#include "verify/producer.hpp"

#include <chrono>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace td::verify {

namespace {

BOOST_AUTO_TEST_CASE(a_producer_whose_message_is_not_taken_says_so_and_does_not_wait_for_it) {
  // Maximum Packet Size 32: less than any message has.
  test::scripted_server broker({"\x20\x08\x00\x00\x05\x27\x00\x00\x00\x20"s});
  exchange shared{1};
  producer p{{.broker = {.port = broker.port()}, .seed = 1, .messages = 3}, shared};
  std::jthread body{[&](const std::stop_token& stop) { p.run(stop); }};
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (p.count().refused.empty() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(5ms);
  const auto c = p.count();
  BOOST_TEST(c.refused.find("more than the broker takes") != std::string::npos, c.refused);
  BOOST_TEST(!c.exhausted);
  BOOST_TEST(c.outstanding > 0U);
}

}  // namespace

}  // namespace td::verify
