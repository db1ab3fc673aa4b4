#include "bench/limits/drain_row.hpp"

#include <array>
#include <bit>

namespace td::bench {

namespace {

constexpr timestamp postgres_epoch = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};

// -- cutting ---

constexpr auto nibbles = [] {
  std::array<std::uint8_t, 256> n{};
  for (std::uint8_t i = 0; i < 10; ++i)
    n['0' + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i)
    n['a' + i] = static_cast<std::uint8_t>(10 + i);
  return n;
}();

void cut_hex(const char* from, char* to, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes; ++i, from += 2) {
    to[i] = static_cast<char>(nibbles[static_cast<std::uint8_t>(from[0])] << 4 |
                              nibbles[static_cast<std::uint8_t>(from[1])]);
  }
}

int cut_number(const char* from, int digits) noexcept {
  int n = 0;
  for (int i = 0; i < digits; ++i)
    n = 10 * n + (from[i] - '0');
  return n;
}

timestamp cut_time(const char* t) noexcept {
  using namespace std::chrono;
  const sys_days day = year{cut_number(t, 4)} / cut_number(t + 5, 2) / cut_number(t + 8, 2);
  return day + hours{cut_number(t + 11, 2)} + minutes{cut_number(t + 14, 2)} +
         seconds{cut_number(t + 17, 2)} + microseconds{cut_number(t + 20, 6)};
}

// -- writing ---

struct writer {
  char* to;

  void bytes(const void* from, std::size_t n) noexcept {
    std::memcpy(to, from, n);
    to += n;
  }
  void number(std::uint16_t v) noexcept {
    v = __builtin_bswap16(v);
    bytes(&v, sizeof v);
  }
  void number(std::uint32_t v) noexcept {
    v = __builtin_bswap32(v);
    bytes(&v, sizeof v);
  }
  void number(std::uint64_t v) noexcept {
    v = __builtin_bswap64(v);
    bytes(&v, sizeof v);
  }
  void size(std::size_t n) noexcept { number(static_cast<std::uint32_t>(n)); }
  void field64(std::int64_t v) noexcept {
    size(8);
    number(static_cast<std::uint64_t>(v));
  }
  void field(std::string_view v) noexcept {
    size(v.size());
    bytes(v.data(), v.size());
  }
};
static_assert(std::endian::native == std::endian::little);

/// From 8-4-4-4-12 hex digits.
void write_uuid(writer& w, const char* hex) noexcept {
  w.size(16);
  cut_hex(hex, w.to, 4);
  cut_hex(hex + 9, w.to + 4, 2);
  cut_hex(hex + 14, w.to + 6, 2);
  cut_hex(hex + 19, w.to + 8, 2);
  cut_hex(hex + 24, w.to + 10, 6);
  w.to += 16;
}

}  // namespace

timestamp drain_row::cut(std::string_view body, std::string_view topic, const place& at) noexcept {
  const auto occurred_at = cut_time(event_form::occurred_at.in(body).data());
  writer w{bytes};
  w.number(std::uint16_t{11});
  write_uuid(w, event_form::event_id.in(body).data());
  w.size(16);
  cut_hex(event_form::trace_id.in(body).data(), w.to, 16);
  w.to += 16;
  w.field64((occurred_at - postgres_epoch).count());
  w.field64((at.received_at - postgres_epoch).count());
  w.field64(at.batch_id);
  w.size(4);
  w.number(static_cast<std::uint32_t>(at.batch_index));
  w.number(~std::uint32_t{0});  // schema_version: null
  w.field(event_form::kind.in(body));
  w.field(event_form::source.in(body));
  w.field(topic);
  w.size(1 + event_form::payload.size);
  w.bytes("\1", 1);  // jsonb's version
  w.bytes(body.data() + event_form::payload.offset, event_form::payload.size);
  return occurred_at;
}

}  // namespace td::bench
