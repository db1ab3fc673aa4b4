#include "http/component_schemas.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "pipeline/batch.hpp"
#include "pipeline/document.hpp"

namespace td {
namespace {

namespace json = boost::json;

constexpr std::size_t most_levels = 64;
constexpr std::size_t most_violations = 10;
constexpr std::string_view shared = "#/components/schemas/";
constexpr std::string_view own = "#/$defs/";

/// References between components, as they are within one schema that holds all of them.
void point_to_own(json::value& v) {
  if (auto* list = v.if_array()) {
    for (auto& item : *list)
      point_to_own(item);
  }
  auto* object = v.if_object();
  if (object == nullptr) return;
  for (auto& member : *object) {
    auto* text = member.value().if_string();
    if (member.key() == "$ref" && text != nullptr && text->starts_with(shared)) {
      *text = fmt::format("{}{}", own, std::string_view{*text}.substr(shared.size()));
    } else {
      point_to_own(member.value());
    }
  }
}

/// Only what is reached: a fault in one component must not be said of all.
void collect(const json::value& from, const json::object& all, json::object& reached) {
  if (const auto* list = from.if_array()) {
    for (const auto& item : *list)
      collect(item, all, reached);
  }
  const auto* object = from.if_object();
  if (object == nullptr) return;
  for (const auto& member : *object) {
    const auto* text = member.value().if_string();
    if (member.key() != "$ref" || text == nullptr || !text->starts_with(own)) {
      collect(member.value(), all, reached);
      continue;
    }
    const auto name = std::string_view{*text}.substr(own.size());
    const auto target = all.find(name);
    if (target == all.end() || reached.contains(name)) continue;
    reached[name] = target->value();
    collect(target->value(), all, reached);
  }
}

/// Calls `take(name, result)` for each component.
template <class Take>
void compile_all(const std::vector<schema_component>& components, Take take) {
  json::object all;
  for (const auto& c : components) {
    boost::system::error_code e;
    auto parsed = json::parse(c.text, e);
    if (e || !parsed.is_object()) {
      take(c.name, result<std::shared_ptr<const compiled_schema>>{
                       failure{errc::not_json, "it is no JSON object", {}}});
      continue;
    }
    point_to_own(parsed);
    all[c.name] = std::move(parsed);
  }
  for (const auto& member : all) {
    json::object reached;
    collect(member.value(), all, reached);
    auto whole = member.value().as_object();
    if (!reached.empty()) whole["$defs"] = std::move(reached);
    take(std::string{member.key()}, compiled_schema::compile(json::serialize(whole)));
  }
}

problem from_failure(const failure& f) {
  return {&problems::not_json, f.detail, f.pointer, {}, {}};
}

}  // namespace

std::vector<std::string> faults_of(const std::vector<schema_component>& components) {
  std::vector<std::string> faults;
  compile_all(components, [&](const std::string& name, const auto& compiled) {
    if (!compiled) {
      faults.push_back(fmt::format("component {}: {}", name, to_string(compiled.error())));
    }
  });
  return faults;
}

component_schemas::component_schemas(const std::vector<schema_component>& components) {
  compile_all(components, [&](const std::string& name, const auto& compiled) {
    if (compiled) compiled_[name] = *compiled;
  });
}

const compiled_schema* component_schemas::find(std::string_view name) const {
  const auto found = compiled_.find(name);
  return found == compiled_.end() ? nullptr : found->second.get();
}

http_result<json::value> read_json(std::string_view body, const compiled_schema* schema) {
  std::string padded;
  padded.reserve(body.size() + batch::arena_padding);
  padded = body;
  padded.append(batch::arena_padding, '\0');
  const std::string_view text{padded.data(), body.size()};
  document read{{.max_bytes = body.size() + 1,
                 .scan = {.max_depth = most_levels, .max_string_bytes = body.size() + 1}}};
  if (const auto fault = read.read(text)) return from_failure(*fault);
  if (schema != nullptr) {
    const auto found = schema->check_all(read.root(), most_violations);
    if (!found.empty()) {
      problem p{&problems::body_invalid, found.front().sentence, found.front().pointer, {}, {}};
      for (const auto& v : found)
        p.items.push_back({v.pointer, v.sentence});
      return p;
    }
  }
  boost::system::error_code e;
  json::parse_options options;
  options.max_depth = most_levels;
  auto value = json::parse(text, e, {}, options);
  if (e) return problem{&problems::not_json, "the body can't be read as JSON", {}, {}, {}};
  return value;
}

}  // namespace td
