#include "schema/sentences.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "config/suggest.hpp"
#include "pipeline/document.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

/// How many values of an `enum` a sentence lists, and among how many it looks for a near one.
constexpr std::size_t listed_values = 6;
constexpr std::size_t compared_values = 100;
constexpr std::size_t compared_bytes = 64;

constexpr std::size_t shown_pattern_bytes = 100;

std::string in_words(const number& n) {
  if (n.kind == value_kind::signed_integer) return fmt::format("{}", n.i);
  if (n.kind == value_kind::unsigned_integer) return fmt::format("{}", n.u);
  return fmt::format("{}", n.d);
}

std::string_view in_words(format f) {
  switch (f) {
    case format::date_time:
      return "an RFC 3339 date-time, such as 2026-11-20T12:00:00Z,";
    case format::date:
      return "an RFC 3339 date, such as 2026-11-20,";
    case format::uuid:
      return "a UUID of the form 8-4-4-4-12";
    case format::uri:
      return "a URI, with its scheme,";
    case format::email:
      return "an e-mail address";
  }
  return name_of(f);
}

std::string join_or(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string values_in_words(const value_set& set) {
  std::vector<std::string> words;
  for (auto const e : set.listed) {
    if (words.size() == listed_values) {
      words.push_back(fmt::format("{} more", set.listed.size() - listed_values));
      break;
    }
    words.push_back(describe(e));
  }
  return (words.size() > 1 ? "one of " : "") + join_or(words);
}

std::string near_values(const value_set& set, const value& v) {
  if (v.kind != value_kind::string || v.text.size() > compared_bytes) return {};
  std::vector<std::string_view> texts;
  for (auto const e : set.listed) {
    std::string_view text;
    if (texts.size() == compared_values) break;
    if (e.get(text) == simdjson::SUCCESS && text.size() <= compared_bytes) texts.push_back(text);
  }
  auto near = suggestions(v.text, texts);
  for (auto& text : near)
    text = td::quoted(text);
  auto const meant = did_you_mean(near);
  return meant.empty() ? meant : "; " + meant;
}

}  // namespace

std::string pointer_to(const place& p) {
  std::vector<const place*> steps;
  for (auto const* step = &p; step->parent != nullptr; step = step->parent)
    steps.push_back(step);
  std::string pointer;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    auto const before = pointer.size();
    append_pointer_token(
        pointer, (*step)->by_index ? std::to_string((*step)->index) : std::string{(*step)->name});
    if (pointer.size() > max_pointer_bytes) {
      pointer.resize(before);
      break;
    }
  }
  return pointer;
}

std::string subject(const place& p) {
  std::string indexes;
  auto const* at = &p;
  for (; at->parent != nullptr && at->by_index; at = at->parent)
    indexes.insert(0, fmt::format("[{}]", at->index));
  if (at->parent == nullptr) return indexes.empty() ? "the document" : indexes + " of the document";
  return (at->is_name ? "the name " : "") + quoted(at->name) + indexes;
}

std::string describe_value(const value& v) {
  if (v.kind == value_kind::object) return "an object";
  return v.kind == value_kind::string ? quoted(v.text) : describe(v.element);
}

std::string types_in_words(std::uint8_t types) {
  static constexpr std::array<std::pair<std::uint8_t, std::string_view>, 7> rows{
      {{type_bit::object, "an object"},
       {type_bit::array, "an array"},
       {type_bit::string, "a string"},
       {type_bit::number, "a number"},
       {type_bit::integer, "an integer"},
       {type_bit::boolean, "true or false"},
       {type_bit::null, "null"}}};
  if ((types & type_bit::number) != 0) types &= static_cast<std::uint8_t>(~type_bit::integer);
  std::vector<std::string> words;
  for (auto const& [bit, word] : rows) {
    if ((types & bit) != 0) words.emplace_back(word);
  }
  return join_or(words);
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string sentence_of(const schema_program& program, const instruction& in, const value& v,
                        const place& p) {
  auto const about = subject(p);
  auto const is = [&](std::string_view wanted, std::string_view verb = "needed") {
    return fmt::format("{} is {}; {} is {}", about, describe_value(v), wanted, verb);
  };
  auto const has = [&](std::uint64_t count, std::string_view noun) {
    auto const most = in.op == operation::max_length || in.op == operation::max_items ||
                      in.op == operation::max_properties;
    return fmt::format("{} has {}; at {} {} {} {}", about, counted(count, noun),
                       most ? "most" : "least", in.a, in.a == 1 ? "is" : "are",
                       most ? "allowed" : "needed");
  };
  switch (in.op) {
    case operation::one_of_values: {
      auto const& set = program.value_sets[in.a];
      return is(values_in_words(set)) + near_values(set, v);
    }
    case operation::multiple_of:
      return is("a multiple of " + in_words(program.numbers[in.a]));
    case operation::maximum:
      return is("at most " + in_words(program.numbers[in.a]), "allowed");
    case operation::exclusive_maximum:
      return is("less than " + in_words(program.numbers[in.a]));
    case operation::minimum:
      return is("at least " + in_words(program.numbers[in.a]));
    case operation::exclusive_minimum:
      return is("more than " + in_words(program.numbers[in.a]));
    case operation::max_length:
    case operation::min_length:
      return has(count_characters(v.text), "character");
    case operation::matches:
      return is("a match of the pattern " +
                quoted(program.pattern_texts[in.a], shown_pattern_bytes));
    case operation::has_format:
      return is(in_words(static_cast<format>(in.a)));
    case operation::max_items:
    case operation::min_items:
      return has(array_in(v.element).size(), "item");
    case operation::max_properties:
    case operation::min_properties:
      return has(v.members.size(), "member");
    default:
      return fmt::format("{} does not match", about);
  }
}

}  // namespace td
