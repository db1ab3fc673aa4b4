#include "http/api_documents.hpp"

#include <memory>

namespace td {
namespace {

constexpr std::string_view page_policy =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
    "'none'";

constexpr std::string_view problem_schema = R"({
  "description": "RFC 9457 problem details.",
  "type": "object",
  "properties": {
    "type": {"type": "string", "description": "Leads to the code's row on the API page."},
    "title": {"type": "string"},
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "code": {"type": "string", "description": "Stable; programs decide by it."},
    "detail": {"type": "string", "description": "What is wrong, where, and how to mend it."},
    "field": {"type": "string", "description": "The parameter, the header, or a JSON pointer."},
    "errors": {
      "type": "array",
      "items": {
        "type": "object",
        "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
        "required": ["field", "detail"]
      }
    },
    "request_id": {"type": "string"}
  },
  "required": ["type", "title", "status", "code", "detail"]
})";

route document(std::string path, std::string operation, std::string summary, std::string type) {
  route r;
  r.path = std::move(path);
  r.operation = std::move(operation);
  r.tag = "description";
  r.summary = std::move(summary);
  r.access = for_anyone();
  r.rate = rate_class::none;
  r.any_query = true;
  r.response_type = std::move(type);
  r.handler = plain_handler{[](const request&) { return http_answer{}; }};
  return r;
}

/// Written once, handed out as often as asked for.
void serve(route& r, std::string text, http_headers headers) {
  headers.emplace_back("Cache-Control", "no-cache");
  r.handler =
      plain_handler{[answer = http_answer{200, r.response_type, std::move(text), std::move(headers),
                                          nullptr}](const request&) { return answer; }};
}

}  // namespace

http_api api_documents(const http_api& api) {
  http_api own;
  own.components.push_back({"problem", std::string{problem_schema}});
  own.routes = {
      document("/openapi.json", "read_openapi", "This API as an OpenAPI 3.1 document.",
               "application/json"),
      document("/docs", "read_docs", "This API as a page for people.", "text/html; charset=utf-8"),
      document("/docs/style.css", "read_docs_style", "How that page looks.",
               "text/css; charset=utf-8")};
  http_api whole = api;
  whole += own;
  serve(own.routes[0], openapi_json(whole), {});
  serve(own.routes[1], docs_page(whole), {{"Content-Security-Policy", std::string{page_policy}}});
  serve(own.routes[2], std::string{docs_style()}, {});
  return own;
}

}  // namespace td
