#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "pipeline/result.hpp"

namespace td {

/// One thing that a document has against its schema.
struct violation {
  std::string pointer{};         ///< RFC 6901, of the value at fault; empty for the whole document
  std::string_view keyword{};    ///< "required", "type", ...; static storage
  std::string schema_pointer{};  ///< of that keyword in the schema
  std::string sentence{};        ///< for a person: what is there and what is allowed

  bool operator==(const violation&) const = default;
};

/// A JSON Schema (draft 2020-12, or 7) as a flat program over simdjson's DOM. Immutable once
/// compiled; any thread may check.
class compiled_schema {
 public:
  static constexpr std::size_t max_text_bytes = 1u << 20;

  /// configuration_invalid: not a schema that can be obeyed to the letter. The pointer names the
  /// place in the schema, the detail what is wrong there and what is allowed.
  static result<std::shared_ptr<const compiled_schema>> compile(std::string_view text);

  ~compiled_schema();
  compiled_schema(const compiled_schema&) = delete;
  compiled_schema& operator=(const compiled_schema&) = delete;

  /// The first violation; absent when there is none. Does not allocate when there is none (but for
  /// `uniqueItems` over more than 64 items, and for constants of more than 32 members in another
  /// order). A document whose check takes more than a bounded number of steps is a violation of
  /// keyword "$ref" whose sentence says so. No object of the document may have a key twice, as
  /// `document` makes sure.
  std::optional<violation> check(simdjson::dom::element document) const;
  std::optional<violation> check(simdjson::dom::object document) const;

  /// All violations, at most `limit`, in the order of the program.
  std::vector<violation> check_all(simdjson::dom::element document, std::size_t limit) const;
  std::vector<violation> check_all(simdjson::dom::object document, std::size_t limit) const;

 private:
  struct program;
  explicit compiled_schema(std::unique_ptr<program> p);
  std::unique_ptr<program> program_;
};

}  // namespace td
