#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "http/header_fields.hpp"
#include "http/parameters.hpp"
#include "http/principal.hpp"
#include "http/route.hpp"

namespace td {

/// What a handler sees: a request whose route, principal, parameters and body have been checked.
/// Lives until its answer has been sent. One thread: the connection's.
struct request {
  http_method method{http_method::other};
  bool head{};           ///< HEAD: as GET, and the server leaves the body out
  std::string target{};  ///< as it came
  const route* to{};     ///< null while no route is found
  parameter_values path{};
  parameter_values query{};
  header_fields headers{};
  std::string body{};              ///< whole; empty where the route reads it piece by piece
  boost::json::value json{};       ///< of a route with `request_schema`; else null
  std::string address{};           ///< of the client, without port
  bool secure{};                   ///< came over TLS
  std::string id{};                ///< 32 hex digits: the trace id of `traceparent`, or made here
  std::optional<principal> who{};  ///< absent: nobody has signed in
  std::chrono::steady_clock::time_point began{};

  http_headers answer_headers{};  ///< what every answer to it carries
  std::string host{};             ///< of the absolute form, else the header's

  /// The value of this cookie; absent when there is none.
  std::optional<std::string_view> cookie(std::string_view name) const;

  /// The token of "Authorization: Bearer TOKEN"; absent when there is none.
  std::optional<std::string_view> bearer() const;
};

/// The trace id of a W3C `traceparent` (level 1: "00-<32 hex>-<16 hex>-<2 hex>", later versions by
/// their first four fields), in lower case; absent when it is not valid.
std::optional<std::string> trace_id_of(std::string_view traceparent);

/// 32 random hex digits.
std::string random_trace_id();

}  // namespace td
