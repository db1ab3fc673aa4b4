#include "config/assign.hpp"

#include <algorithm>
#include <arpa/inet.h>

#include <fmt/format.h>

#include "config/suggest.hpp"
#include "config/units.hpp"

namespace td::config {
namespace {

/// "text", "an integer", ...: what somebody wrote, with the article.
std::string type_of(const raw_value& raw) {
  struct {
    std::string operator()(const plain&) const { return "text"; }
    std::string operator()(const std::string&) const { return "text in quotes"; }
    std::string operator()(bool) const { return "a boolean"; }
    std::string operator()(std::int64_t) const { return "an integer"; }
    std::string operator()(double) const { return "a number with a fraction"; }
    std::string operator()(const std::vector<std::string>&) const { return "a list"; }
    std::string operator()(const other_type& other) const { return other.name; }
  } name;
  return std::visit(name, raw);
}

/// The text of a plain or quoted value; null for the other types.
const std::string* text_of(const raw_value& raw) {
  if (const auto* p = std::get_if<plain>(&raw)) return &p->text;
  return std::get_if<std::string>(&raw);
}

std::string wrong_type(const raw_value& raw, std::string_view wanted, std::string_view allowed) {
  return fmt::format("is {}, not {}; allowed: {}", type_of(raw), wanted, allowed);
}

/// A value in a message: quoted, shortened, on one line.
std::string shown(std::string_view text) {
  constexpr std::size_t most = 60;
  if (text.size() <= most) return toml_string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;  // whole letters
  return toml_string(text.substr(0, end)) + "...";
}

/// RFC 3629. TOML files are checked by their parser; the environment and flags may hold any bytes.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || i + more >= text.size()) return false;
    std::uint32_t point = more == 0 ? first : first & (0x3fu >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fu);
    }
    constexpr std::array<std::uint32_t, 4> least{0, 0x80, 0x800, 0x10000};
    if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
      return false;
    i += more + 1;
  }
  return true;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

reading<std::int64_t> in_range(std::int64_t number, const key_range& range, std::string written,
                               std::string_view allowed) {
  if (number < range.least || number > range.most) {
    return {{}, fmt::format("{} is out of range; allowed: {}", written, allowed)};
  }
  if (number % range.step != 0) {
    return {{}, fmt::format("{} is too fine; allowed: {}", written, allowed)};
  }
  return {number, {}};
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

bool has_any_of(std::string_view text, std::string_view letters) {
  return text.find_first_of(letters) != std::string_view::npos;
}

}  // namespace

reading<std::string> read_text(const raw_value& raw, const text_rules& rules) {
  const auto* text = text_of(raw);
  if (!text) return {{}, wrong_type(raw, "text in quotes", rules.allowed)};
  if (has_control(*text) || !is_utf8(*text)) {
    return {
        {},
        fmt::format("has a control character or invalid UTF-8 in it; allowed: {}", rules.allowed)};
  }
  if (rules.fits && !rules.fits(*text)) {
    return {{},
            fmt::format(
                "{} is not one; allowed: {}",
                rules.secret ? "what is given (not shown, it may hold a password)" : shown(*text),
                rules.allowed)};
  }
  return {*text, {}};
}

reading<bool> read_flag(const raw_value& raw) {
  if (const auto* b = std::get_if<bool>(&raw)) return {*b, {}};
  if (const auto* p = std::get_if<plain>(&raw)) {
    if (p->text == "true") return {true, {}};
    if (p->text == "false") return {false, {}};
    return {{}, fmt::format("{} is not a boolean; allowed: true or false", shown(p->text))};
  }
  return {{}, wrong_type(raw, "a boolean", "true or false, without quotes")};
}

reading<std::string> read_choice(const raw_value& raw, const std::array<std::string_view, 4>& words,
                                 std::string_view allowed) {
  const auto* text = text_of(raw);
  if (!text) return {{}, wrong_type(raw, "a word in quotes", allowed)};
  if (!text->empty() && std::find(words.begin(), words.end(), *text) != words.end()) {
    return {*text, {}};
  }
  const auto hint = did_you_mean(suggestions(*text, {words.begin(), words.end()}));
  return {{},
          fmt::format("{} is not known{}; allowed: {}", shown(*text),
                      hint.empty() ? "" : ", " + hint.substr(0, hint.size() - 1), allowed)};
}

