#include "http/server.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "pipeline/time.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using td::testing::raw_client;
using td::testing::serve_api;
using td::testing::test_api;

namespace {

std::unique_ptr<http_server> serve(http_limits limits = {}) {
  return serve_api(
      test_api({{"/hello",
                 [] {
                   return http_answer{200, "text/plain", "hello", {{"X-Own", "yes"}}};
                 }},
                {"/empty",
                 [] {
                   return http_answer{204, "", ""};
                 }},
                {"/throws", []() -> http_answer { throw std::runtime_error("deliberately"); }},
                {"/throws/odd", []() -> http_answer { throw 1; }}}),
      {.limits = limits});
}

struct bad_request {
  std::string bytes;
  int status;
  std::string code;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(server)

BOOST_AUTO_TEST_CASE(answers_carry_type_length_date_and_security_headers) {
  const auto server = serve();
  raw_client client{server->port()};
  client.get("/hello");
  auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 200);
  BOOST_TEST(a->body == "hello");
  BOOST_TEST(a->headers["content-type"] == "text/plain");
  BOOST_TEST(a->headers["content-length"] == "5");
  BOOST_TEST(a->headers["x-own"] == "yes");
  BOOST_TEST(a->headers["server"] == "taylordash");
  BOOST_TEST(a->headers["cache-control"] == "no-store");
  BOOST_TEST(a->headers["x-content-type-options"] == "nosniff");
  BOOST_TEST(a->headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'");
  BOOST_TEST(a->headers["referrer-policy"] == "no-referrer");
  std::tm tm{};
  const char* end = ::strptime(a->headers["date"].c_str(), "%a, %d %b %Y %H:%M:%S GMT", &tm);
  BOOST_REQUIRE(end);
  BOOST_TEST(*end == '\0');
  BOOST_TEST(std::abs(::timegm(&tm) - std::time(nullptr)) <= 5);
}

BOOST_AUTO_TEST_CASE(one_connection_serves_many_requests) {
  const auto server = serve();
  raw_client client{server->port()};
  for (int i = 0; i < 100; ++i) {
    BOOST_REQUIRE(client.get("/hello"));
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->body == "hello");
  }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  const auto server = serve();
  raw_client client{server->port()};
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "GET /hello HTTP/1.1\r\nHost: h\r\n\r\nGET /nothing HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 100; ++i) {
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == (i % 2 == 0 ? 200 : 404));
  }
}

BOOST_AUTO_TEST_CASE(a_connection_ends_when_the_client_says_so) {
  const auto server = serve();
  for (auto request : {"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                       "GET /hello HTTP/1.0\r\n\r\n"}) {
    raw_client client{server->port()};
    client.send(request);
    auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->body == "hello");
    BOOST_TEST(client.closed());
  }
  raw_client old{server->port()};
  old.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto a = old.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->headers["connection"] == "keep-alive");
  old.send("GET /hello HTTP/1.0\r\n\r\n");
  BOOST_TEST(old.answer().has_value());
}

BOOST_AUTO_TEST_CASE(head_has_the_length_and_no_body) {
  const auto server = serve();
  raw_client client{server->port()};
  client.send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  auto head = client.answer(true);
  BOOST_REQUIRE(head);
  BOOST_TEST(head->status == 200);
  BOOST_TEST(head->headers["content-length"] == "5");
  client.send("HEAD /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
  head = client.answer(true);
  BOOST_REQUIRE(head);
  BOOST_TEST(head->status == 404);
  BOOST_TEST(head->headers["content-length"] != "0");
  client.get("/hello");  // nothing of a body stands in the way
  const auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->body == "hello");
}

BOOST_AUTO_TEST_CASE(targets_are_matched_without_query_and_in_absolute_form) {
  const auto server = serve();
  raw_client client{server->port()};
  for (auto target :
       {"/hello?x=1", "/hello?", "http://h:80/hello", "http://h/hello?x", "/%68ello"}) {
    client.get(target);
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 200, target);
  }
  for (auto target : {"/", "/hello/", "/Hello", "//hello", "http://h", "/hello/x"}) {
    client.get(target);
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 404, target);
  }
}

BOOST_AUTO_TEST_CASE(unknown_paths_are_a_problem_that_does_not_say_what_there_is) {
  const auto server = serve();
  raw_client client{server->port()};
  client.send(
      "GET /nothing HTTP/1.1\r\nHost: h\r\n"
      "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n");
  auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 404);
  BOOST_TEST(a->headers["content-type"] == "application/problem+json");
  BOOST_TEST(a->headers["x-request-id"] == "4bf92f3577b34da6a3ce929d0e0e4736");
  BOOST_TEST(
      a->body ==
      R"({"type":"/docs#problem-not_found","title":"Not found","status":404,)"
      R"("code":"not_found","detail":"there is nothing at this path; /docs lists what there )"
      R"(is","request_id":"4bf92f3577b34da6a3ce929d0e0e4736"})");
}

