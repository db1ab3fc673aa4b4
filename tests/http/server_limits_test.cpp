#include <atomic>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "http/server.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using namespace std::chrono_literals;
using td::testing::raw_client;
using td::testing::serve_api;
using td::testing::test_api;
using steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t huge = 64u << 20;  // beyond all socket buffers

std::unique_ptr<http_server> serve(http_limits limits, std::size_t threads = 2) {
  return serve_api(test_api({{"/hello",
                              [] {
                                return http_answer{200, "text/plain", "hello"};
                              }},
                             {"/huge",
                              [] {
                                return http_answer{200, "text/plain", std::string(huge, 'x')};
                              }}}),
                   {.threads = threads, .limits = limits});
}

void check_served(const http_server& server) {
  raw_client client{server.port()};
  client.get("/hello");
  const auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 200);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_limits)

BOOST_AUTO_TEST_CASE(a_header_over_the_limit_is_refused) {
  const auto server = serve({.header_bytes = 2048});
  raw_client fits{server->port()};
  fits.send("GET /hello HTTP/1.1\r\nHost: h\r\nX: " + std::string(1500, 'x') + "\r\n\r\n");
  BOOST_TEST(fits.answer()->status == 200);
  for (const std::string& header :
       {"X: " + std::string(3000, 'x'), std::string(3000, 'x') + ": x"}) {
    raw_client client{server->port()};
    client.send("GET /hello HTTP/1.1\r\nHost: h\r\n" + header + "\r\n\r\n");
    auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 431);
    BOOST_TEST(a->body.find("\"code\":\"header_too_large\"") != std::string::npos);
    BOOST_TEST(client.closed());
  }
  raw_client endless{server->port()};
  endless.send("GET /" + std::string(100'000, 'a'));
  BOOST_TEST(endless.answer()->status == 431);
}

BOOST_AUTO_TEST_CASE(a_body_over_the_limit_is_refused_while_it_is_still_being_sent) {
  const auto server = serve({.body_bytes = 1000});
  raw_client fits{server->port()};
  fits.send("POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" +
            std::string(1000, 'x'));
  BOOST_TEST(fits.answer()->status == 405);
  raw_client announced{server->port()};
  announced.send("POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" +
                 std::string(5000, 'x'));
  BOOST_TEST(announced.answer()->status == 413);
  raw_client chunked{server->port()};
  chunked.send("POST /hello HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" +
               std::string(5000, 'x'));
  auto a = chunked.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 413);
  BOOST_TEST(a->body.find("\"code\":\"body_too_large\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_byte_by_byte_is_cut_and_delays_nobody) {
  const auto server = serve({.idle = 60s, .request = 400ms});
  raw_client slow{server->port()};
  const auto start = steady::now();
  const std::string request =
      "GET /hello HTTP/1.1\r\nHost: h\r\nX-Pad: " + std::string(10'000, 'x');
  std::size_t sent = 0;
  // Waits for the end of the connection between the bytes; sends at most for the patience.
  while (!slow.readable(20ms) && steady::now() - start < raw_client::patience) {
    slow.send(std::string_view{request}.substr(sent++, 1));
    if (sent == 5) check_served(*server);
  }
  BOOST_TEST(slow.closed());
  const auto took = steady::now() - start;
  BOOST_TEST((took >= 400ms && took < 5s));
  check_served(*server);
}

BOOST_AUTO_TEST_CASE(a_body_that_does_not_come_is_not_waited_for) {
  const auto server = serve({.request = 300ms});
  raw_client client{server->port()};
  client.send("POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nx");
  BOOST_TEST(client.closed());
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed) {
  const auto server = serve({.idle = 300ms});
  raw_client silent{server->port()};
  raw_client after_one{server->port()};
  after_one.get("/hello");
  BOOST_TEST(after_one.answer()->status == 200);
  BOOST_TEST(silent.closed());
  BOOST_TEST(after_one.closed());
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_its_answer_is_cut) {
  const auto server = serve({.write = 300ms});
  raw_client client{server->port()};
  client.get("/huge");
  // Full socket buffers hold the server up; only then does this client begin to read.
  BOOST_REQUIRE(client.readable(raw_client::patience));
  const auto start = steady::now();
  while (steady::now() - start < 1s)
    check_served(*server);
  const auto got = client.drain();
  BOOST_REQUIRE(got);
  BOOST_TEST(*got < huge);
  check_served(*server);
}

BOOST_AUTO_TEST_CASE(one_connection_too_many_takes_the_place_of_the_longest_idle_one) {
  // One thread: it has noted that a client is idle before it reads what the next one sends.
  const auto server = serve({.connections = 3}, 1);
  std::vector<raw_client> idle;
  for (int i = 0; i < 3; ++i) {
    idle.emplace_back(server->port());
    idle.back().get("/hello");
    BOOST_TEST(idle.back().answer()->status == 200);
  }
  idle[0].get("/hello");  // now the second has been idle for longest
  BOOST_TEST(idle[0].answer()->status == 200);
  check_served(*server);
  BOOST_TEST(idle[1].closed());
  for (int i : {0, 2}) {
    idle[static_cast<std::size_t>(i)].get("/hello");
    const auto a = idle[static_cast<std::size_t>(i)].answer();
    BOOST_TEST((a && a->status == 200));
  }
}

BOOST_AUTO_TEST_CASE(slow_requests_can_not_lock_a_health_probe_out) {
  const auto server = serve({.connections = 4, .request = 60s});
  std::vector<raw_client> attackers;
  for (int i = 0; i < 20; ++i) {
    attackers.emplace_back(server->port());
    attackers.back().send("GET /hello HTTP/1.1\r\nX");
  }
  for (int i = 0; i < 10; ++i)
    check_served(*server);
}

BOOST_AUTO_TEST_CASE(with_every_connection_busy_a_new_one_is_told_to_come_again) {
  const auto server = serve({.connections = 2, .write = 60s});
  std::vector<raw_client> busy;
  for (int i = 0; i < 2; ++i) {
    busy.emplace_back(server->port());
    busy.back().get("/huge");
    BOOST_REQUIRE(busy.back().readable(raw_client::patience));  // the answer has begun
  }
  raw_client refused{server->port()};
  auto a = refused.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 503);
  BOOST_TEST(a->headers["retry-after"] == "1");
  BOOST_TEST(a->body.find("\"code\":\"overloaded\"") != std::string::npos);
  BOOST_TEST(refused.closed());
  busy[0].answer();  // takes all of it
  check_served(*server);
}

BOOST_AUTO_TEST_SUITE_END()