reading<std::int64_t> read_integer(const raw_value& raw, const key_range& range,
                                   std::string_view allowed) {
  if (const auto* n = std::get_if<std::int64_t>(&raw)) {
    return in_range(*n, range, std::to_string(*n), allowed);
  }
  if (const auto* p = std::get_if<plain>(&raw)) {
    if (const auto n = parse_integer(p->text)) return in_range(*n, range, p->text, allowed);
    return {{}, fmt::format("{} is not an integer; allowed: {}", shown(p->text), allowed)};
  }
  const bool quoted = std::holds_alternative<std::string>(raw);
  return {{},
          wrong_type(raw, "an integer",
                     fmt::format("{}{}", allowed, quoted ? ", without quotes" : ""))};
}

reading<std::int64_t> read_size(const raw_value& raw, const key_range& range,
                                std::string_view allowed) {
  if (const auto* n = std::get_if<std::int64_t>(&raw)) {
    return in_range(*n, range, std::to_string(*n), allowed);
  }
  if (const auto* text = text_of(raw)) {
    if (const auto n = parse_size(*text)) return in_range(*n, range, *text, allowed);
    return {{}, fmt::format("{} is not a size; allowed: {}", shown(*text), allowed)};
  }
  return {{}, wrong_type(raw, "a size", allowed)};
}

reading<std::int64_t> read_duration(const raw_value& raw, const key_range& range,
                                    std::string_view allowed) {
  if (const auto* text = text_of(raw)) {
    if (const auto d = parse_duration(*text)) return in_range(d->count(), range, *text, allowed);
    return {{},
            fmt::format("{} is not a duration (a whole number with ms, s, m, h or d); allowed: {}",
                        shown(*text), allowed)};
  }
  const auto* n = std::get_if<std::int64_t>(&raw);
  const auto wanted =
      fmt::format("a duration in quotes with its unit, for example \"{}s\"", n ? *n : 30);
  return {{}, wrong_type(raw, wanted, allowed)};
}

reading<std::vector<std::string>> read_names(const raw_value& raw, std::string_view allowed,
                                             bool (*fits)(std::string_view), bool may_be_empty) {
  constexpr std::size_t most = 64;
  std::vector<std::string> names;
  if (const auto* list = std::get_if<std::vector<std::string>>(&raw)) {
    names = *list;
  } else if (const auto* p = std::get_if<plain>(&raw)) {
    for (std::string_view rest{p->text}; !rest.empty();) {
      const auto comma = rest.find(',');
      names.emplace_back(trimmed(rest.substr(0, comma)));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      if (comma != std::string_view::npos && rest.empty()) names.emplace_back();
    }
  } else {
    return {{}, wrong_type(raw, "a list of names in quotes", allowed)};
  }
  if (names.empty() && !may_be_empty) return {{}, fmt::format("is empty; allowed: {}", allowed)};
  if (names.size() > most) {
    return {{}, fmt::format("has {} names; allowed: {} at most", names.size(), most)};
  }
  for (const auto& name : names) {
    if (has_control(name) || !is_utf8(name) || !fits(name)) {
      return {{}, fmt::format("{} is not one; allowed: {}", shown(name), allowed)};
    }
    if (std::count(names.begin(), names.end(), name) > 1) {
      return {{}, fmt::format("{} is there twice; allowed: {}", shown(name), allowed)};
    }
  }
  return {std::move(names), {}};
}

}  // namespace td::config

// -- what defaults.hpp's `fits` may be ---

namespace td::defaults {

using config::has_any_of;

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 && !has_any_of(text, " /");
}

bool is_address(std::string_view text) {
  const std::string copy{text};
  in6_addr ignored{};
  return inet_pton(AF_INET, copy.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, copy.c_str(), &ignored) == 1;
}

bool is_origin(std::string_view text) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    return !text.empty() && text.size() <= 255 && !has_any_of(text, " /?#@\\*");
  }
  return false;
}

bool is_share_group(std::string_view text) {
  return !text.empty() && text.size() <= 1000 && !has_any_of(text, "/+#");
}

bool is_topic_filter(std::string_view text) {
  if (text.empty() || text.size() > 60000 || text.starts_with("$share/")) return false;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto slash = std::min(text.find('/', begin), text.size());
    const auto level = text.substr(begin, slash - begin);
    if (has_any_of(level, "+#") && level.size() != 1) return false;
    if (level == "#" && slash != text.size()) return false;
    begin = slash + 1;
  }
  return true;
}

bool is_topic_segment(std::string_view text) {
  return !text.empty() && text.size() <= 100 && !has_any_of(text, "/+#");
}

bool is_database_url(std::string_view text) {
  return text.empty() || text.starts_with("postgresql://") || text.starts_with("postgres://") ||
         text.find('=') != std::string_view::npos;
}

}  // namespace td::defaults
