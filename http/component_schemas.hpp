#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "http/route.hpp"
#include "schema/compiled_schema.hpp"

namespace td {

/// What is wrong with the components, one sentence each: text that is not JSON, references that
/// lead nowhere, schemas that can't be obeyed to the letter.
std::vector<std::string> faults_of(const std::vector<schema_component>& components);

/// The components, compiled. Immutable once made; any thread.
class component_schemas {
 public:
  /// Leaves out what `faults_of` names.
  explicit component_schemas(const std::vector<schema_component>& components);

  /// Null when there is none of this name.
  const compiled_schema* find(std::string_view name) const;

 private:
  std::map<std::string, std::shared_ptr<const compiled_schema>, std::less<>> compiled_;
};

/// A body read as one JSON object: UTF-8, at most 64 levels, no key twice, nothing that PostgreSQL
/// could not store, and as `schema` (may be null) wants it. Problems: not_json, body_invalid with
/// all that is wrong (up to ten). Any thread.
http_result<boost::json::value> read_json(std::string_view body, const compiled_schema* schema);

}  // namespace td
