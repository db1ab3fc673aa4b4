// The scan of a document against the slow one of the tests.
#include "pipeline/scan.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include <simdjson.h>

#include "pipeline/json_fault.hpp"
#include "pipeline/json_text.hpp"
#include "tests/fuzz/fuzzing.hpp"
#include "tests/pipeline/reference_scan.hpp"

namespace {

using td::fuzz::require;

// Small, so that short inputs pass them.
constexpr td::scan_limits limits{.max_depth = 6, .max_string_bytes = 40};

/// Pointers that would be too long name an ancestor instead.
bool finds(const td::test::reference_scan::violations& found, const td::failure& f) {
  if (found.contains({f.code, f.pointer})) return true;
  return std::ranges::any_of(found, [&f](auto const& violation) {
    auto const& [code, pointer] = violation;
    return code == f.code && pointer.size() > td::max_pointer_bytes &&
           pointer.starts_with(f.pointer);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static simdjson::dom::parser parser;
  static td::scanner scanner{limits};
  td::fuzz::padded const body{td::fuzz::as_text(data, size)};
  simdjson::dom::element root;
  auto const error = parser.parse(body.view().data(), body.view().size(), false).get(root);
  if (error != simdjson::SUCCESS || body.view().starts_with("\xef\xbb\xbf")) {
    auto const fault = td::find_json_fault(body.view(), limits.max_depth);
    require(fault.has_value(), "what the parser refuses has a reason");
    td::fuzz::require_presentable(*fault);
    return 0;
  }
  if (!root.is_object()) return 0;
  auto const& found = *parser.implementation;
  std::span<const std::uint32_t> const tokens{found.structural_indexes.get(),
                                              found.n_structural_indexes};
  auto const fault = scanner.scan(body.view(), tokens);
  td::test::reference_scan const reference{body.view(), limits};
  require(std::vector(tokens.begin(), tokens.end()) == reference.tokens(), "all tokens are known");
  require(fault.has_value() == !reference.found().empty(), "both scans find a fault, or none");
  if (fault) {
    td::fuzz::require_presentable(*fault);
    require(finds(reference.found(), *fault), "the slow scan finds this fault, too");
    return 0;
  }
  simdjson::dom::parser member_parser;
  std::size_t members = 0;
  for (auto const [offset, bytes] : scanner.members()) {
    td::fuzz::padded const text{body.view().substr(offset, bytes)};
    require(member_parser.parse(text.view().data(), text.view().size(), false).error() ==
                simdjson::SUCCESS,
            "the text of a member is a value");
    ++members;
  }
  require(members == root.get_object().value_unsafe().size(), "every member has its text");
  return 0;
}
