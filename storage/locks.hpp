#pragma once

#include <cstdint>

#include <fmt/format.h>

namespace td {

/// Advisory locks of the product, in the two-number form, which PostgreSQL keeps per database: so
/// one database holds one deployment. The class is "TD" and a number; what the second number means
/// stands beside it.
enum class lock_class : std::int32_t {
  migrate = 0x5444'0001,       ///< 0; transaction: one migration at a time
  lane = 0x5444'0002,          ///< slot; session: the lease of a lane
  lane_numbers = 0x5444'0003,  ///< 0; transaction: choosing the number of a new lane
  partitions = 0x5444'0004,    ///< 0; transaction: making or dropping partition tables
  maintenance = 0x5444'0005,   ///< 0; session: the one who does retention and closed-day indexes
  journal = 0x5444'0006,       ///< 0; transaction: the next position, held until COMMIT
  consumer = 0x5444'0007,      ///< lock_key; session: who serves a consumer
  replay = 0x5444'0008,        ///< 0; session: who runs the replay jobs
  outbox = 0x5444'000b,        ///< 0; session: who publishes the outbox
  identity = 0x5444'0009,      ///< 0; transaction: first admin, last admin, signing keys
  audit_chain = 0x5444'000a,   ///< 0; session: the one who chains the audit log
};

inline std::int32_t number_of(lock_class c) noexcept {
  return static_cast<std::int32_t>(c);
}

/// "pg_advisory_xact_lock(1413742597, 0)" and the like.
inline std::string lock_call(const char* function, lock_class c, std::int32_t key = 0) {
  return fmt::format("{}({}, {})", function, number_of(c), key);
}

}  // namespace td
