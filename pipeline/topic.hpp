#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// Which topics events may come from: `<prefix><family>/<verb>`, the family one of a list, the
/// verb one segment of `[a-z0-9_-]`. Never changes; any thread may check.
class topic_rules {
 public:
  /// `prefix` ends with a slash.
  topic_rules(std::string prefix, std::vector<std::string> families, std::size_t max_bytes);

  /// Absent when the topic may be stored; else topic_too_long or topic_not_allowed, no pointer.
  std::optional<failure> check(std::string_view topic) const;

 private:
  failure refusal(std::string_view topic, std::string_view why) const;

  std::string prefix_;
  std::vector<std::string> families_;
  std::size_t max_bytes_;
};

}  // namespace td
