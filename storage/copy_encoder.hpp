#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// Writes rows in the format of COPY ... (FORMAT binary) into one buffer that is kept and reused:
/// no allocation per row or field. The caller states a row's size first and then writes exactly
/// its fields. One thread. (PostgreSQL 15 documentation, COPY, "Binary Format".)
class copy_encoder {
 public:
  /// Begins a COPY: forgets everything, writes the signature.
  void start() {
    size_ = 0;
    need(19);
    bytes("PGCOPY\n\377\r\n\0", 11);
    put32(0);  // flags
    put32(0);  // header extension
  }

  /// Begins a row of `fields` fields that hold at most `data_bytes` bytes together.
  void row(std::int16_t fields, std::size_t data_bytes) {
    need(2 + 5 * static_cast<std::size_t>(fields) + data_bytes);
    put16(fields);
  }

  void null() { put32(-1); }
  void int32(std::int32_t v) {
    put32(4);
    put32(v);
  }
  void int64(std::int64_t v) {
    put32(8);
    put64(v);
  }
  void id(const uuid& v) {
    put32(16);
    bytes(reinterpret_cast<const char*>(v.bytes.data()), 16);
  }
  void time(timestamp t) { int64((t - postgres_epoch).count()); }
  void text(std::string_view v) {
    put32(static_cast<std::int32_t>(v.size()));
    bytes(v.data(), v.size());
  }
  /// jsonb's wire format is a version byte and the text.
  void json(std::string_view v) {
    put32(static_cast<std::int32_t>(v.size() + 1));
    bytes("\1", 1);
    bytes(v.data(), v.size());
  }

  /// Ends the COPY.
  void finish() {
    need(2);
    put16(-1);
  }

  std::span<const char> data() const noexcept { return {buffer_.get(), size_}; }
  std::size_t size() const noexcept { return size_; }
  void drop() noexcept { size_ = 0; }  ///< what was written is sent

 private:
  static constexpr timestamp postgres_epoch =
      std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};

  void need(std::size_t more) {
    if (capacity_ - size_ >= more) return;
    const auto capacity = std::max<std::size_t>(size_ + more, capacity_ * 2);
    auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(bigger.get(), buffer_.get(), size_);
    buffer_ = std::move(bigger);
    capacity_ = capacity;
  }
  void bytes(const char* data, std::size_t n) noexcept {
    if (n > 0) std::memcpy(buffer_.get() + size_, data, n);
    size_ += n;
  }
  template <class T>
  void big_endian(T v) noexcept {
    static_assert(std::endian::native == std::endian::little);
    if constexpr (sizeof v == 2) v = __builtin_bswap16(v);
    if constexpr (sizeof v == 4) v = __builtin_bswap32(v);
    if constexpr (sizeof v == 8) v = __builtin_bswap64(v);
    bytes(reinterpret_cast<const char*>(&v), sizeof v);
  }
  void put16(std::int16_t v) noexcept { big_endian(static_cast<std::uint16_t>(v)); }
  void put32(std::int32_t v) noexcept { big_endian(static_cast<std::uint32_t>(v)); }
  void put64(std::int64_t v) noexcept { big_endian(static_cast<std::uint64_t>(v)); }

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_{};
  std::size_t size_{};
};

}  // namespace td
