#include "http/cors.hpp"

#include <algorithm>

namespace td {

bool cors_rule::allows(std::string_view origin) const {
  return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

void cors_rule::mark(request& r) const {
  if (origins_.empty()) return;
  r.answer_headers.emplace_back("Vary", "Origin");
  const auto origin = r.headers["Origin"];
  if (!allows(origin)) return;
  r.answer_headers.emplace_back("Access-Control-Allow-Origin", origin);
  r.answer_headers.emplace_back("Access-Control-Allow-Credentials", "true");
  r.answer_headers.emplace_back(
      "Access-Control-Expose-Headers",
      "ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
      "X-Request-Id");
}

http_headers cors_rule::preflight(const request& r, const std::string& methods) const {
  if (!allows(r.headers["Origin"]) || r.headers.count("Access-Control-Request-Method") == 0)
    return {};
  return {{"Access-Control-Allow-Methods", methods},
          {"Access-Control-Allow-Headers",
           "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "
           "traceparent, X-CSRF-Token"},
          {"Access-Control-Max-Age", "600"}};
}

}  // namespace td
