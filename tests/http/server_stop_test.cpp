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

std::unique_ptr<http_server> serve(std::chrono::milliseconds stop = 1000ms) {
  http_limits limits;
  limits.stop = stop;
  return serve_api(test_api({{"/hello",
                              [] {
                                return http_answer{200, "text/plain", std::string(10'000, 'h')};
                              }},
                             {"/huge",
                              [] {
                                return http_answer{200, "text/plain", std::string(64u << 20, 'x')};
                              }}}),
                   {.limits = limits});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_stop)

BOOST_AUTO_TEST_CASE(idle_connections_are_closed_at_once) {
  const auto server = serve(60s);
  raw_client never_asked{server->port()};
  raw_client asked{server->port()};
  asked.get("/hello");
  BOOST_TEST(asked.answer()->status == 200);
  server->stop();
  BOOST_TEST(never_asked.closed());
  BOOST_TEST(asked.closed());
  BOOST_CHECK_THROW(raw_client{server->port()}, std::runtime_error);
}

BOOST_AUTO_TEST_CASE(stop_can_be_called_twice_and_from_two_threads) {
  const auto server = serve();
  std::thread other{[&] { server->stop(); }};
  server->stop();
  other.join();
  server->stop();
}

BOOST_AUTO_TEST_CASE(a_server_that_is_only_destroyed_stops_as_well) {
  auto server = serve();
  const auto port = server->port();
  raw_client idle{port};
  server.reset();
  BOOST_TEST(idle.closed());
  const auto again = start_http({.listen = "127.0.0.1", .port = port}, {});
  BOOST_TEST(again.has_value());  // the port is free at once
}

BOOST_AUTO_TEST_CASE(a_request_under_way_is_still_answered) {
  const auto server = serve(20s);
  raw_client client{server->port()};
  client.send("GET /hello HT");
  raw_client marker{server->port()};  // served after the bytes above were read
  marker.get("/hello");
  BOOST_TEST(marker.answer()->status == 200);
  std::thread stopper{[&] { server->stop(); }};
  BOOST_TEST(marker.closed());  // the stop has begun
  client.send("TP/1.1\r\nHost: h\r\n\r\n");
  auto a = client.answer();
  stopper.join();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 200);
  BOOST_TEST(a->headers["connection"] == "close");
}

BOOST_AUTO_TEST_CASE(an_answer_that_nobody_takes_is_cut_after_the_grace) {
  const auto server = serve(300ms);
  raw_client client{server->port()};
  client.get("/huge");
  BOOST_REQUIRE(client.readable(raw_client::patience));
  const auto start = steady::now();
  server->stop();
  const auto took = steady::now() - start;
  BOOST_TEST((took >= 290ms && took < 5s));
}

/// Clients on all cores ask without a pause. Each answer that begins is whole, and the stop does
/// not wait for them to tire.
BOOST_AUTO_TEST_CASE(stop_under_load_tears_no_answer_and_ends_in_time) {
  const auto server = serve(1000ms);
  std::atomic<int> whole{0}, torn{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> clients;
  for (int t = 0; t < 4; ++t) {
    clients.emplace_back([&] {
      while (!over) {
        try {
          raw_client client{server->port()};
          while (client.get("/hello") && client.readable(raw_client::patience)) {
            const auto a = client.answer();
            if (!a) {
              // Closed between two requests: nothing of an answer may have come.
              if (client.drain() != std::size_t{0}) ++torn;
              break;
            }
            a->body.size() == 10'000 ? ++whole : ++torn;
          }
        } catch (const std::runtime_error&) {
          return;  // refused: it has stopped
        }
      }
    });
  }
  while (whole < 200)
    std::this_thread::yield();
  const auto start = steady::now();
  server->stop();
  const auto took = steady::now() - start;
  over = true;
  for (auto& client : clients)
    client.join();
  BOOST_TEST((took < 5s));
  BOOST_TEST(torn == 0);
  BOOST_TEST(whole >= 200);
}

BOOST_AUTO_TEST_SUITE_END()
