#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// What a route answers.
struct http_answer {
  unsigned status{200};
  std::string content_type{"application/json"};
  std::string body{};
};

/// One route: exact path, GET and HEAD. The handler runs on the io thread and must not block.
struct http_route {
  std::string path;
  std::function<http_answer()> handler;
};

struct http_options {
  std::string listen{"127.0.0.1"};
  std::uint16_t port{8080};  ///< 0: any free one
};

/// The window on the side: Beast on one io thread of its own, keep-alive, time-outs and size limits
/// at each step. Never in the data path.
class http_server {
 public:
  virtual ~http_server() = default;
  virtual std::uint16_t port() const noexcept = 0;
  /// Stops accepting, lets running answers go out for a moment, ends the thread.
  virtual void stop() = 0;
};

/// Starts serving. configuration_invalid: the address is not one, or the port is taken; the
/// detail says which and how to mend it.
result<std::unique_ptr<http_server>> start_http(http_options options,
                                                std::vector<http_route> routes);

}  // namespace td
