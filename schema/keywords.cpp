#include "schema/keywords.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "config/suggest.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

struct row {
  std::string_view name;
  bool in_7{true};
  bool in_2020{true};
  std::string_view instead{};  ///< what to write where the draft does not have it
};

constexpr std::array<row, keyword_count> rows{{
    {"$anchor", false, true, "\"$ref\" with a JSON pointer"},
    {"$comment"},
    {"$defs"},
    {"$id"},
    {"$ref"},
    {"$schema"},
    {"additionalItems", true, false, "\"items\" beside \"prefixItems\""},
    {"additionalProperties"},
    {"allOf"},
    {"anyOf"},
    {"const"},
    {"contains"},
    {"default"},
    {"definitions"},
    {"dependencies"},
    {"dependentRequired", false, true, "\"dependencies\""},
    {"dependentSchemas", false, true, "\"dependencies\""},
    {"deprecated"},
    {"description"},
    {"else"},
    {"enum"},
    {"examples"},
    {"exclusiveMaximum"},
    {"exclusiveMinimum"},
    {"format"},
    {"if"},
    {"items"},
    {"maxContains", false, true},
    {"maxItems"},
    {"maxLength"},
    {"maxProperties"},
    {"maximum"},
    {"minContains", false, true},
    {"minItems"},
    {"minLength"},
    {"minProperties"},
    {"minimum"},
    {"multipleOf"},
    {"not"},
    {"oneOf"},
    {"pattern"},
    {"patternProperties"},
    {"prefixItems", false, true, "\"items\" with an array"},
    {"properties"},
    {"propertyNames"},
    {"readOnly"},
    {"required"},
    {"then"},
    {"title"},
    {"type"},
    {"uniqueItems"},
    {"writeOnly"},
}};

// `keyword_named` halves; the order of names is the order of the enumerators.
static_assert(std::ranges::is_sorted(rows, {}, &row::name));

struct draft_row {
  draft d;
  std::string_view name;
  std::string_view uri;
};

constexpr std::array<draft_row, 2> drafts{{
    {draft::draft_7, "draft 7", "http://json-schema.org/draft-07/schema"},
    {draft::draft_2020_12, "draft 2020-12", "https://json-schema.org/draft/2020-12/schema"},
}};

const row& row_of(keyword k) noexcept {
  return rows[static_cast<std::size_t>(k)];
}

std::vector<std::string_view> names_in(draft d) {
  std::vector<std::string_view> names;
  for (auto const& r : rows) {
    if (d == draft::draft_7 ? r.in_7 : r.in_2020) names.push_back(r.name);
  }
  return names;
}

}  // namespace

std::string_view name_of(draft d) noexcept {
  return drafts[static_cast<std::size_t>(d)].name;
}

std::optional<draft> draft_named(std::string_view uri) noexcept {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  for (auto const& r : drafts) {
    if (r.uri == uri) return r.d;
  }
  return std::nullopt;
}

std::string draft_names() {
  return fmt::format("\"{}\" ({}) or \"{}#\" ({})", drafts[1].uri, drafts[1].name, drafts[0].uri,
                     drafts[0].name);
}

std::string_view name_of(keyword k) noexcept {
  return row_of(k).name;
}

bool is_in(keyword k, draft d) noexcept {
  return d == draft::draft_7 ? row_of(k).in_7 : row_of(k).in_2020;
}

std::optional<keyword> keyword_named(std::string_view name) noexcept {
  auto const found = std::ranges::lower_bound(rows, name, {}, &row::name);
  if (found == rows.end() || found->name != name) return std::nullopt;
  return static_cast<keyword>(found - rows.begin());
}

std::string unsupported(std::string_view name, draft d) {
  auto const names = names_in(d);
  if (auto const meant = did_you_mean(suggestions(name, names)); !meant.empty()) {
    return fmt::format("the keyword {} is not supported; {}", quoted(name), meant);
  }
  return fmt::format("the keyword {} is not supported; those of {} that are: {}", quoted(name),
                     name_of(d), fmt::join(names, ", "));
}

std::string not_in_draft(keyword k, draft d) {
  auto const& r = row_of(k);
  auto const other = d == draft::draft_7 ? draft::draft_2020_12 : draft::draft_7;
  auto text = fmt::format("\"{}\" is a keyword of {}, and this schema is of {}", r.name,
                          name_of(other), name_of(d));
  return r.instead.empty() ? text : fmt::format("{}; {} says it there", text, r.instead);
}

}  // namespace td
