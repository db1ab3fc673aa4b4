#pragma once

#include "identity/crypto.hpp"
#include "identity/principal.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "storage/identity_watch.hpp"

namespace td {

/// Who presented which token or key lately, so that not each request asks the database. An entry
/// lives for at most 30 s and never longer than its token. What is revoked is forgotten at once,
/// on every node, by IDENTITY WATCH; while that hears nothing, nothing is kept. Keeps hashes, no
/// tokens. Any thread.
class session_cache {
 public:
  static constexpr std::chrono::seconds longest{30};
  static constexpr std::size_t most = 20'000;

  /// Counts what was forgotten. Read it before the database is asked, and hand it to `put`.
  std::uint64_t epoch() const;

  std::optional<principal> find(std::string_view credential, timestamp at) const;

  /// Keeps who it is. Not while closed, and not when something was forgotten since `epoch`: it may
  /// have been this.
  void put(std::string_view credential, const principal& who, timestamp at, std::uint64_t epoch);

  void forget(const identity_change& change);

  void open();   ///< changes are heard of from now on
  void close();  ///< they are not: forgets everything
  bool is_open() const;

 private:
  struct entry {
    principal who;
    timestamp until;
  };
  struct by_first_bytes {
    std::size_t operator()(const crypto::digest& d) const noexcept;
  };

  void make_room(timestamp at);

  mutable std::mutex mutex_;
  std::unordered_map<crypto::digest, entry, by_first_bytes> entries_;
  std::deque<crypto::digest> order_;  // as they came, also what has gone since
  std::uint64_t epoch_{};
  bool open_{};
};

}  // namespace td
