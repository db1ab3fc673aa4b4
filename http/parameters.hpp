#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/problem.hpp"
#include "http/route.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

using parameter_value = std::variant<std::string, std::int64_t, bool, timestamp, uuid>;

/// A value as somebody wrote it, held against its row. parameter_invalid names it and what is
/// allowed.
http_result<parameter_value> read_parameter(const parameter& p, std::string_view written);

/// What is allowed, for people: "an integer from 1 to 100", "one of open, done".
std::string allowed_by(const parameter& p);

/// The values of a path or of a query, checked against the route's rows: a getter can't fail.
/// Absent means neither given nor with a fallback. Asking for a name that has no row, or for
/// another type than its row says, is a bug of ours: std::logic_error.
class parameter_values {
 public:
  std::optional<std::string_view> text(std::string_view name) const;  ///< also of a choice
  std::optional<std::int64_t> integer(std::string_view name) const;
  bool flag(std::string_view name) const;  ///< absent is false
  std::optional<timestamp> time(std::string_view name) const;
  std::optional<uuid> id(std::string_view name) const;

  /// Whether the client has named it.
  bool given(std::string_view name) const;

  using pairs = std::span<const std::pair<std::string, std::string>>;

  /// parameter_invalid: one that is unknown (unless `any`), there twice, missing, or not as its
  /// row wants it.
  static http_result<parameter_values> from_query(std::span<const parameter> rows, pairs given,
                                                  bool any);
  /// `values` in the rows' order.
  static http_result<parameter_values> from_path(std::span<const parameter> rows,
                                                 std::span<const std::string> values);

 private:
  struct entry {
    const parameter* row{};
    std::optional<parameter_value> value{};
    bool given{};
  };

  template <class T>
  const T* find(std::string_view name) const;
  const entry& entry_of(std::string_view name) const;

  std::vector<entry> entries_{};
};

}  // namespace td
