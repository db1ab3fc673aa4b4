#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/answer.hpp"
#include "http/async.hpp"
#include "http/principal.hpp"
#include "http/problem.hpp"

namespace td {

class exchange;
struct request;

enum class http_method : std::uint8_t { get, post, put, patch, erase, options, other };

/// "GET", ..., "DELETE", "OPTIONS"; "other" for what no route can have.
std::string_view name_of(http_method m) noexcept;

/// What a value in the path or in the query must be. The server has checked it before a handler
/// is called.
struct parameter {
  enum class type : std::uint8_t { text, integer, flag, time, uuid, choice };

  std::string name{};
  type what{type::text};
  std::string meaning{};
  bool required{};
  std::string fallback{};  ///< what its absence means, as one would write it; empty: nothing
  std::int64_t least{};    ///< of an integer its value, of a text its bytes
  std::int64_t most{std::numeric_limits<std::int32_t>::max()};
  std::vector<std::string> choices{};
};

/// Who may use a route.
struct route_access {
  bool anyone{};                     ///< signed in or not
  td::role role{td::role::viewer};   ///< the least that a user needs
  std::optional<td::scope> scope{};  ///< that admits an API key; absent: none does
};
inline route_access for_anyone() {
  return {true, role::viewer, {}};
}
inline route_access for_role(role least, std::optional<scope> of_key = {}) {
  return {false, least, of_key};
}

/// What may be done how often: http/rate_limit.hpp has the numbers.
enum class rate_class : std::uint8_t { none, read, write, login, stream };
std::string_view name_of(rate_class c) noexcept;

/// Answers at once; must not block.
using plain_handler = std::function<http_answer(const request&)>;
/// May wait: for the database, say. On the request's io thread; must not block.
using awaiting_handler = std::function<asio::awaitable<http_answer>(const request&)>;
/// Reads the body, or writes the answer, piece by piece.
using exchange_handler = std::function<asio::awaitable<void>(exchange&)>;
using http_handler = std::variant<plain_handler, awaiting_handler, exchange_handler>;

/// One row of the table from which dispatch, authorization, metrics, the OpenAPI document and the
/// API page are made.
struct route {
  http_method method{http_method::get};
  std::string path{};       ///< template: "/api/v1/projects/{id}"
  std::string operation{};  ///< unique, in snake_case: "read_project"
  std::string tag{};        ///< groups routes on the API page
  std::string summary{};    ///< one sentence
  route_access access{};
  rate_class rate{rate_class::read};
  std::vector<parameter> in_path{};   ///< one for each {name} of the template
  std::vector<parameter> in_query{};  ///< others are refused, unless `any_query`
  bool any_query{};                   ///< for probes and scrapers, which append what they like
  std::string request_schema{};       ///< component that a JSON body must match; empty: none
  std::string request_type{};         ///< of a body without schema; empty: none is documented
  std::size_t body_bytes{};           ///< at most; 0: `http_limits::body_bytes`
  unsigned status{200};               ///< of success
  std::vector<unsigned> also{};       ///< other statuses with such a body
  std::string response_schema{};      ///< component; empty: none
  std::string response_type{"application/json"};  ///< empty: no body
  std::vector<const problem_kind*> problems{};    ///< beside those that any such route may answer
  http_handler handler{};
};

/// A JSON Schema (draft 2020-12) by name; refers to others as "#/components/schemas/NAME".
struct schema_component {
  std::string name{};
  std::string text{};
};

/// A part of the API: each resource makes its own, `+=` joins them.
struct http_api {
  std::vector<route> routes{};
  std::vector<schema_component> components{};

  http_api& operator+=(http_api other);
};

/// The names of a template's parameters, in order; absent when the template is malformed: no
/// leading slash, empty segments, braces that are not a whole segment, a name twice.
std::optional<std::vector<std::string>> template_parameters(std::string_view path);

/// What is wrong with the table, one sentence each; empty when nothing is: templates, operations
/// and pairs of method and path that are not unique, parameters without a row, schemas that are
/// missing or can't be obeyed, routes without handler, tag or summary.
std::vector<std::string> faults_of(const http_api& api);

/// Every kind of problem that a route may answer, those listed and those that follow from what it
/// takes, in the order of the table of problems.
std::vector<const problem_kind*> problems_of(const route& r);

}  // namespace td
