#pragma once

#include <memory>
#include <optional>

#include "http/component_schemas.hpp"
#include "http/cors.hpp"
#include "http/hosts.hpp"
#include "http/rate_limit.hpp"
#include "http/request.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "pipeline/http_metrics.hpp"

namespace td {

/// What happens to a request between its bytes and its answer's: no sockets here. One for the whole
/// server; any thread, each request on its connection's.
class dispatcher {
 public:
  /// `api` without the faults of `faults_of`.
  dispatcher(const http_options& options, http_api api, const http_parts& parts);

  /// Everything that can be decided before the body is there: target, host, route, who asks, how
  /// often, parameters. Absent: go on with the body. Never throws.
  asio::awaitable<std::optional<http_answer>> admit(request& r) const;

  /// Holds the body against the route, and calls its handler (not an `exchange_handler`). Never
  /// throws: what a handler throws is logged and answered with `internal`.
  asio::awaitable<http_answer> call(request& r) const;

  /// Gives the answer what each answer to this request has: the problem's body, request id, limits,
  /// origins.
  void dress(const request& r, http_answer& answer) const;

  /// Once per request.
  void count(const request& r, unsigned status) const;

  http_metrics& meters() const noexcept { return *meters_; }

 private:
  /// What the target says to its route.
  struct located {
    std::vector<std::string> in_path{};
    std::vector<std::pair<std::string, std::string>> in_query{};
  };

  std::optional<http_answer> locate(request& r, located& place) const;
  static std::optional<problem> read_parameters(request& r, const located& place);
  http_answer options_answer(const request& r, const std::vector<http_method>& methods) const;
  asio::awaitable<std::optional<http_answer>> admit_principal(request& r) const;
  std::optional<problem> limit(request& r, rate_class c, const std::string& who) const;
  std::optional<problem> check_body(request& r) const;

  std::unique_ptr<const http_api> api_;  ///< stays where it is: requests point into it
  router router_;
  component_schemas schemas_;
  host_rule hosts_;
  cors_rule cors_;
  http_rates rates_;
  std::shared_ptr<authenticator> who_;
  std::shared_ptr<http_metrics> meters_;
  std::vector<http_metrics::route*> route_meters_;  ///< by the route's place in the table
  mutable rate_limiter limiter_;
};

/// Logs what a handler threw, with the request's id.
void log_handler_failure(const request& r, std::exception_ptr failed);

}  // namespace td
