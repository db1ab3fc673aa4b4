#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>
#include <simdjson.h>

#include "schema/compiled_schema.hpp"
#include "tests/pipeline/bodies.hpp"

namespace td::test {

/// A JSON value of any type, in memory of its own.
class json {
 public:
  explicit json(std::string_view text) {
    padded_body const body{text};
    auto const error = parser_->parse(body.view().data(), body.view().size(), false).get(element_);
    BOOST_REQUIRE_MESSAGE(error == simdjson::SUCCESS, "not JSON: " << text);
  }

  simdjson::dom::element operator*() const { return element_; }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_ = std::make_unique<simdjson::dom::parser>();
  simdjson::dom::element element_{};
};

using schema_ptr = std::shared_ptr<const compiled_schema>;

/// A schema that must be one.
inline schema_ptr schema_of(std::string_view text) {
  auto schema = compiled_schema::compile(text);
  BOOST_REQUIRE_MESSAGE(schema.has_value(), (schema ? "" : to_string(schema.error())));
  return *schema;
}

inline bool accepts(const compiled_schema& schema, std::string_view text) {
  json const document{text};
  auto const first = schema.check(*document);
  // The two ways to ask must agree.
  auto const all = schema.check_all(*document, 100);
  BOOST_TEST(first.has_value() == !all.empty());
  if (first && !all.empty()) BOOST_TEST((*first == all.front()));
  // And so must a payload, which comes as an object.
  if (simdjson::dom::object object; (*document).get(object) == simdjson::SUCCESS) {
    BOOST_TEST((schema.check(object) == first));
    BOOST_TEST((schema.check_all(object, 100) == all));
  }
  return !first;
}

inline bool accepts(std::string_view schema, std::string_view text) {
  return accepts(*schema_of(schema), text);
}

/// The first violation; there must be one.
inline violation first_violation(std::string_view schema, std::string_view text) {
  auto found = schema_of(schema)->check(*json{text});
  BOOST_REQUIRE(found);
  return *found;
}

}  // namespace td::test
