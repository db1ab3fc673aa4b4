#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/request.hpp"

namespace td {

/// Cross-origin access by list: pages of these origins may use the API, with credentials. Without
/// a list nothing is said, and browsers refuse. Any thread.
class cors_rule {
 public:
  explicit cors_rule(std::vector<std::string> origins) : origins_{std::move(origins)} {}

  bool allows(std::string_view origin) const;

  /// Adds to `answer_headers` what any answer to this request says about origins.
  void mark(request& r) const;

  /// What a preflight is told beside that; `methods` as in the header `Allow`.
  http_headers preflight(const request& r, const std::string& methods) const;

 private:
  std::vector<std::string> origins_;
};

}  // namespace td
