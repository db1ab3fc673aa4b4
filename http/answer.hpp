#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace td {

struct problem;

using http_headers = std::vector<std::pair<std::string, std::string>>;

/// What a route answers. A `problem` converts to one.
struct http_answer {
  unsigned status{200};
  std::string content_type{"application/json"};  ///< empty: no body, no type
  std::string body{};
  http_headers headers{};                  ///< beside those each answer has
  std::shared_ptr<const problem> fault{};  ///< instead of a body: written with the request's id
};

}  // namespace td
