#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <simdjson.h>

#include "pipeline/result.hpp"

namespace td {

/// The seam for schemas per kind and version. A set never changes once it is shared; a new one
/// takes its place. Any thread may read it.
class schema_set {
 public:
  virtual ~schema_set() = default;

  /// Checks a payload against the schema of `kind`, `version` (0: the active one).
  /// Absent when it passes; else a failure with errc unknown_kind or schema_violation, the pointer
  /// relative to the payload.
  virtual std::optional<failure> check(std::string_view kind, std::int32_t version,
                                       simdjson::dom::object payload) const = 0;
};

/// Accepts every kind and payload: the set in force until schemas are registered.
class open_schema_set final : public schema_set {
 public:
  std::optional<failure> check(std::string_view, std::int32_t,
                               simdjson::dom::object) const override {
    return std::nullopt;
  }
};

}  // namespace td
