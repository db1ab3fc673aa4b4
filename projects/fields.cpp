#include "projects/fields.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "pipeline/document.hpp"
#include "pipeline/text.hpp"
#include "projects/position.hpp"

namespace td::fields {

namespace {

failure invalid(std::string_view field, std::string detail) {
  return {errc::value_invalid, fmt::format("{} {}", field, detail), fmt::format("/{}", field)};
}

struct text_rule {
  std::size_t least{};
  std::size_t most{};
  bool lines{};  ///< line feeds and tabs are allowed
};

/// Absent when the text keeps to the rule.
std::optional<std::string> text_fault(std::string_view text, const text_rule& rule) {
  std::size_t characters = 0;
  bool blank = true;
  for (auto rest = text; !rest.empty(); ++characters) {
    const auto c = first_character(rest);
    if (c.size == 0) return "is not valid UTF-8; send it as UTF-8";
    const bool line = c.code_point == U'\n' || c.code_point == U'\t' || c.code_point == U'\r';
    const bool control = c.code_point < 0x20 || (c.code_point >= 0x7f && c.code_point < 0xa0);
    if (control && !(line && rule.lines)) {
      return fmt::format("holds the control character U+{:04X}; {}",
                         static_cast<std::uint32_t>(c.code_point),
                         line ? "write it on one line" : "leave it out");
    }
    blank = blank && (c.code_point == U' ' || control);
    rest.remove_prefix(c.size);
  }
  if (characters > rule.most) {
    return fmt::format("has {} characters; at most {} are allowed, shorten it", characters,
                       rule.most);
  }
  if (rule.least > 0 && blank)
    return fmt::format("is empty; write {} to {} characters", rule.least, rule.most);
  return std::nullopt;
}

result<void> check_text(std::string_view field, std::string_view text, const text_rule& rule) {
  if (auto fault = text_fault(text, rule)) return invalid(field, *std::move(fault));
  return ok();
}

bool is_letter(char c, char first, char last) {
  return first <= c && c <= last;
}
bool is_digit(char c) {
  return is_letter(c, '0', '9');
}

}  // namespace

result<void> check_title(std::string_view text) {
  return check_text("title", text, {1, max_title, false});
}

result<void> check_description(std::string_view text) {
  return check_text("description", text, {0, max_description, true});
}

result<void> check_person(std::string_view field, const std::optional<std::string>& name) {
  if (!name) return ok();
  return check_text(field, *name, {1, max_person, false});
}

result<void> check_labels(const std::vector<std::string>& labels) {
  if (labels.size() > max_labels) {
    return invalid("labels", fmt::format("has {} labels; at most {} are allowed, remove some",
                                         labels.size(), max_labels));
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    auto fault = text_fault(labels[i], {1, max_label, false});
    if (!fault && !seen.insert(labels[i]).second) fault = "is there twice; keep one";
    if (!fault) continue;
    return failure{errc::value_invalid, fmt::format("label {} {}", i + 1, *fault),
                   fmt::format("/labels/{}", i)};
  }
  return ok();
}

result<void> check_estimate(const std::optional<std::int32_t>& estimate) {
  if (!estimate || (0 <= *estimate && *estimate <= max_estimate)) return ok();
  return invalid("estimate",
                 fmt::format("is {}; allowed: 0 to {}, or null for none", *estimate, max_estimate));
}

result<void> check_progress(std::int32_t percent) {
  if (0 <= percent && percent <= max_progress) return ok();
  return invalid("progress", fmt::format("is {}; allowed: 0 to {} percent", percent, max_progress));
}

result<void> check_due(const std::optional<timestamp>& due) {
  using namespace std::chrono;
  if (!due) return ok();
  if (*due >= sys_days{year{1} / January / 1} && *due < sys_days{year{10000} / January / 1})
    return ok();
  return invalid("due_at", "lies outside the years 1 to 9999; correct the year");
}

result<void> check_metadata(std::string_view json) {
  document_limits limits;
  limits.max_bytes = max_metadata_bytes;
  limits.scan.max_depth = max_metadata_depth;
  limits.scan.max_string_bytes = max_metadata_bytes;
  std::string padded{json};
  padded.append(batch::arena_padding, ' ');
  document reader{limits};
  auto fault = reader.read(std::string_view{padded}.substr(0, json.size()));
  if (!fault) return ok();
  return failure{errc::value_invalid,
                 fmt::format("metadata must be a JSON object of at most {} bytes and {} levels: {}",
                             max_metadata_bytes, max_metadata_depth, fault->detail),
                 "/metadata" + fault->pointer};
}

result<void> check_key(std::string_view key) {
  const bool fits = 2 <= key.size() && key.size() <= 10 && is_letter(key.front(), 'A', 'Z') &&
                    std::all_of(key.begin(), key.end(),
                                [](char c) { return is_letter(c, 'A', 'Z') || is_digit(c); });
  if (fits) return ok();
  return invalid("key", fmt::format("is {}; allowed: 2 to 10 capitals A-Z and digits, a letter "
                                    "first, for example PAY",
                                    quoted(key)));
}

result<void> check_slug(std::string_view slug) {
  const bool fits = !slug.empty() && slug.size() <= 63 && is_letter(slug.front(), 'a', 'z') &&
                    std::all_of(slug.begin(), slug.end(), [](char c) {
                      return is_letter(c, 'a', 'z') || is_digit(c) || c == '-';
                    });
  if (fits) return ok();
  return invalid("slug", fmt::format("is {}; allowed: 1 to 63 of a-z, 0-9 and -, a letter first, "
                                     "for example card-payments",
                                     quoted(slug)));
}

result<void> check_position(std::string_view position) {
  if (is_position(position)) return ok();
  return invalid("position", fmt::format("is {}; allowed: 1 to {} of 0-9, A-Z and a-z that do not "
                                         "end with 0; take one that the service gave",
                                         quoted(position), max_position));
}

result<void> check_search(std::string_view field, std::string_view text) {
  return check_text(field, text, {0, max_search, false});
}

}  // namespace td::fields
