#include <map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "config/version.hpp"
#include "http/api_documents.hpp"
#include "http/parameters.hpp"

namespace td {
namespace {

namespace json = boost::json;
using type = parameter::type;

json::object reference(std::string_view component) {
  return {{"$ref", fmt::format("#/components/schemas/{}", component)}};
}

json::value fallback_value(const parameter& p) {
  const auto read = read_parameter(p, p.fallback);
  if (!read) return nullptr;
  if (const auto* n = std::get_if<std::int64_t>(&*read)) return *n;
  if (const auto* b = std::get_if<bool>(&*read)) return *b;
  return json::value(p.fallback);
}

json::object schema_of(const parameter& p) {
  json::object s;
  switch (p.what) {
    case type::text:
      s = {{"type", "string"}, {"minLength", p.least}, {"maxLength", p.most}};
      break;
    case type::integer:
      s = {{"type", "integer"}, {"format", "int64"}, {"minimum", p.least}, {"maximum", p.most}};
      break;
    case type::flag:
      s = {{"type", "boolean"}};
      break;
    case type::time:
      s = {{"type", "string"}, {"format", "date-time"}};
      break;
    case type::uuid:
      s = {{"type", "string"}, {"format", "uuid"}};
      break;
    case type::choice:
      s = {{"type", "string"}, {"enum", json::array(p.choices.begin(), p.choices.end())}};
      break;
  }
  if (!p.fallback.empty()) s["default"] = fallback_value(p);
  return s;
}

json::array parameters_of(const route& r) {
  json::array all;
  const auto add = [&all](const parameter& p, std::string_view in) {
    json::object o{{"name", p.name}, {"in", in}, {"description", p.meaning}};
    if (in == "path" || p.required) o["required"] = true;
    o["schema"] = schema_of(p);
    all.push_back(std::move(o));
  };
  for (const auto& p : r.in_path)
    add(p, "path");
  for (const auto& p : r.in_query)
    add(p, "query");
  return all;
}

json::object content(std::string_view media, std::string_view component) {
  json::object about;
  if (!component.empty()) about["schema"] = reference(component);
  return {{media, std::move(about)}};
}

/// One response per status; several codes may share one.
json::object responses_of(const route& r) {
  json::object success{{"description", "Success."}};
  if (!r.response_type.empty()) success["content"] = content(r.response_type, r.response_schema);
  json::object all;
  for (const auto status : r.also)
    all[std::to_string(status)] = success;
  all[std::to_string(r.status)] = std::move(success);
  std::map<unsigned, std::string> codes;
  for (const auto* kind : problems_of(r)) {
    auto& text = codes[kind->status];
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", kind->code);
  }
  for (const auto& [status, text] : codes) {
    if (all.contains(std::to_string(status))) continue;
    all[std::to_string(status)] = {{"description", fmt::format("Problem: {}.", text)},
                                   {"content", content("application/problem+json", "problem")}};
  }
  return all;
}

json::object operation_of(const route& r) {
  json::object o{
      {"operationId", r.operation}, {"tags", json::array{r.tag}}, {"summary", r.summary}};
  if (auto parameters = parameters_of(r); !parameters.empty())
    o["parameters"] = std::move(parameters);
  if (!r.request_schema.empty()) {
    o["requestBody"] = {{"required", true},
                        {"content", content("application/json", r.request_schema)}};
  } else if (!r.request_type.empty()) {
    o["requestBody"] = {{"required", true}, {"content", content(r.request_type, "")}};
  }
  o["responses"] = responses_of(r);
  if (r.access.anyone) {
    o["security"] = json::array{};
  } else {
    o["x-required-role"] = name_of(r.access.role);
    if (r.access.scope) o["x-required-scope"] = name_of(*r.access.scope);
  }
  if (r.rate != rate_class::none) o["x-rate-class"] = name_of(r.rate);
  return o;
}

std::string method_key(http_method m) {
  std::string key{name_of(m)};
  for (auto& c : key)
    c = static_cast<char>(c - 'A' + 'a');
  return key;
}

json::object paths_of(const http_api& api) {
  json::object paths;
  for (const auto& r : api.routes) {
    auto& path = paths[r.path];
    if (!path.is_object()) path = json::object{};
    path.as_object()[method_key(r.method)] = operation_of(r);
  }
  return paths;
}

json::object components_of(const http_api& api) {
  json::object schemas;
  for (const auto& c : api.components) {
    boost::system::error_code e;
    schemas[c.name] = json::parse(c.text, e);
  }
  json::object bearer{
      {"type", "http"}, {"scheme", "bearer"}, {"description", "An access token, or an API key."}};
  return {{"schemas", std::move(schemas)}, {"securitySchemes", {{"bearer", std::move(bearer)}}}};
}

json::array tags_of(const http_api& api) {
  json::array tags;
  std::map<std::string, bool> seen;
  for (const auto& r : api.routes) {
    if (std::exchange(seen[r.tag], true)) continue;
    tags.emplace_back(json::object{{"name", r.tag}});
  }
  return tags;
}

}  // namespace

std::string openapi_json(const http_api& api) {
  return json::serialize(json::object{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "TaylorDash"},
        {"version", version()},
        {"description", "Events from MQTT, stored once in PostgreSQL: what a client may ask."},
        {"license", {{"name", "See the source"}, {"identifier", "LicenseRef-TaylorDash"}}}}},
      {"servers", json::array{{{"url", "/"}}}},
      {"security", json::array{{{"bearer", json::array{}}}}},
      {"tags", tags_of(api)},
      {"paths", paths_of(api)},
      {"components", components_of(api)}});
}

}  // namespace td
