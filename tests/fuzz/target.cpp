// Request targets: what is read is what was written, and nothing that two readers might take for
// different things is read at all.
#include "http/target.hpp"

#include "tests/fuzz/fuzzing.hpp"

namespace {

using td::fuzz::require;

std::string encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

/// The target again, all of it percent-encoded.
std::string written(td::parsed_target const& t) {
  std::string text;
  for (auto const& s : t.segments)
    text += "/" + encoded(s);
  char separator = '?';
  for (auto const& [name, value] : t.query) {
    text += separator + encoded(name) + "=" + encoded(value);
    separator = '&';
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto const read = td::parse_target(td::fuzz::as_text(data, size));
  if (!read) {
    require(read.error().kind == &td::problems::bad_target, "a refusal is bad_target");
    require(!read.error().detail.empty() && td::fuzz::is_utf8(read.error().detail),
            "a refusal says why");
    return 0;
  }
  if (read->asterisk) return 0;
  require(!read->segments.empty(), "a path has a segment");
  require(read->segments.size() <= td::most_segments, "segments have a bound");
  require(read->query.size() <= td::most_query_pairs, "parameters have a bound");
  for (auto const& s : read->segments) {
    require(td::fuzz::is_utf8(s), "a segment is UTF-8");
    require(s != "." && s != "..", "no segment climbs");
    require(s.find_first_of("/\\") == std::string::npos, "no segment has a slash in it");
    require(s.find('\0') == std::string::npos, "no segment has a NUL in it");
  }
  for (auto const& [name, value] : read->query)
    require(td::fuzz::is_utf8(name) && td::fuzz::is_utf8(value), "a parameter is UTF-8");
  auto const again = td::parse_target(written(*read));
  require(again.has_value(), "what was read can be written");
  require(again->segments == read->segments && again->query == read->query,
          "and is read as the same again");
  return 0;
}
