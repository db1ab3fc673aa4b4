#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pipeline/finding.hpp"

namespace td {

/// One thing that the doctor looks at. docs/doctor.md has a row for each.
struct finding_code {
  std::string_view area{};   ///< "broker", "database", "machine", "service"
  std::string_view name{};   ///< "database_fsync"
  std::string_view about{};  ///< what is looked at, a few words
};

/// All of them, in the order in which they are reported.
std::span<const finding_code> finding_codes() noexcept;

/// A finding of this code. Throws std::logic_error when there is no such code: a bug of ours.
finding make_finding(std::string_view code, severity level, std::string what, std::string mend = {},
                     std::string where = {});

}  // namespace td
