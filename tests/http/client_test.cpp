#include "http/client.hpp"

#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "http/server.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using namespace std::chrono_literals;
using td::testing::test_api;
using kind = http_client_failure::kind;

namespace {

/// Listens on the loopback and does what it is told with the first client.
class odd_server {
 public:
  explicit odd_server(std::string says, bool closes) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(fd_, 1) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      throw std::runtime_error("listen");
    }
    port_ = ntohs(at.sin_port);
    thread_ = std::thread{[this, says = std::move(says), closes] {
      const int client = ::accept(fd_, nullptr, nullptr);
      char request[4096];
      (void)::recv(client, request, sizeof request, 0);
      (void)::send(client, says.data(), says.size(), MSG_NOSIGNAL);
      if (!closes) (void)::recv(client, request, sizeof request, 0);  // until the client leaves
      ::close(client);
    }};
  }
  ~odd_server() {
    thread_.join();
    ::close(fd_);
  }
  odd_server(const odd_server&) = delete;
  odd_server& operator=(const odd_server&) = delete;

  http_url url() const { return {"127.0.0.1", port_, "/"}; }

 private:
  int fd_;
  std::uint16_t port_{};
  std::thread thread_;
};

struct url_example {
  std::string text;
  std::string host;
  std::uint16_t port;
  std::string target;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client)

BOOST_AUTO_TEST_CASE(urls_are_taken_apart) {
  const std::vector<url_example> table{
      {"http://127.0.0.1:8080", "127.0.0.1", 8080, "/"},
      {"http://127.0.0.1:8080/", "127.0.0.1", 8080, "/"},
      {"http://h/a/b?c=d#e", "h", 80, "/a/b?c=d"},
      {"http://h?x", "h", 80, "/?x"},
      {"http://[::1]:9/x", "::1", 9, "/x"},
      {"http://[::1]", "::1", 80, "/"},
  };
  for (const auto& [text, host, port, target] : table) {
    const auto url = parse_http_url(text);
    BOOST_REQUIRE_MESSAGE(url, text);
    BOOST_TEST(url->host == host);
    BOOST_TEST(url->port == port);
    BOOST_TEST(url->target == target);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_url_is_refused_with_the_reason) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "it does not start with http://"},
      {"127.0.0.1:8080", "it does not start with http://"},
      {"https://h", "https is not spoken here; use http://"},
      {"http://", "the host is missing"},
      {"http://:80", "the host is missing"},
      {"http:///path", "the host is missing"},
      {"http://h:", "the port is not a number from 1 to 65535"},
      {"http://h:0", "the port is not a number from 1 to 65535"},
      {"http://h:65536", "the port is not a number from 1 to 65535"},
      {"http://h:80x", "the port is not a number from 1 to 65535"},
      {"http://[::1", "a ] is missing"},
      {"http://[::1]x", "the port is not a number from 1 to 65535"},
      {"http://u:p@h/", "the port is not a number from 1 to 65535"},
      {"http://u@h/", "a user name has no place in it"},
      {"http://h/a b", "it has a space or a control character in it"},
      {"http://h/\r\nX: y", "it has a space or a control character in it"},
  };
  for (const auto& [text, reason] : table) {
    const auto url = parse_http_url(text);
    BOOST_REQUIRE_MESSAGE(!url, text);
    BOOST_TEST((url.error().what == kind::bad_url));
    BOOST_TEST(url.error().detail == reason);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_is_returned_whatever_its_status) {
  for (std::string listen : {"127.0.0.1", "::1"}) {
    const auto server =
        start_http({.listen = listen, .port = 0},
                   test_api({{"/x", [] {
                                return http_answer{200, "text/plain", std::string(3u << 20, 'x')};
                              }}}));
    BOOST_REQUIRE(server);
    const auto reply = http_get({listen, (*server)->port(), "/x"}, 10s);
    BOOST_REQUIRE(reply);
    BOOST_TEST(reply->status == 200u);
    BOOST_TEST(reply->content_type == "text/plain");
    BOOST_TEST(reply->body.size() == 3u << 20);
    const auto missing = http_get({listen, (*server)->port(), "/y"}, 10s);
    BOOST_REQUIRE(missing);
    BOOST_TEST(missing->status == 404u);
  }
}

BOOST_AUTO_TEST_CASE(a_name_is_looked_up) {
  const auto server = start_http({.listen = "127.0.0.1", .port = 0},
                                 test_api({{"/x", [] {
                                              return http_answer{200, "text/plain", "x"};
                                            }}}));
  BOOST_REQUIRE(server);
  const auto reply = http_get({"localhost", (*server)->port(), "/x"}, 10s);
  BOOST_REQUIRE(reply);
  BOOST_TEST(reply->body == "x");
}

BOOST_AUTO_TEST_CASE(nobody_there_is_refused) {
  std::uint16_t port = 0;
  {
    const auto server = start_http({.listen = "127.0.0.1", .port = 0}, {});
    BOOST_REQUIRE(server);
    port = (*server)->port();
  }
  const auto reply = http_get({"127.0.0.1", port, "/"}, 10s);
  BOOST_REQUIRE(!reply);
  BOOST_TEST((reply.error().what == kind::refused));
  BOOST_TEST(reply.error().detail == "Connection refused");
}

BOOST_AUTO_TEST_CASE(silence_and_half_an_answer_end_in_time) {
  for (std::string says : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}) {
    const odd_server server{says, false};
    const auto start = std::chrono::steady_clock::now();
    const auto reply = http_get(server.url(), 300ms);
    BOOST_REQUIRE(!reply);
    BOOST_TEST((reply.error().what == kind::timed_out));
    BOOST_TEST((std::chrono::steady_clock::now() - start < 5s));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_said_so) {
  for (std::string says :
       {"SSH-2.0-OpenSSH_9.2\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"}) {
    const odd_server server{says, true};
    const auto reply = http_get(server.url(), 10s);
    BOOST_REQUIRE(!reply);
    BOOST_TEST((reply.error().what == kind::not_http), reply.error().detail);
    BOOST_TEST(!reply.error().detail.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
