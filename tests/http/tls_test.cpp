#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"
#include "tests/support/certificates.hpp"

using namespace td;
using namespace std::chrono_literals;
using td::testing::raw_client;
using td::testing::test_api;
using td::testing::test_route;

namespace {

namespace asio = boost::asio;

/// A client that trusts one authority and asks one thing at a time.
class tls_client {
 public:
  tls_client(std::uint16_t port, const std::string& ca) {
    context_.load_verify_file(ca);
    context_.set_verify_mode(asio::ssl::verify_peer);
    stream_.emplace(io_, context_);
    stream_->set_verify_callback(asio::ssl::host_name_verification("localhost"));
    stream_->next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    stream_->handshake(asio::ssl::stream_base::client);
  }

  void send(const std::string& text) { asio::write(*stream_, asio::buffer(text)); }

  /// Everything until the server ends the connection.
  std::string rest() {
    std::string all;
    boost::system::error_code e;
    asio::read(*stream_, asio::dynamic_buffer(all), e);
    return all;
  }

  int version() { return ::SSL_version(stream_->native_handle()); }

 private:
  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  std::optional<asio::ssl::stream<asio::ip::tcp::socket>> stream_;
};

struct fixture {
  test::certificates files;

  http_options options() const {
    http_options o;
    o.port = 0;
    o.tls_certificate = files.server();
    o.tls_key = files.server_key();
    o.limits.request = 500ms;
    return o;
  }

  std::unique_ptr<http_server> serve() const {
    auto stream = test_route(http_method::get, "/stream",
                             exchange_handler{[](exchange& x) -> asio::awaitable<void> {
                               http_answer head{200, "text/plain"};
                               x.begin(std::move(head));
                               for (int i = 0; i < 64; ++i) {
                                 std::string piece(16'384, 'x');
                                 co_await x.write(std::move(piece));
                               }
                             }});
    auto server = start_http(
        options(),
        test_api({test_route(http_method::get, "/secure", plain_handler{[](const request& r) {
                               return http_answer{200, "text/plain", r.secure ? "secure" : "open"};
                             }}),
                  stream}));
    BOOST_REQUIRE_MESSAGE(server, (server ? "" : to_string(server.error())));
    return *std::move(server);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls, fixture)

BOOST_AUTO_TEST_CASE(requests_are_served_over_tls_1_2_and_above) {
  const auto server = serve();
  tls_client client{server->port(), files.ca()};
  BOOST_TEST(client.version() >= TLS1_2_VERSION);
  client.send(
      "GET /secure HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /secure HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto text = client.rest();
  BOOST_TEST(text.starts_with("HTTP/1.1 200 OK"), text);
  BOOST_TEST(text.ends_with("secure"), text);
  BOOST_TEST(text.find("secureHTTP/1.1 200 OK") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(streams_pass_and_strangers_who_speak_plainly_are_cut) {
  const auto server = serve();
  raw_client plain{server->port()};
  plain.send("GET /secure HTTP/1.1\r\nHost: localhost\r\n\r\n");
  BOOST_TEST(plain.drain().has_value());  // cut, with an alert at most
  raw_client silent{server->port()};
  BOOST_TEST(silent.closed());  // the handshake has its time-out
  tls_client client{server->port(), files.ca()};
  client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto text = client.rest();
  BOOST_TEST(text.size() > (1u << 20));
  BOOST_TEST(text.ends_with("0\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(files_that_can_not_be_used_are_named_with_their_setting) {
  auto missing = options();
  missing.tls_certificate = "/nonexistent.pem";
  auto server = start_http(missing, {});
  BOOST_REQUIRE(!server);
  BOOST_TEST((server.error().code == errc::configuration_invalid));
  BOOST_TEST(server.error().detail.find("http.tls_certificate") != std::string::npos);
  auto other_key = options();
  other_key.tls_key = files.client_key();
  server = start_http(other_key, {});
  BOOST_REQUIRE(!server);
  BOOST_TEST(server.error().detail.find("http.tls_key") != std::string::npos,
             server.error().detail);
}

BOOST_AUTO_TEST_SUITE_END()
