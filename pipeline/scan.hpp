#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"

namespace td {

struct scan_limits {
  std::size_t max_depth{64};                 ///< containers within each other, the root included
  std::size_t max_string_bytes{256u << 10};  ///< of a string or key as written, without quotes
};

/// The rules that a JSON parser does not have. simdjson reads the first of two equal keys where
/// PostgreSQL's jsonb keeps the last; jsonb refuses NUL and half surrogate pairs, and expands
/// `1e-9999` to 10,000 digits at every read. Works on the tokens that the parser has found, so the
/// inside of a string is not looked at unless the document holds a backslash.
///
/// Owns memory that grows with the document and is reused. One thread.
class scanner {
 public:
  /// `max_depth` below 2^32.
  explicit scanner(scan_limits limits);

  /// `document`: a well-formed JSON object, UTF-8, readable for 8 bytes past its end. `tokens`:
  /// the byte offset of each bracket, comma, colon, string and scalar in it (what simdjson calls
  /// structural indexes). Absent when nothing is wrong; else one of too_deep, duplicate_key (keys
  /// compared unescaped), nul_escape, surrogate_escape, number_too_long, number_out_of_range,
  /// string_too_long, with a pointer to the culprit: the first, but for duplicate keys, which show
  /// at the end of their object.
  std::optional<failure> scan(std::string_view document, std::span<const std::uint32_t> tokens);

  /// After a scan without failure: the text of each top-level member's value, in the document's
  /// order, as offsets into the document. Valid until the next scan.
  std::span<const slice> members() const noexcept { return members_; }

  /// Gives memory back that only an unusually large document needed.
  void shrink();

 private:
  struct key {
    std::uint64_t mark;    ///< equal for equal keys, seldom for others
    const char* text;      ///< unescaped
    std::uint32_t size;    ///< of `text`
    std::uint32_t offset;  ///< of the key in the document
  };

  std::optional<failure> read_string(std::size_t token, bool is_key);
  std::optional<failure> read_number(std::size_t token) const;
  std::optional<failure> check_escapes(std::string_view raw, std::uint32_t offset,
                                       std::string* out) const;
  void add_key(std::string_view text, std::uint32_t offset) noexcept;
  const key* find_duplicate(std::size_t first_key);
  void begin_member(std::size_t token);
  void end_member(std::uint32_t boundary) noexcept;
  failure fault(errc code, std::uint32_t offset, std::string detail) const;

  scan_limits limits_;
  std::string_view document_{};
  std::span<const std::uint32_t> tokens_{};
  bool has_escapes_{};
  std::vector<std::uint32_t> open_;  ///< per open container: how many keys there were before it
  std::vector<key> keys_{};          ///< those of the open objects first, then room for more
  std::size_t key_count_{};
  std::string unescaped_{};  ///< the text of keys that were written with escapes
  std::vector<slice> members_{};
};

}  // namespace td
