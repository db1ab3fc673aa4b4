// PATTERN, a line "---", TEXT: translated, compiled, searched for.
#include "schema/pattern.hpp"

#include "tests/fuzz/fuzzing.hpp"

using td::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto const [ecma, text] = td::fuzz::halves(td::fuzz::as_text(data, size));
  auto const translated = td::re2_of_ecma(ecma);
  auto const compiled = td::pattern::compile(ecma);
  if (!translated) {
    require(!compiled && compiled.error() == translated.error(), "both refuse it alike");
    td::fuzz::require_presentable(translated.error());
    return 0;
  }
  if (!compiled) {
    require(compiled.error().detail.find("too large") != std::string::npos,
            "what is translated RE2 compiles, or it is too large");
    return 0;
  }
  require(compiled->program_bytes() <= td::pattern::max_program_bytes, "the program is bounded");
  if (!td::fuzz::is_utf8(text)) return 0;
  auto const found = compiled->matches(text);
  require(found == compiled->matches(text), "a second search finds the same");
  return 0;
}
