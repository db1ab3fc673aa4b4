// Reads questions from standard input, one JSON object per line, and writes one JSON object for
// each:
//   {"schema": TEXT, "documents": [TEXT...]} -> {"verdicts": "10..."}        1 valid, 0 not
//   {"pattern": TEXT}                        -> {"members": [[48, 57], ...]} single characters that
//   match, as ranges
// and {"refused": SENTENCE} for what is not compiled. Where `check` and `check_all` contradict each
// other, the verdict is "!".
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <simdjson.h>

#include "schema/compiled_schema.hpp"
#include "schema/pattern.hpp"

namespace {

namespace json = boost::json;

constexpr std::size_t many_violations = 1000;

char verdict(const td::compiled_schema& schema, simdjson::dom::element document) {
  auto const first = schema.check(document);
  auto const all = schema.check_all(document, many_violations);
  if (first.has_value() == all.empty()) return '!';
  if (!first) return '1';
  return all.front() == *first ? '0' : '!';
}

json::object answer_schema(const json::object& question) {
  auto const schema = td::compiled_schema::compile(question.at("schema").as_string());
  if (!schema) return {{"refused", td::to_string(schema.error())}};
  simdjson::dom::parser parser;
  std::string verdicts;
  for (auto const& text : question.at("documents").as_array()) {
    simdjson::padded_string const padded{std::string_view{text.as_string()}};
    verdicts += verdict(**schema, parser.parse(padded).value());
  }
  return {{"verdicts", verdicts}};
}

void append_utf8(std::string& out, char32_t c) {
  auto const byte = [&out](char32_t b) { out += static_cast<char>(b); };
  auto const tail = [&byte, c](int shift) { byte(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      byte(0xe0 | c >> 12);
    } else {
      byte(0xf0 | c >> 18);
      tail(12);
    }
    tail(6);
  }
  tail(0);
}

bool matches_any(const td::pattern& pattern, char32_t first, char32_t last) {
  std::string text;
  for (auto c = first; c <= last; ++c) {
    if (c < 0xd800 || c > 0xdfff) append_utf8(text, c);
  }
  return pattern.matches(text);
}

json::object answer_pattern(std::string_view text) {
  auto const pattern = td::pattern::compile(text);
  if (!pattern) return {{"refused", td::to_string(pattern.error())}};
  constexpr char32_t block = 64;
  json::array ranges;
  std::int64_t end = -2;
  for (char32_t begin = 0; begin < 0x110000; begin += block) {
    if (!matches_any(*pattern, begin, begin + block - 1)) continue;
    for (auto c = begin; c < begin + block; ++c) {
      if (!matches_any(*pattern, c, c)) continue;
      if (c != end + 1) ranges.push_back(json::array{c, c});
      end = c;
      ranges.back().as_array().back() = end;
    }
  }
  return {{"members", std::move(ranges)}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    auto const question = json::parse(line).as_object();
    auto const* const pattern = question.if_contains("pattern");
    std::cout << (pattern != nullptr ? answer_pattern(pattern->as_string())
                                     : answer_schema(question))
              << '\n';
  }
}
