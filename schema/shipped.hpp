#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace td {

/// A schema that comes with the product: config/schemas, embedded in the binary.
struct shipped_schema {
  std::string_view kind{};
  std::int32_t version{};
  std::string_view body{};
};

/// All of them. Static storage.
std::span<const shipped_schema> shipped_schemas() noexcept;

}  // namespace td
