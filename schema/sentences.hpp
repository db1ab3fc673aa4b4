#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "schema/program.hpp"

namespace td {

/// Where a value stands in a document: a step from its parent. On the stack of who walks.
struct place {
  const place* parent{};  ///< absent for the document itself
  std::string_view name{};
  std::uint32_t index{};
  bool by_index{};
  bool is_name{};  ///< not the member, but its name

  place member(std::string_view n) const noexcept { return {this, n, 0, false, false}; }
  place item(std::uint32_t i) const noexcept { return {this, {}, i, true, false}; }
  place name_of_member(std::string_view n) const noexcept { return {this, n, 0, false, true}; }
};

/// RFC 6901.
std::string pointer_to(const place& p);

/// What a sentence calls it: `"progress"`, `"tags"[3]`, `the name "x"`, `the document`.
std::string subject(const place& p);

/// Any value in words, as `describe` of the pipeline has it.
std::string describe_value(const value& v);

/// `an integer or null`, from the bits of a `type`.
std::string types_in_words(std::uint8_t types);

/// `1 item`, `3 items`.
std::string counted(std::uint64_t count, std::string_view noun);

/// What an instruction about one value asks for, and what is there instead. `v` does not obey it.
std::string sentence_of(const schema_program& program, const instruction& in, const value& v,
                        const place& p);

}  // namespace td
