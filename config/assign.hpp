#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"

namespace td::config {

/// A value read from what somebody wrote, or what is wrong with it and what is allowed.
template <class T>
struct reading {
  std::optional<T> value;
  std::string problem;
};

struct text_rules {
  std::string_view allowed;
  bool (*fits)(std::string_view);  ///< null: everything
  bool secret;                     ///< problems do not show the value
};

// One reader per kind of key. `allowed` is the end of each problem's sentence.
reading<std::string> read_text(const raw_value& raw, const text_rules& rules);
reading<bool> read_flag(const raw_value& raw);
reading<std::string> read_choice(const raw_value& raw, const std::array<std::string_view, 4>& words,
                                 std::string_view allowed);
reading<std::int64_t> read_integer(const raw_value& raw, const key_range& range,
                                   std::string_view allowed);
reading<std::int64_t> read_size(const raw_value& raw, const key_range& range,
                                std::string_view allowed);
reading<std::int64_t> read_duration(const raw_value& raw, const key_range& range,
                                    std::string_view allowed);
reading<std::vector<std::string>> read_names(const raw_value& raw, std::string_view allowed,
                                             bool (*fits)(std::string_view), bool may_be_empty);

}  // namespace td::config
