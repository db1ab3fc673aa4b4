#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace td {

/// How many single-letter insertions, deletions, replacements and swaps of neighbours turn one
/// into the other ("optimal string alignment", Boytsov 2011, section 2.2); case is ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// What somebody who wrote `word` may have meant, best first, at most three: candidates within a
/// third of its length (at least one edit), or, where none is and `word` has a dot, candidates
/// with the same last part ("http.lanes" -> "ingest.lanes"). Empty when nothing is close.
std::vector<std::string> suggestions(std::string_view word,
                                     const std::vector<std::string_view>& candidates);

/// "did you mean a?", "did you mean a or b?"; empty for none.
std::string did_you_mean(const std::vector<std::string>& suggested);

}  // namespace td
