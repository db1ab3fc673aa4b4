#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"

namespace td {

enum class dead_letter_status : std::uint8_t {
  open,       ///< waits for a person
  replayed,   ///< sent once more, with success
  discarded,  ///< a person has decided that it is of no use
};

/// "open", "replayed", "discarded": as the table has it.
std::string_view name_of(dead_letter_status status) noexcept;
std::optional<dead_letter_status> dead_letter_status_named(std::string_view name) noexcept;

/// Fewest hex digits that may stand for a dead letter's id.
inline constexpr std::size_t min_id_digits = 6;
/// All of them: of a SHA-256.
inline constexpr std::size_t id_digits = 64;

/// Whether a text may stand for an id: 6 to 64 lower-case hex digits.
bool is_dead_letter_id(std::string_view text) noexcept;

/// Which dead letters. What is empty or absent matches all; what is given must hold together.
struct dead_letter_filter {
  std::optional<timestamp> since{};   ///< of the last failure, included
  std::optional<timestamp> before{};  ///< of the last failure, excluded
  std::string topic_prefix{};
  std::string kind{};
  std::string stage{};
  std::string code{};         ///< an errc's name
  std::string fingerprint{};  ///< the first digits will do
  std::optional<dead_letter_status> status{};
  std::optional<std::string> consumer{};  ///< whose delivery failed; empty: the pipeline refused it
  std::vector<std::string> ids{};         ///< any of these; the first digits (6 or more) will do

  bool operator==(const dead_letter_filter&) const = default;
};

/// One JSON object, members that are not given left out: `{"code":"not_json","status":"open"}`.
/// Times as `to_rfc3339` writes them.
std::string to_json(const dead_letter_filter& filter);

/// Reads it back. configuration_invalid: no such object; a member that is not known or has no
/// usable value (its pointer).
result<dead_letter_filter> dead_letter_filter_from_json(std::string_view text);

}  // namespace td
