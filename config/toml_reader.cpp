#include "config/toml_reader.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace td::config {
namespace {

std::string with_article(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list that holds something else than text";
    default:
      return "a date or a time";
  }
}

raw_value raw_of(const toml::node& node) {
  if (const auto* v = node.as_string()) return v->get();
  if (const auto* v = node.as_boolean()) return v->get();
  if (const auto* v = node.as_integer()) return v->get();
  if (const auto* v = node.as_floating_point()) return v->get();
  const auto* list = node.as_array();
  if (!list) return other_type{with_article(node.type())};
  std::vector<std::string> names;
  for (const auto& element : *list) {
    const auto* v = element.as_string();
    if (!v) return other_type{with_article(node.type())};
    names.push_back(v->get());
  }
  return names;
}

bool is_table_of_ours(std::string_view name) {
  const auto keys = setting_keys();
  return std::any_of(keys.begin(), keys.end(),
                     [name](const setting_key& key) { return key.table() == name; });
}

int line_of(const toml::key& key, const toml::node& node) {
  // A table's key may stand in a longer header ([a.b]) without a place of its own.
  const auto line = key.source().begin.line ? key.source().begin.line : node.source().begin.line;
  return static_cast<int>(line);
}

/// The parser's sentence up to where it begins to quote what it saw. Single characters ('=') may
/// stay.
std::string without_quotation(std::string_view sentence) {
  sentence = sentence.substr(0, sentence.find(" saw "));
  for (std::size_t at = 0; (at = sentence.find_first_of("'\"", at)) < sentence.size(); at += 3) {
    if (at + 2 >= sentence.size() || sentence[at + 2] != sentence[at]) {
      sentence = sentence.substr(0, at);
    }
  }
  while (!sentence.empty() && std::string_view{" ,:;("}.find(sentence.back()) < 5) {
    sentence.remove_suffix(1);
  }
  return std::string{sentence};
}

}  // namespace

toml_text read_toml(std::string_view text) {
  toml_text result;
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& e) {
    result.problem = fmt::format("is not TOML: {} (column {})", without_quotation(e.description()),
                                 e.source().begin.column);
    result.problem_line = static_cast<int>(e.source().begin.line);
    return result;
  }
  for (const auto& [name, node] : root) {
    const auto* table = node.as_table();
    if (!table || !is_table_of_ours(name.str())) {
      result.entries.push_back({std::string{name.str()}, line_of(name, node), raw_of(node)});
      continue;
    }
    for (const auto& [inner, value] : *table) {
      result.entries.push_back(
          {fmt::format("{}.{}", name.str(), inner.str()), line_of(inner, value), raw_of(value)});
    }
  }
  std::stable_sort(result.entries.begin(), result.entries.end(),
                   [](const toml_entry& a, const toml_entry& b) { return a.line < b.line; });
  return result;
}

}  // namespace td::config
