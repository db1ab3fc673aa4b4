#pragma once

#include <span>
#include <string_view>

namespace td {

/// The places where the process can be made to end as by kill -9, for tests that prove that nothing
/// is lost or doubled there. Each is passed by `fault_point` in the code.
std::span<const std::string_view> fault_points() noexcept;

/// Ends the process (SIGKILL) when the environment's TAYLORDASH_FAULT_POINT is `name`, or `name:N`
/// and this is the N-th time. Else nothing. The environment is read once. Any thread.
void fault_point(std::string_view name) noexcept;

}  // namespace td
