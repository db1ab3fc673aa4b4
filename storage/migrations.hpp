#pragma once

#include <span>
#include <string_view>

namespace td {

/// One numbered file of storage/schema, embedded in the binary.
struct migration {
  int number{};
  std::string_view name{};  ///< "002_mirror"
  std::string_view text{};  ///< SQL, run in one transaction
};

/// All of them, numbers 1, 2, 3... without gaps. Static storage.
std::span<const migration> migrations() noexcept;

}  // namespace td
