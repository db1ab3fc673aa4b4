#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace td {

/// The header of a request: names and values one behind the other in one piece of memory, which is
/// reused. Names are compared without case.
class header_fields {
 public:
  void add(std::string_view name, std::string_view value);
  void clear() noexcept;

  /// The first value of this name; absent when there is none. Lives until the next change.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// The first value, or "".
  std::string_view operator[](std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
  std::size_t size() const noexcept { return places_.size(); }

 private:
  struct place {
    std::uint32_t at;
    std::uint32_t name;
    std::uint32_t value;
  };
  std::string_view name_at(const place& p) const noexcept;
  std::string_view value_at(const place& p) const noexcept;

  std::string text_{};
  std::vector<place> places_{};
};

/// ASCII only, as header names and host names are.
bool equal_without_case(std::string_view a, std::string_view b) noexcept;

/// Whether a list such as "keep-alive, Upgrade" has this word, in any case.
bool has_token(std::string_view list, std::string_view word) noexcept;

}  // namespace td
