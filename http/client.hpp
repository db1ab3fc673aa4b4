#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace td {

/// The parts of an http:// URL. No other scheme is spoken.
struct http_url {
  std::string host{};  ///< without the brackets of an IPv6 address
  std::uint16_t port{80};
  std::string target{"/"};
};

struct http_reply {
  unsigned status{};
  std::string content_type{};
  std::string body{};
};

/// Why there is no reply.
struct http_client_failure {
  enum class kind : std::uint8_t {
    bad_url,    ///< not an http:// URL
    no_host,    ///< the name does not resolve
    refused,    ///< nothing listens there, or the way is barred
    timed_out,  ///< nothing came, or not all of it, in time
    not_http,   ///< something came that is no HTTP reply, or is too large
  };
  kind what{};
  std::string detail{};  ///< one sentence for a person
};

template <class T>
using http_client_result = boost::system::result<T, http_client_failure>;

/// "http://127.0.0.1:8080/api/v1/status", "http://[::1]:8080". bad_url when it is none.
http_client_result<http_url> parse_http_url(std::string_view text);

/// Where it leads, for people and `Host` headers: "127.0.0.1:8080", "[::1]:8080".
std::string host_and_port(const http_url& url);

/// One GET over a connection of its own. Blocks for at most `timeout` as a whole, name look-up
/// apart (an address needs none). Replies up to 16 MiB. Any thread.
http_client_result<http_reply> http_get(const http_url& url, std::chrono::milliseconds timeout);

}  // namespace td
