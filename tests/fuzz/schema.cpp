// SCHEMA, a line "---", DOCUMENT: compiled, and if that can be, checked.
#include <simdjson.h>

#include "schema/compiled_schema.hpp"
#include "tests/fuzz/fuzzing.hpp"

namespace {

using td::fuzz::require;

constexpr std::size_t limit = 20;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto const [text, document] = td::fuzz::halves(td::fuzz::as_text(data, size));
  auto const schema = td::compiled_schema::compile(text);
  if (!schema) {
    require(schema.error().code == td::errc::configuration_invalid, "a refusal has this code");
    td::fuzz::require_presentable(schema.error());
    return 0;
  }
  static simdjson::dom::parser parser;
  td::fuzz::padded const body{document};
  simdjson::dom::element root;
  if (parser.parse(body.view().data(), body.view().size(), false).get(root) != simdjson::SUCCESS) {
    return 0;
  }
  auto const first = (*schema)->check(root);
  auto const all = (*schema)->check_all(root, limit);
  require(first.has_value() != all.empty(), "both find a violation, or none");
  require(all.size() <= limit, "there are at most as many as were asked for");
  if (first) require(all.front() == *first, "the first is the first of all");
  for (auto const& v : all) {
    require(!v.keyword.empty() && !v.sentence.empty(), "a violation has a keyword and a sentence");
    require(td::fuzz::is_utf8(v.sentence) && v.sentence.find('\n') == std::string::npos,
            "a sentence is one line of UTF-8");
    require(td::fuzz::is_utf8(v.pointer) && td::fuzz::is_utf8(v.schema_pointer),
            "pointers are UTF-8");
  }
  return 0;
}
