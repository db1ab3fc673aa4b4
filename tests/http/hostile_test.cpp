// Clients that mean harm. Each ends with proof that others are served.

#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck/boost_test.h>

#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using namespace std::chrono_literals;
using td::testing::raw_client;
using td::testing::serve_api;
using td::testing::test_api;
using td::testing::test_route;

namespace {

std::unique_ptr<http_server> serve(http_limits limits = {}) {
  auto echo = test_route(http_method::post, "/echo", plain_handler{[](const request& r) {
                           return http_answer{200, "text/plain", r.body};
                         }});
  auto hello = test_route(http_method::get, "/hello", plain_handler{[](const request&) {
                            return http_answer{200, "text/plain", "hello"};
                          }});
  return serve_api(test_api({echo, hello}), {.limits = limits});
}

void check_served(const http_server& server) {
  raw_client client{server.port()};
  client.get("/hello");
  const auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->body == "hello");
}

struct smuggled {
  std::string headers;
  std::string body;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile)

/// What a proxy in front may have read as one request must never become two here: refused, and the
/// connection closed with what follows unread.
BOOST_AUTO_TEST_CASE(a_request_within_a_request_is_never_answered) {
  const auto server = serve();
  const std::string inner = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::vector<smuggled> table{
      {"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\n"},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", "12345"},
      {"Content-Length: 5, 5\r\n", "12345"},
      {"Content-Length: +5\r\n", "12345"},
      {"Content-Length: -1\r\n", ""},
      {"Content-Length: 0x5\r\n", "12345"},
      {"Content-Length: 99999999999999999999\r\n", ""},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"},
      {"Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"},
      {"Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"},
      {"Transfer-Encoding: identity\r\n", "12345"},
      {"Transfer-Encoding : chunked\r\n", "0\r\n\r\n"},
      {"Transfer-Encoding: chunked\r\n", "0x5\r\n12345\r\n0\r\n\r\n"},
      {"Transfer-Encoding: chunked\r\n", "-5\r\n12345\r\n0\r\n\r\n"},
      {"Transfer-Encoding: chunked\r\n", "5\r\n12345X\r\n0\r\n\r\n"},
      {"Transfer-Encoding: chunked\r\n", "5\n12345\r\n0\r\n\r\n"},
      {"Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n12345\r\n0\r\n\r\n"},
      {"Transfer-Encoding: chunked\r\n", "5;\x01\r\n12345\r\n0\r\n\r\n"},
      {"Host: other\r\nContent-Length: 0\r\n", ""},
      {"Content-Length: 0\r\nBad Name: x\r\n", ""},
      {"Content-Length: 0\r\nX: a\rb\r\n", ""},
      {std::string{"Content-Length: 0\r\nX: a\0b\r\n", 27}, ""},
  };
  for (const auto& [headers, body] : table) {
    raw_client client{server->port()};
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n" + body + inner);
    auto a = client.answer();
    BOOST_REQUIRE_MESSAGE(a, headers << body);
    BOOST_TEST((a->status == 400 || a->status == 413), headers << body << " -> " << a->status);
    BOOST_TEST(a->headers["connection"] == "close");
    BOOST_TEST(client.closed(), headers << body);
  }
  check_served(*server);
}

BOOST_AUTO_TEST_CASE(old_http_has_no_chunks) {
  const auto server = serve();
  raw_client client{server->port()};
  client.send("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  BOOST_TEST(client.answer()->status == 400);
  BOOST_TEST(client.closed());
}

BOOST_AUTO_TEST_CASE(chunks_are_put_together_whatever_their_cut) {
  const auto server = serve();
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;name=\"value\"\r\nhello\r\n001\r\n \r\n5\r\nworld\r\n0;x\r\nTrailer: t\r\n\r\n";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    raw_client client{server->port()};
    client.send(std::string_view{request}.substr(0, cut));
    client.send(std::string_view{request}.substr(cut));
    const auto a = client.answer();
    BOOST_REQUIRE_MESSAGE(a, cut);
    BOOST_TEST(a->body == "hello world", cut);
  }
}

BOOST_AUTO_TEST_CASE(a_header_that_comes_in_many_pieces_is_limited_as_a_whole) {
  const auto server = serve({.header_bytes = 4096, .request = 60s});
  raw_client client{server->port()};
  client.send("GET /hello HTTP/1.1\r\nHost: h\r\n");
  std::size_t sent = 0;
  while (sent < 1'000'000 && !client.readable(0ms)) {
    if (!client.send("X: " + std::string(500, 'x') + "\r\n")) break;
    sent += 505;
    check_served(*server);  // it has been read meanwhile
    if (sent > 20'000) break;
  }
  BOOST_TEST(client.answer()->status == 431);
  BOOST_TEST(sent < 10'000u);
}

BOOST_AUTO_TEST_CASE(trailers_and_chunk_extensions_have_an_end) {
  const auto server = serve();
  for (const std::string& endless :
       {"0\r\n" + std::string(200'000, 'X') + ": y\r\n", "5;" + std::string(200'000, 'x')}) {
    raw_client client{server->port()};
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(endless);
    const auto a = client.answer();  // or nothing: it is cut
    if (a) BOOST_TEST(a->status >= 400);
    BOOST_TEST(client.closed());
  }
  check_served(*server);
}

BOOST_AUTO_TEST_CASE(many_slow_clients_do_not_keep_others_out) {
  const auto server = serve({.connections = 50, .idle = 60s, .request = 60s});
  std::vector<raw_client> slow;
  for (int i = 0; i < 200; ++i) {
    slow.emplace_back(server->port());
    slow.back().send(i % 2 == 0 ? "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nx"
                                : "GET /hello HTTP/1.1\r\nHost: h\r\nX-a: b\r\n");
    if (i % 20 == 0) check_served(*server);
  }
  check_served(*server);
}

BOOST_AUTO_TEST_CASE(paths_that_climb_are_refused) {
  const auto server = serve();
  raw_client client{server->port()};
  for (auto path :
       {"/../etc/passwd", "/hello/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
        "/hello%2f..%2fetc", "/hello%5c..%5cetc", "/%252e%252e/x/../y", "/hello%00.txt"}) {
    client.get(path);
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 400, path);
    BOOST_TEST(a->body.find("etc") == std::string::npos);
  }
  client.get("/hello");
  BOOST_TEST(client.answer()->body == "hello");
}

/// Whatever comes, the server answers or closes, and goes on.
RC_BOOST_PROP(random_bytes_do_no_harm, ()) {
  static const auto server = serve({.idle = 5s, .request = 100ms});
  const std::vector<std::string> words{"GET ",
                                       "POST ",
                                       "/echo",
                                       "/hello",
                                       " HTTP/1.1",
                                       "\r\n",
                                       "\r\n\r\n",
                                       "Host: h",
                                       "Content-Length: ",
                                       "5",
                                       "Transfer-Encoding: chunked",
                                       "0\r\n\r\n",
                                       "\n",
                                       " ",
                                       ":",
                                       "%",
                                       "?",
                                       std::string(1, '\0'),
                                       "\xff"};
  std::string bytes;
  for (const auto& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::oneOf(
           rc::gen::elementOf(words), rc::gen::container<std::string>(rc::gen::arbitrary<char>()))))
    bytes += piece;
  raw_client client{server->port()};
  client.send(bytes);
  client.end_sending();
  RC_ASSERT(client.drain().has_value());
  raw_client healthy{server->port()};
  healthy.get("/hello");
  const auto a = healthy.answer();
  RC_ASSERT(a.has_value());
  RC_ASSERT(a->body == "hello");
}

BOOST_AUTO_TEST_SUITE_END()
