#include "projects/status.hpp"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace td {

namespace {

using names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 5> project_names{"planned", "active", "paused", "completed",
                                                        "cancelled"};
constexpr std::array<std::string_view, 4> component_names{"planned", "in_progress", "done",
                                                          "cancelled"};
constexpr std::array<std::string_view, 5> task_names{"todo", "in_progress", "blocked", "done",
                                                     "cancelled"};
constexpr std::array<std::string_view, 5> priority_names{"none", "low", "medium", "high", "urgent"};

template <class Enum>
std::size_t number_of(Enum e) noexcept {
  return static_cast<std::size_t>(e);
}

/// Which may follow which, by row.
template <std::size_t N>
using steps = std::array<std::array<bool, N>, N>;

constexpr bool o = false;
constexpr bool x = true;

constexpr steps<5> project_steps{{
    // planned active paused completed cancelled
    {x, x, o, o, x},  // planned
    {o, x, x, x, x},  // active
    {o, x, x, o, x},  // paused
    {o, x, o, x, o},  // completed: opened again
    {x, o, o, o, x},  // cancelled: taken up again
}};
constexpr steps<4> component_steps{{
    // planned in_progress done cancelled
    {x, x, x, x},  // planned
    {x, x, x, x},  // in_progress
    {o, x, x, o},  // done: opened again
    {x, o, o, x},  // cancelled: taken up again
}};
constexpr steps<5> task_steps{{
    // todo in_progress blocked done cancelled
    {x, x, x, x, x},  // todo
    {x, x, x, x, x},  // in_progress
    {x, x, x, o, x},  // blocked: what blocks it ends first
    {x, x, o, x, o},  // done: opened again
    {x, o, o, o, x},  // cancelled: taken up again
}};

template <class Status, std::size_t N>
result<void> check(const steps<N>& table, Status from, Status to) {
  const auto& row = table[number_of(from)];
  if (row[number_of(to)]) return ok();
  std::string allowed;
  for (std::size_t i = 0; i < N; ++i) {
    if (!row[i] || i == number_of(from)) continue;
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", names_of<Status>()[i]);
  }
  return failure{
      errc::conflict,
      fmt::format("status {} can't follow {}; allowed: {}", name_of(to), name_of(from), allowed),
      "/status"};
}

}  // namespace

std::string_view name_of(project_status s) noexcept {
  return project_names[number_of(s)];
}
std::string_view name_of(component_status s) noexcept {
  return component_names[number_of(s)];
}
std::string_view name_of(task_status s) noexcept {
  return task_names[number_of(s)];
}
std::string_view name_of(priority p) noexcept {
  return priority_names[number_of(p)];
}

template <>
names names_of<project_status>() noexcept {
  return project_names;
}
template <>
names names_of<component_status>() noexcept {
  return component_names;
}
template <>
names names_of<task_status>() noexcept {
  return task_names;
}
template <>
names names_of<priority>() noexcept {
  return priority_names;
}

phase phase_of(project_status s) noexcept {
  constexpr std::array table{phase::waiting, phase::working, phase::working, phase::done,
                             phase::abandoned};
  return table[number_of(s)];
}
phase phase_of(component_status s) noexcept {
  constexpr std::array table{phase::waiting, phase::working, phase::done, phase::abandoned};
  return table[number_of(s)];
}
phase phase_of(task_status s) noexcept {
  constexpr std::array table{phase::waiting, phase::working, phase::working, phase::done,
                             phase::abandoned};
  return table[number_of(s)];
}

result<void> check_step(project_status from, project_status to) {
  return check(project_steps, from, to);
}
result<void> check_step(component_status from, component_status to) {
  return check(component_steps, from, to);
}
result<void> check_step(task_status from, task_status to) {
  return check(task_steps, from, to);
}

life after_step(const life& before, phase to, timestamp at) noexcept {
  switch (to) {
    case phase::waiting:
      return {};
    case phase::working:
      return {.started_at = before.started_at.value_or(at)};
    case phase::done:
      return {.started_at = before.started_at.value_or(at),
              .completed_at = before.completed_at.value_or(at)};
    case phase::abandoned:
      return {.started_at = before.started_at};
  }
  return before;
}

}  // namespace td
