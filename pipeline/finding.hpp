#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace td {

/// How bad a finding is. danger: events can be lost, or the promise does not hold. warning: it
/// works now and will not for long, or not under load. note: worth knowing, also what could not be
/// looked at. ok: looked at, as it should be.
enum class severity : std::uint8_t { ok, note, warning, danger };

inline constexpr std::array<severity, 4> severities{severity::ok, severity::note, severity::warning,
                                                    severity::danger};

/// "ok", "note", "warning", "danger".
std::string_view name_of(severity s) noexcept;
std::optional<severity> severity_named(std::string_view name) noexcept;

/// What the doctor found about one thing. Plain data.
struct finding {
  std::string area{};  ///< "broker", "database", "machine", "service"
  std::string code{};  ///< "database_fsync": one of doctor/codes.cpp
  severity level{severity::ok};
  std::string what{};   ///< a sentence with the measured value
  std::string mend{};   ///< the exact line or lines; empty when there is nothing to change
  std::string where{};  ///< where `mend` goes: a file, or how to run it; empty as above

  bool operator==(const finding&) const = default;
};

/// ok when there is none.
severity worst_of(std::span<const finding> findings) noexcept;

std::size_t count_of(std::span<const finding> findings, severity level) noexcept;

/// The worst first; within a level as they came.
void sort_by_severity(std::vector<finding>& findings);

/// What of `now` is not in `before`: by area, code and level, because sentences hold measured
/// values.
std::vector<finding> new_findings(std::span<const finding> now, std::span<const finding> before);

}  // namespace td
