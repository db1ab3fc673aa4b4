#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

struct evp_md_st;
struct evp_md_ctx_st;

namespace td {

/// SHA-256 (FIPS 180-4). Reused for many messages: one allocation. One thread.
class sha256 {
 public:
  using digest = std::array<std::uint8_t, 32>;

  sha256();
  ~sha256();
  sha256(const sha256&) = delete;
  sha256& operator=(const sha256&) = delete;

  sha256& add(std::string_view bytes);
  digest finish();  ///< and begins a new message

 private:
  evp_md_st* algorithm_;
  evp_md_ctx_st* context_;
};

/// Of one piece.
sha256::digest sha256_of(std::string_view bytes);

/// Lower-case hex of the first `bytes` bytes.
std::string to_hex(const sha256::digest& d, std::size_t bytes = 32);

}  // namespace td
