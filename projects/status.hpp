#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"

namespace td {

enum class project_status : std::uint8_t { planned, active, paused, completed, cancelled };
enum class component_status : std::uint8_t { planned, in_progress, done, cancelled };
enum class task_status : std::uint8_t { todo, in_progress, blocked, done, cancelled };
enum class priority : std::uint8_t { none, low, medium, high, urgent };

/// As tables, requests and events have them: "in_progress".
std::string_view name_of(project_status s) noexcept;
std::string_view name_of(component_status s) noexcept;
std::string_view name_of(task_status s) noexcept;
std::string_view name_of(priority p) noexcept;

/// All names of an enumeration, in its order. Static storage.
template <class Enum>
std::span<const std::string_view> names_of() noexcept;
template <>
std::span<const std::string_view> names_of<project_status>() noexcept;
template <>
std::span<const std::string_view> names_of<component_status>() noexcept;
template <>
std::span<const std::string_view> names_of<task_status>() noexcept;
template <>
std::span<const std::string_view> names_of<priority>() noexcept;

/// The value of that name; absent when there is none.
template <class Enum>
std::optional<Enum> named(std::string_view name) noexcept {
  const auto names = names_of<Enum>();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

/// How far along something is, whatever its words for it.
enum class phase : std::uint8_t {
  waiting,    ///< nobody has begun
  working,    ///< begun and not ended: in progress, blocked, paused
  done,       ///< reached
  abandoned,  ///< cancelled: nothing waits for it any more
};
phase phase_of(project_status s) noexcept;
phase phase_of(component_status s) noexcept;
phase phase_of(task_status s) noexcept;

/// Done or abandoned: what waited for it need not wait any longer.
template <class Status>
bool is_finished(Status s) noexcept {
  return phase_of(s) >= phase::done;
}

/// Whether one status may follow the other; the same again always may. conflict, with what may
/// follow (pointer "/status").
result<void> check_step(project_status from, project_status to);
result<void> check_step(component_status from, component_status to);
result<void> check_step(task_status from, task_status to);

/// When something was begun and reached.
struct life {
  std::optional<timestamp> started_at{};
  std::optional<timestamp> completed_at{};

  bool operator==(const life&) const = default;
};

/// The life of what enters a phase at `at`: the first start stays while it is not put back to
/// waiting; only what is done is complete; what is done without ever having been begun was begun
/// then.
life after_step(const life& before, phase to, timestamp at) noexcept;

}  // namespace td
