#include "http/client.hpp"

#include <charconv>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

namespace td {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using kind = http_client_failure::kind;

constexpr std::uint64_t largest_reply = 16u << 20;
constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

class exchange {
 public:
  exchange(asio::io_context& io, const http_url& url, std::chrono::milliseconds timeout)
      : resolver_{io}, stream_{io}, url_{url} {
    stream_.expires_after(timeout);
  }

  std::optional<http_client_result<http_reply>> outcome{};

  asio::awaitable<void> run() {
    error_code no_address;
    const auto address = asio::ip::make_address(url_.host, no_address);
    error_code e;
    if (no_address) {
      auto [failed, found] =
          co_await resolver_.async_resolve(url_.host, std::to_string(url_.port), awaited);
      if (failed) co_return fail(kind::no_host, failed);
      auto [refused, endpoint] = co_await stream_.async_connect(found, awaited);
      e = refused;
    } else {
      auto [refused] = co_await stream_.async_connect(tcp::endpoint{address, url_.port}, awaited);
      e = refused;
    }
    if (e) co_return fail(kind::refused, e);

    http::request<http::empty_body> request{http::verb::get, url_.target, 11};
    request.set(http::field::host, host_and_port(url_));
    request.set(http::field::user_agent, "taylordash");
    request.keep_alive(false);
    auto [unsent, n] = co_await http::async_write(stream_, request, awaited);
    if (unsent) co_return fail(kind::refused, unsent);

    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(largest_reply);
    auto [unread, m] = co_await http::async_read(stream_, buffer, parser, awaited);
    if (unread) co_return fail(kind::not_http, unread);
    auto reply = parser.release();
    const auto type = reply[http::field::content_type];
    outcome = http_reply{reply.result_int(), {type.data(), type.size()}, std::move(reply.body())};
  }

 private:
  void fail(kind what, error_code e) {
    if (e == beast::error::timeout) {
      outcome = http_client_failure{kind::timed_out, "no answer in time"};
    } else {
      outcome = http_client_failure{what, e.message()};
    }
  }

  tcp::resolver resolver_;
  beast::tcp_stream stream_;
  const http_url& url_;
};

http_client_failure bad_url(std::string_view why) {
  return {kind::bad_url, std::string{why}};
}

}  // namespace

std::string host_and_port(const http_url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", url.host, url.port) : fmt::format("{}:{}", url.host, url.port);
}

http_client_result<http_url> parse_http_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (text.starts_with("https://")) return bad_url("https is not spoken here; use http://");
  if (!text.starts_with(scheme)) return bad_url("it does not start with http://");
  for (char c : text) {
    if (c <= ' ' || c == 0x7f) return bad_url("it has a space or a control character in it");
  }
  text.remove_prefix(scheme.size());
  const auto slash = std::min(text.find_first_of("/?#"), text.size());
  auto authority = text.substr(0, slash);
  http_url url;
  const auto target = text.substr(slash, text.find('#') - slash);
  url.target = target.starts_with('/') ? std::string{target} : "/" + std::string{target};

  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad_url("a ] is missing");
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (url.host.empty()) return bad_url("the host is missing");
  if (url.host.find('@') != std::string::npos) return bad_url("a user name has no place in it");
  if (port.empty()) return url;
  const auto [end, e] = std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
  if (port[0] != ':' || e != std::errc{} || end != port.data() + port.size() || url.port == 0) {
    return bad_url("the port is not a number from 1 to 65535");
  }
  return url;
}

http_client_result<http_reply> http_get(const http_url& url, std::chrono::milliseconds timeout) {
  asio::io_context io{1};
  exchange one{io, url, timeout};
  asio::co_spawn(io, one.run(), asio::detached);
  io.run_for(timeout + std::chrono::milliseconds{100});
  if (!one.outcome) return http_client_failure{kind::timed_out, "no answer in time"};
  return *std::move(one.outcome);
}

}  // namespace td
