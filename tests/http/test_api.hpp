#pragma once

#include <algorithm>
#include <cctype>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "http/exchange.hpp"
#include "http/server.hpp"

namespace td::testing {

/// A user; all those of a role are the same one.
inline principal user_of(role r) {
  uuid id{};
  id.bytes[0] = static_cast<std::uint8_t>(r);
  return {.what = principal::kind::user,
          .user = id,
          .id = id,
          .name = std::string{name_of(r)},
          .role = r,
          .scopes = scopes_of(r),
          .expires_at = timestamp::max()};
}

/// An admin's API key.
inline principal key_of(scope_set scopes) {
  auto key = user_of(role::admin);
  key.what = principal::kind::api_key;
  key.name = "3xK9sT0a";
  key.scopes = scopes;
  return key;
}

/// A row with everything that the table wants of it, open to anyone, without limits.
inline route test_route(http_method method, std::string path, http_handler handler) {
  route r;
  r.method = method;
  r.operation = std::string{name_of(method)} + path;
  std::transform(r.operation.begin(), r.operation.end(), r.operation.begin(), [](unsigned char c) {
    return std::isalnum(c) != 0 ? static_cast<char>(std::tolower(c)) : '_';
  });
  r.path = std::move(path);
  r.tag = "test";
  r.summary = "For a test.";
  r.access = for_anyone();
  r.rate = rate_class::none;
  r.any_query = true;
  r.handler = std::move(handler);
  return r;
}

using path_and_answer = std::pair<std::string, std::function<http_answer()>>;

/// GET routes that answer at once.
inline http_api test_api(const std::vector<path_and_answer>& routes) {
  http_api api;
  for (const auto& [path, answer] : routes) {
    api.routes.push_back(test_route(http_method::get, path,
                                    plain_handler{[a = answer](const request&) { return a(); }}));
  }
  return api;
}

inline http_api test_api(std::vector<route> routes, std::vector<schema_component> components = {}) {
  return {std::move(routes), std::move(components)};
}

/// A server on a free loopback port that the raw client's "Host: h" may talk to.
inline std::unique_ptr<http_server> serve_api(http_api api, http_options options = {},
                                              http_parts parts = {}) {
  options.port = 0;
  options.hosts.emplace_back("h");
  auto server = start_http(std::move(options), std::move(api), std::move(parts));
  BOOST_REQUIRE_MESSAGE(server, (server ? "" : to_string(server.error())));
  return *std::move(server);
}

}  // namespace td::testing
