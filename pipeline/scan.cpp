#include "pipeline/scan.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "pipeline/json_text.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::uint64_t load8(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// A fingerprint from the first and last 8 bytes and the size: cheap, and tells `project_id` from
/// `project_name`. Reads up to 8 bytes past a short text.
std::uint64_t mark_of(const char* text, std::size_t size) noexcept {
  static_assert(std::endian::native == std::endian::little);
  if (size == 0) return 0;
  auto const length = size * 0x9e3779b97f4a7c15ULL;
  if (size < 8) return (load8(text) << (64 - 8 * size)) ^ length;
  return load8(text) ^ std::rotl(load8(text + size - 8), 29) ^ length;
}

/// The shortest number whose exponent can pass the limit is "1e309"; shorter ones need no look.
constexpr std::size_t harmless_number = 4;

/// What `mark_of` may read past a key.
constexpr std::string_view padding{"\0\0\0\0\0\0\0\0", 8};

/// Objects up to this many keys are compared pair by pair, larger ones sorted: never quadratic.
constexpr std::size_t pairwise_keys = 16;

/// Memory that is kept for the next document.
constexpr std::size_t kept_entries = 4096;

}  // namespace

scanner::scanner(scan_limits limits) : limits_{limits} {
  open_.reserve(limits_.max_depth);
}

std::optional<failure> scanner::scan(std::string_view document,
                                     std::span<const std::uint32_t> tokens) {
  document_ = document;
  tokens_ = tokens;
  has_escapes_ = std::memchr(document.data(), '\\', document.size()) != nullptr;
  open_.clear();
  members_.clear();
  // A key, its colon and its value are three tokens. Room for all keys once is cheaper than a
  // question at each.
  key_count_ = 0;
  if (keys_.size() < tokens.size() / 3 + 1) keys_.resize(tokens.size() / 3 + 1);
  unescaped_.clear();
  // Unescaping never lengthens a text, so pointers into it stay valid.
  if (has_escapes_) unescaped_.reserve(document.size() + padding.size());

  for (std::size_t i = 0; i < tokens.size(); ++i) {
    auto const offset = tokens[i];
    switch (document[offset]) {
      case '{':
      case '[':
        if (open_.size() == limits_.max_depth) {
          return fault(errc::too_deep, offset,
                       fmt::format("byte {} opens level {}; at most {} are allowed", offset,
                                   limits_.max_depth + 1, limits_.max_depth));
        }
        open_.push_back(static_cast<std::uint32_t>(key_count_));
        break;
      case '}':
        if (auto const* const twice = find_duplicate(open_.back())) {
          return fault(errc::duplicate_key, twice->offset,
                       fmt::format("the key {} at byte {} is already in its object",
                                   quoted({twice->text, twice->size}), twice->offset));
        }
        key_count_ = open_.back();
        open_.pop_back();
        break;
      case ']':
        open_.pop_back();
        break;
      case ',':
      case ':':
      case 't':
      case 'f':
      case 'n':
        break;
      case '"': {
        auto const is_key = document[tokens[i + 1]] == ':';
        if (auto f = read_string(i, is_key)) return f;
        if (is_key) ++i;
        break;
      }
      default:
        if (auto f = read_number(i)) return f;
    }
  }
  end_member(tokens.back());
  return std::nullopt;
}

std::optional<failure> scanner::read_string(std::size_t token, bool is_key) {
  auto const offset = tokens_[token];
  auto end = tokens_[token + 1] - 1;  // only white space stands before the next token
  while (document_[end] != '"')
    --end;
  std::string_view const raw{document_.data() + offset + 1, end - offset - 1};
  if (raw.size() > limits_.max_string_bytes) {
    return fault(errc::string_too_long, offset,
                 fmt::format("the string at byte {} has {} bytes; at most {} are allowed", offset,
                             raw.size(), limits_.max_string_bytes));
  }
  if (!is_key) {
    return has_escapes_ ? check_escapes(raw, offset, nullptr) : std::nullopt;
  }
  if (open_.size() == 1) begin_member(token);
  if (!has_escapes_ || raw.find('\\') == std::string_view::npos) {
    add_key(raw, offset);
    return std::nullopt;
  }
  auto const begin = unescaped_.size();
  if (auto f = check_escapes(raw, offset, &unescaped_)) return f;
  auto const size = unescaped_.size() - begin;
  unescaped_ += padding;
  add_key({unescaped_.data() + begin, size}, offset);
  unescaped_.resize(begin + size);
  return std::nullopt;
}

void scanner::add_key(std::string_view text, std::uint32_t offset) noexcept {
  keys_[key_count_++] = {mark_of(text.data(), text.size()), text.data(),
                         static_cast<std::uint32_t>(text.size()), offset};
}

std::optional<failure> scanner::check_escapes(std::string_view raw, std::uint32_t offset,
                                              std::string* out) const {
  auto const bad = unescape(raw, out);
  if (!bad) return std::nullopt;
  return fault(bad->code, offset,
               fmt::format("byte {} begins '{}': {}", offset + 1 + bad->at,
                           printable(raw.substr(bad->at, 6)), sentence_of(bad->code)));
}

std::optional<failure> scanner::read_number(std::size_t token) const {
  auto const offset = tokens_[token];
  auto size = tokens_[token + 1] - offset;
  if (size <= harmless_number) return std::nullopt;
  while (is_space(document_[offset + size - 1]))
    --size;
  auto const text = document_.substr(offset, size);
  auto const code = number_fault(text);
  if (!code) return std::nullopt;
  return fault(*code, offset,
               fmt::format("byte {} begins the number {}: {}", offset,
                           printable(text, max_number_characters), sentence_of(*code)));
}

const scanner::key* scanner::find_duplicate(std::size_t first_key) {
  auto const keys = std::span{keys_}.subspan(first_key, key_count_ - first_key);
  auto const same = [](const key& a, const key& b) {
    return a.mark == b.mark && a.size == b.size && std::memcmp(a.text, b.text, a.size) == 0;
  };
  if (keys.size() <= pairwise_keys) {
    for (std::size_t i = 1; i < keys.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (same(keys[i], keys[j])) return &keys[i];
      }
    }
    return nullptr;
  }
  std::ranges::sort(keys, [](const key& a, const key& b) {
    if (a.mark != b.mark) return a.mark < b.mark;
    if (a.size != b.size) return a.size < b.size;
    if (auto const order = std::memcmp(a.text, b.text, a.size); order != 0) return order < 0;
    return a.offset < b.offset;
  });
  const key* first = nullptr;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    if (!same(keys[i - 1], keys[i])) continue;
    if (first == nullptr || keys[i].offset < first->offset) first = &keys[i];
  }
  return first;
}

void scanner::begin_member(std::size_t token) {
  if (!members_.empty()) end_member(tokens_[token - 1]);  // the comma
  members_.push_back({tokens_[token + 2], 0});
}

void scanner::end_member(std::uint32_t boundary) noexcept {
  if (members_.empty()) return;
  auto& value = members_.back();
  while (is_space(document_[boundary - 1]))
    --boundary;
  value.size = boundary - value.offset;
}

failure scanner::fault(errc code, std::uint32_t offset, std::string detail) const {
  return {code, std::move(detail), pointer_at(document_, offset)};
}

void scanner::shrink() {
  auto const trim = [](auto& container) {
    container.clear();
    if (container.capacity() > kept_entries) container.shrink_to_fit();
  };
  trim(keys_);
  trim(members_);
  trim(unescaped_);
}

}  // namespace td
