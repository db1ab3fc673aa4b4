#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "storage/dead_letter_store.hpp"

namespace td {

/// Digits of an id that are shown, and enough to type.
inline constexpr std::size_t shown_id_digits = 12;

std::string short_id(std::string_view id);

/// "3m 5s ago".
std::string ago(timestamp t, timestamp now);

/// One row each, newest first as they come. Empty: one line that says so.
std::string render_letters(const terminal::output& to,
                           const std::vector<dead_letter_summary>& letters, timestamp now);

/// One row each, and under it what the newest one of the group says.
std::string render_groups(const terminal::output& to, const std::vector<dead_letter_group>& groups,
                          timestamp now);

/// All that is known of one, with its bytes around the place that is at fault. `edited_fault`: why
/// its correction would be refused, if it has one.
std::string render_letter(const terminal::output& to, const dead_letter& letter,
                          const std::optional<failure>& edited_fault, std::size_t columns,
                          timestamp now);

/// The failure that a dead letter was made for; its code is `internal` where this program does not
/// know it.
failure reason_of(const dead_letter_summary& letter);

}  // namespace td
