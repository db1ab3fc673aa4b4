#pragma once

#include "doctor/doctor.hpp"

#include <optional>
#include <string>

#include "cli/terminal.hpp"

namespace td {

/// Where the doctor has looked, for people.
struct doctor_places {
  std::string broker{};
  std::string database{};
  std::string service{};
};

/// What `taylordash doctor` prints: a summary, then area by area, the worst first; each finding
/// with the line to change and where. Findings that are ok are counted, and listed where `verbose`.
/// Lines are broken at `columns`.
std::string render_doctor(const terminal::output& to, const examination& seen,
                          const doctor_places& places, bool verbose, std::size_t columns);

/// The same as one JSON object.
std::string doctor_json(const examination& seen);

}  // namespace td
