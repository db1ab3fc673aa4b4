#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "pipeline/result.hpp"

namespace td::pg {
class rows;
}

namespace td {

/// One numbered file of storage/schema, embedded in the binary.
struct migration {
  int number{};
  std::string_view name{};  ///< "002_mirror"
  std::string_view text{};  ///< SQL, run in one transaction
};

/// All of them, numbers 1, 2, 3... without gaps. Static storage.
std::span<const migration> migrations() noexcept;

/// What a database has: for `count_applied`.
inline constexpr const char* applied_migrations_sql =
    "SELECT number, name, checksum FROM schema_migrations ORDER BY number";

/// How many of our migrations are in these rows. schema_too_new: more than we know;
/// migration_changed: one is missing in between, or was applied with another text.
result<std::size_t> count_applied(const pg::rows& applied);

}  // namespace td
