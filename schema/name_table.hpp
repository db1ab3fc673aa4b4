#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

namespace td {

/// Names known in advance, each with a number, found by the words at their ends and their size.
/// Immutable once built; any thread may look up. Refers to the names' memory.
class name_table {
 public:
  static constexpr std::uint32_t absent = 0xffffffff;

  name_table() = default;

  /// The number of a name is its place. Names must differ.
  explicit name_table(const std::vector<std::string_view>& names);

  /// The name's number, or `absent`. How many names a text is held against depends on the names
  /// alone, and is about one.
  std::uint32_t find(std::string_view text) const noexcept {
    if (slots_.empty()) return absent;
    auto const m = mark_of(text);
    for (auto i = place_of(m, text);; i = (i + 1) & (slots_.size() - 1)) {
      auto const& s = slots_[i];
      if (s.number == absent) return absent;
      if (s.ends == m && s.size == text.size() &&
          (text.size() <= sizeof m || std::memcmp(s.text, text.data(), text.size()) == 0)) {
        return s.number;
      }
    }
  }

 private:
  /// The first and the last 8 bytes. Together with the size they are all of a text up to 16 bytes.
  struct mark {
    std::uint64_t first{};
    std::uint64_t last{};
    bool operator==(const mark&) const = default;
  };

  struct slot {
    mark ends{};
    const char* text{};
    std::uint32_t size{};
    std::uint32_t number{absent};
  };

  template <class Word>
  static std::uint64_t load(const char* at) noexcept {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }

  static mark mark_of(std::string_view text) noexcept {
    auto const* const begin = text.data();
    auto const size = text.size();
    if (size >= 8) return {load<std::uint64_t>(begin), load<std::uint64_t>(begin + size - 8)};
    if (size >= 4) return {load<std::uint32_t>(begin), load<std::uint32_t>(begin + size - 4)};
    if (size >= 2) return {load<std::uint16_t>(begin), load<std::uint16_t>(begin + size - 2)};
    if (size == 1) return {load<std::uint8_t>(begin), 0};
    return {};
  }

  std::size_t place_of(const mark& m, std::string_view text) const noexcept {
    auto mixed = (m.first + text.size()) * factor_ + m.last * 0xd6e8feb86659fd93ULL;
    if (text.size() > sizeof m) mixed += std::hash<std::string_view>{}(text);
    return static_cast<std::size_t>((mixed ^ (mixed >> 32)) * 0x9e3779b97f4a7c15ULL >> shift_);
  }

  std::size_t fill(const std::vector<std::string_view>& names);

  std::vector<slot> slots_{};  ///< a power of two of them, at most half in use
  unsigned shift_{};
  std::uint64_t factor_{};
};

}  // namespace td
