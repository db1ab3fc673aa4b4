#include "pipeline/document.hpp"

#include <algorithm>
#include <new>

#include <fmt/format.h>

#include "pipeline/json_fault.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

static_assert(batch::arena_padding >= simdjson::SIMDJSON_PADDING);

/// Deeper than our own limit, so that the scan, which knows the place, is the one to refuse.
constexpr std::size_t parser_depth(std::size_t max_depth) noexcept {
  return max_depth + 2;
}

std::unique_ptr<simdjson::dom::parser> make_parser(std::size_t bytes, std::size_t depth) {
  auto parser = std::make_unique<simdjson::dom::parser>();
  if (parser->allocate(bytes, depth) != simdjson::SUCCESS) throw std::bad_alloc{};
  return parser;
}

}  // namespace

std::string describe(simdjson::dom::element value) {
  using simdjson::dom::element_type;
  switch (value.type()) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return quoted(std::string_view{value});
    case element_type::BOOL:
      return bool{value} ? "true" : "false";
    case element_type::NULL_VALUE:
      return "null";
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      break;
  }
  return fmt::format("the number {}", simdjson::minify(value));
}

document::document(document_limits limits)
    : limits_{limits},
      parser_{
          make_parser(std::min(limits.max_bytes, kept_bytes), parser_depth(limits.scan.max_depth))},
      scanner_{limits.scan} {}

document::~document() = default;
document::document(document&&) noexcept = default;
document& document::operator=(document&&) noexcept = default;

std::optional<failure> document::read(std::string_view body) {
  if (body.empty()) return failure{errc::body_empty, "the body has 0 bytes", {}};
  if (body.size() > limits_.max_bytes) {
    return failure{errc::body_too_large,
                   fmt::format("the body has {} bytes; at most {} are allowed", body.size(),
                               limits_.max_bytes),
                   {}};
  }
  auto& parser = parser_for(body.size());
  simdjson::dom::element element;
  auto const error = parser.parse(body.data(), body.size(), false).get(element);
  if (error == simdjson::MEMALLOC) throw std::bad_alloc{};
  // Later versions of simdjson skip a byte order mark; RFC 8259 section 8.1 forbids to send one.
  if (error != simdjson::SUCCESS || body.starts_with("\xEF\xBB\xBF")) {
    if (auto fault = find_json_fault(body, limits_.scan.max_depth)) return fault;
    return failure{errc::not_json, simdjson::error_message(error), {}};
  }
  if (element.get(root_) != simdjson::SUCCESS) {
    return failure{errc::not_an_object,
                   fmt::format("the document is {}; an object is needed", describe(element)),
                   {}};
  }
  auto const& found = *parser.implementation;
  return scanner_.scan(body, {found.structural_indexes.get(), found.n_structural_indexes});
}

simdjson::dom::parser& document::parser_for(std::size_t bytes) {
  if (bytes <= kept_bytes) return *parser_;
  if (!large_parser_) large_parser_ = make_parser(bytes, parser_depth(limits_.scan.max_depth));
  return *large_parser_;
}

void document::release() {
  large_parser_.reset();
  scanner_.shrink();
}

}  // namespace td
