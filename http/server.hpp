#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// What a route answers.
struct http_answer {
  unsigned status{200};
  std::string content_type{"application/json"};
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};  ///< beside those each answer has
};

/// One route: exact path, GET and HEAD. The handler runs on the io thread and must not block; what
/// it throws is logged and answered with 500.
struct http_route {
  std::string path;
  std::function<http_answer()> handler;
};

/// What a client may cost. Numbers without another source are generous for a dashboard and a
/// scraper, and small beside the machine: 512 connections hold at most 40 MiB of unread requests.
struct http_limits {
  std::size_t header_bytes{16u << 10};  ///< more: 431. nginx allows 32 KiB, Node.js 16 KiB
  std::size_t body_bytes{64u << 10};    ///< more: 413. No route takes a body yet
  /// One more makes the server drop whoever has kept it waiting for longest; when nobody does, the
  /// new one is answered 503.
  std::size_t connections{512};
  std::chrono::milliseconds idle{60'000};     ///< between requests, then closed
  std::chrono::milliseconds request{10'000};  ///< from a request's first byte to its last, then cut
  std::chrono::milliseconds write{30'000};    ///< for an answer as a whole, then cut
  std::chrono::milliseconds stop{1'000};      ///< what is under way at `stop` may go on for this
};

struct http_options {
  std::string listen{"127.0.0.1"};
  std::uint16_t port{8080};  ///< 0: any free one
  http_limits limits{};
};

/// The window on the side: Beast on one io thread of its own, HTTP/1.1 with keep-alive and
/// pipelining, time-outs and size limits at each step. Never in the data path.
/// Errors are RFC 9457 problems with a stable `code`: bad_request, not_found, method_not_allowed,
/// body_too_large, header_too_large, internal, overloaded.
class http_server {
 public:
  /// As `stop`.
  virtual ~http_server() = default;
  virtual std::uint16_t port() const noexcept = 0;
  /// Stops accepting, closes idle connections, lets requests and answers under way end, cuts what
  /// is left after the limit, ends the thread. Any thread but a handler's; a second call does
  /// nothing.
  virtual void stop() = 0;
};

/// Starts serving. configuration_invalid: the address is not one, or the port is taken or not
/// allowed; the detail says which and how to mend it.
result<std::unique_ptr<http_server>> start_http(http_options options,
                                                std::vector<http_route> routes);

/// An RFC 9457 answer: {"type":"about:blank","title","status","code","detail"}.
http_answer problem_answer(unsigned status, std::string_view code, std::string_view detail);

}  // namespace td
