#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"
#include "pipeline/scan.hpp"

namespace td {

struct document_limits {
  std::size_t max_bytes{1u << 20};
  scan_limits scan{};
};

/// A value in words, fit for a sentence: `"abc"`, `the number 12`, `an object`.
std::string describe(simdjson::dom::element value);

/// Turns the bytes of a body into a JSON object, in place: size, then UTF-8 and grammar
/// (simdjson), then our own scan. Owns the parser's memory, about 14 bytes per byte of the
/// largest body up to `kept_bytes`; what a larger one needed goes back with `release`. One thread.
class document {
 public:
  explicit document(document_limits limits);
  ~document();
  document(document&&) noexcept;
  document& operator=(document&&) noexcept;

  /// Reads a body that is readable for `batch::arena_padding` bytes past its end. Absent when it
  /// is a JSON object that PostgreSQL can store as it is; else body_empty, body_too_large,
  /// not_an_object, or what `find_json_fault` and `scanner::scan` name.
  std::optional<failure> read(std::string_view body);

  /// After a `read` without failure, until the next one and while the body lives.
  simdjson::dom::object root() const noexcept { return root_; }

  /// The text of each top-level member's value, in the order of `root()`'s members, as offsets
  /// into the body.
  std::span<const slice> members() const noexcept { return scanner_.members(); }

  /// Gives memory back that only unusually large bodies needed. Ends the use of `root()`.
  void release();

  static constexpr std::size_t kept_bytes = 64u << 10;

 private:
  simdjson::dom::parser& parser_for(std::size_t bytes);

  document_limits limits_;
  std::unique_ptr<simdjson::dom::parser> parser_;        ///< for bodies of up to kept_bytes
  std::unique_ptr<simdjson::dom::parser> large_parser_;  ///< grows to the largest body
  scanner scanner_;
  simdjson::dom::object root_{};
};

}  // namespace td
