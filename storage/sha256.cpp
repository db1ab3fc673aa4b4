#include "storage/sha256.hpp"

#include <algorithm>
#include <new>

#include <openssl/evp.h>

namespace td {

namespace {

void must(int done) {
  if (done != 1) throw std::bad_alloc{};  // nothing else can fail for a built-in digest
}

}  // namespace

// Fetched once: an implicit fetch per message costs more than hashing a small event.
sha256::sha256()
    : algorithm_{EVP_MD_fetch(nullptr, "SHA256", nullptr)}, context_{EVP_MD_CTX_new()} {
  if (algorithm_ == nullptr || context_ == nullptr) {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
    throw std::bad_alloc{};
  }
  must(EVP_DigestInit_ex(context_, algorithm_, nullptr));
}

sha256::~sha256() {
  EVP_MD_CTX_free(context_);
  EVP_MD_free(algorithm_);
}

sha256& sha256::add(std::string_view bytes) {
  must(EVP_DigestUpdate(context_, bytes.data(), bytes.size()));
  return *this;
}

sha256::digest sha256::finish() {
  digest d;
  must(EVP_DigestFinal_ex(context_, d.data(), nullptr));
  must(EVP_DigestInit_ex(context_, nullptr, nullptr));
  return d;
}

sha256::digest sha256_of(std::string_view bytes) {
  return sha256{}.add(bytes).finish();
}

std::string to_hex(const sha256::digest& d, std::size_t bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < std::min(bytes, d.size()); ++i) {
    out += digits[d[i] >> 4];
    out += digits[d[i] & 15];
  }
  return out;
}

}  // namespace td
