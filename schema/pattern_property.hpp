#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace td {

/// A set of characters that `\p{...}` names, as RE2 writes it between the brackets of a class. One
/// of the two may be empty: then RE2 can only be told the other one.
struct pattern_property {
  std::string members{};  ///< the characters of the set
  std::string others{};   ///< all other characters

  bool operator==(const pattern_property&) const = default;
};

/// What stands between the braces of an ECMAScript `\p{...}`: a general category ("Lu",
/// "Uppercase_Letter", "gc=Lu", "General_Category=Lu"), a script ("Script=Greek", "sc=Grek"), "Any"
/// or "ASCII". Absent for everything else, known to ECMAScript or not. Any thread.
std::optional<pattern_property> find_pattern_property(std::string_view expression);

}  // namespace td
