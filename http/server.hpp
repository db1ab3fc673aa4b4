#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/rate_limit.hpp"
#include "http/route.hpp"
#include "pipeline/http_metrics.hpp"
#include "pipeline/result.hpp"

namespace td {

/// What a client may cost. Numbers without another source are generous for a dashboard and a
/// scraper, and small beside the machine.
struct http_limits {
  std::size_t header_bytes{16u << 10};  ///< more: 431. nginx allows 32 KiB, Node.js 16 KiB
  std::size_t body_bytes{64u << 10};    ///< more: 413, where the route says nothing else
  /// One more makes the server drop whoever has kept it waiting for longest; when nobody does, the
  /// new one is answered 503. Room for a thousand clients that keep theirs and hundreds of streams.
  std::size_t connections{2048};
  std::chrono::milliseconds idle{60'000};     ///< between requests, then closed
  std::chrono::milliseconds request{10'000};  ///< from a request's first byte to its last, then cut
  std::chrono::milliseconds write{30'000};    ///< for an answer, or a piece of one, then cut
  std::chrono::milliseconds handling{
      60'000};                            ///< from a request's last byte to its answer, then cut
  std::chrono::milliseconds stop{1'000};  ///< what is under way at `stop` may go on for this
  /// A body that is read piece by piece: how long we wait for it in all, plus a second for each
  /// `piece_rate` bytes that came, but never longer than this for the next.
  std::chrono::milliseconds piece{30'000};
  std::size_t piece_rate{1u << 10};      ///< bytes per second: a modem's
  std::size_t unsent_bytes{256u << 10};  ///< of an answer in pieces: then `write` waits
};

/// Per principal, or per address where nobody has signed in.
struct http_rates {
  rate_rule read{per_second(200)};
  rate_rule write{per_second(100)};
  rate_rule login{10, std::chrono::seconds{6}};   ///< ten at once, then ten per minute
  rate_rule stream{20, std::chrono::seconds{1}};  ///< openings
};

struct http_options {
  std::string listen{"127.0.0.1"};
  std::uint16_t port{8080};                 ///< 0: any free one
  std::size_t threads{2};                   ///< each connection stays on one of them
  std::vector<std::string> hosts{};         ///< http/hosts.hpp
  std::vector<std::string> cors_origins{};  ///< http/cors.hpp
  std::string tls_certificate{};            ///< PEM, the whole chain; empty: plain HTTP
  std::string tls_key{};                    ///< PEM
  http_limits limits{};
  http_rates rates{};
};

/// What a server leans on. Each may be null: then everybody is anonymous, and counts are kept
/// where nobody reads them.
struct http_parts {
  std::shared_ptr<authenticator> who{};
  std::shared_ptr<http_metrics> meters{};
};

/// The window on the side: HTTP/1.1 with keep-alive and pipelining on io threads of its own,
/// time-outs and size limits at each step. Never in the data path.
/// Errors are RFC 9457 problems (http/problem.hpp), each with the request's id.
class http_server {
 public:
  /// As `stop`.
  virtual ~http_server() = default;
  virtual std::uint16_t port() const noexcept = 0;
  /// Stops accepting, closes idle connections, lets requests and answers under way end, cuts what
  /// is left after the limit, ends the threads. Any thread but a handler's; a second call does
  /// nothing.
  virtual void stop() = 0;
};

/// Serves this API, and beside it /openapi.json and /docs, which describe it. Failures:
/// configuration_invalid (the address is not one, the port is taken or not allowed, certificate or
/// key can't be used; the detail says which and how to mend it), internal (the table has faults).
result<std::unique_ptr<http_server>> start_http(http_options options, http_api api,
                                                http_parts parts = {});

}  // namespace td