BOOST_AUTO_TEST_CASE(other_methods_are_a_problem_that_names_those_there_are) {
  const auto server = serve();
  raw_client client{server->port()};
  for (std::string method : {"POST", "PUT", "DELETE", "PATCH", "BREW"}) {
    client.send(method + " /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 405);
    BOOST_TEST(a->headers["allow"] == "GET, HEAD, OPTIONS");
    BOOST_TEST(a->body.find(R"("code":"method_not_allowed")") != std::string::npos, a->body);
  }
  client.send("OPTIONS /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  auto options = client.answer();
  BOOST_REQUIRE(options);
  BOOST_TEST(options->status == 204);
  BOOST_TEST(options->headers["allow"] == "GET, HEAD, OPTIONS");
  client.get("/hello");  // bodies were read, the connection goes on
  BOOST_TEST(client.answer()->status == 200);
}

BOOST_AUTO_TEST_CASE(an_answer_without_a_body_has_no_length_either) {
  const auto server = serve();
  raw_client client{server->port()};
  client.get("/empty");
  const auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 204);
  BOOST_TEST(a->headers.count("content-length") == 0u);
  BOOST_TEST(a->headers.count("content-type") == 0u);
  client.get("/hello");
  BOOST_TEST(client.answer()->body == "hello");
}

BOOST_AUTO_TEST_CASE(a_body_that_waits_to_be_asked_for_is_answered_without_it) {
  const auto server = serve();
  raw_client client{server->port()};
  client.send(
      "POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n");
  auto a = client.answer();
  BOOST_REQUIRE(a);
  BOOST_TEST(a->status == 405);
  BOOST_TEST(a->headers["connection"] == "close");
  BOOST_TEST(client.closed());
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused_and_the_connection_closed) {
  const auto server = serve();
  const std::vector<bad_request> table{
      {"GARBAGE\r\n\r\n", 400, "bad_request"},
      {"GET /hello HTTP/1.1 and more\r\n\r\n", 400, "bad_request"},
      {"GET /hello HTTP/7.5\r\nHost: h\r\n\r\n", 400, "bad_request"},
      {"GET  /hello HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad_request"},
      {"GET /hello HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400, "bad_request"},
      {"GET /hello HTTP/1.1\r\nHost: h\r\nContent-Length: many\r\n\r\n", 400, "bad_request"},
      {"GET /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400,
       "bad_request"},
      {"GET /hello HTTP/1.1\r\n\r\n", 400, "bad_request"},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request"},
      {std::string{"GET /"} + '\0' + "hello HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad_request"},
      {"\x16\x03\x01\x02\x01\xfc\x03\x03\r\n", 400, "bad_request"},  // TLS
      {std::string(100, '\0'), 400, "bad_request"},
      {std::string(5000, '\xff'), 400, "bad_request"},
      {"POST /hello HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400,
       "bad_request"},
  };
  for (const auto& [bytes, status, code] : table) {
    raw_client client{server->port()};
    client.send(bytes);
    auto a = client.answer();
    BOOST_REQUIRE_MESSAGE(a, bytes);
    BOOST_TEST(a->status == status);
    BOOST_TEST(a->headers["content-type"] == "application/problem+json");
    BOOST_TEST(a->headers["connection"] == "close");
    BOOST_TEST(a->body.find("\"code\":\"" + code + "\"") != std::string::npos, a->body);
    BOOST_TEST(client.closed());
  }
  raw_client healthy{server->port()};
  healthy.get("/hello");
  BOOST_TEST(healthy.answer()->status == 200);
}

BOOST_AUTO_TEST_CASE(clients_that_leave_in_the_middle_do_no_harm) {
  const auto server = serve();
  for (auto bytes : {"", "G", "GET /hello HTTP/1.1\r\nHo",
                     "POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx",
                     "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"}) {
    raw_client client{server->port()};
    client.send(bytes);
  }
  raw_client healthy{server->port()};
  healthy.get("/hello");
  BOOST_TEST(healthy.answer()->status == 200);
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_is_answered_for) {
  const auto server = serve();
  raw_client client{server->port()};
  for (auto path : {"/throws", "/throws/odd"}) {
    client.get(path);
    const auto a = client.answer();
    BOOST_REQUIRE(a);
    BOOST_TEST(a->status == 500);
    BOOST_TEST(a->body.find("\"code\":\"internal\"") != std::string::npos);
    BOOST_TEST(a->body.find("deliberately") == std::string::npos);
  }
  client.get("/hello");
  BOOST_TEST(client.answer()->status == 200);
}

BOOST_AUTO_TEST_CASE(many_connections_at_once_are_all_served) {
  const auto server = serve();
  constexpr int threads = 4;
  constexpr int connections = 50;
  constexpr int rounds = 10;
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int t = 0; t < threads; ++t) {
    clients.emplace_back([&] {
      std::vector<raw_client> open;
      for (int c = 0; c < connections; ++c)
        open.emplace_back(server->port());
      for (int r = 0; r < rounds; ++r) {
        for (auto& c : open)
          c.get("/hello");
        for (auto& c : open) {
          const auto a = c.answer();
          if (a && a->body == "hello") ++answered;
        }
      }
    });
  }
  for (auto& client : clients)
    client.join();
  BOOST_TEST(answered == threads * connections * rounds);
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_named_with_the_way_out) {
  const auto first = serve();
  const auto second = start_http({.listen = "127.0.0.1", .port = first->port()}, {});
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().code == errc::configuration_invalid));
  BOOST_TEST(second.error().detail ==
             "can't listen on 127.0.0.1:" + std::to_string(first->port()) +
                 ": the port is taken by another process; choose another with http.port in the "
                 "file, TAYLORDASH_HTTP__PORT, or --set http.port=PORT (0: any free one)");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_or_not_ours_is_named) {
  for (auto [listen, reason] : {std::pair{"localhost", "localhost:80: Invalid argument"},
                                std::pair{"192.0.2.1", "192.0.2.1:80: Cannot assign"},  // RFC 5737
                                std::pair{"2001:db8::1", "[2001:db8::1]:80: "}}) {
    const auto server = start_http({.listen = listen, .port = 80}, {});
    BOOST_REQUIRE(!server);
    BOOST_TEST((server.error().code == errc::configuration_invalid));
    BOOST_TEST(server.error().detail.find(reason) != std::string::npos, server.error().detail);
    BOOST_TEST(server.error().detail.find("http.listen") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
