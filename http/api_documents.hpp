#pragma once

#include <string>

#include "http/route.hpp"

namespace td {

/// The routes that describe an API, themselves included: /openapi.json, /docs, /docs/style.css.
/// All of it is written once, from the table; nothing of it is fetched from elsewhere.
http_api api_documents(const http_api& api);

/// OpenAPI 3.1 as JSON. References are to "#/components/schemas/NAME".
std::string openapi_json(const http_api& api);

/// The API page: HTML without scripts, for people and for print.
std::string docs_page(const http_api& api);
std::string_view docs_style();

}  // namespace td
