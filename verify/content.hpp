#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/uuid.hpp"

namespace td::verify {

/// A JSON text in a form in which two texts are equal when they say the same: keys sorted, no
/// spaces, strings unescaped, 1.50 and 15e-1 one number. It survives jsonb, which reorders keys and
/// rewrites numbers. Numbers that are no 64-bit integers are compared as doubles. Absent when it is
/// no JSON, or holds an integer beyond 64 bits. Any thread.
std::optional<std::string> canonical_json(std::string_view text);

/// 64 bits that tell contents apart (FNV-1a, finished by a mixer): against accidents, not against
/// forgers.
std::uint64_t fingerprint(std::string_view bytes) noexcept;

/// Of everything around a payload but its time.
std::uint64_t envelope_fingerprint(const uuid& trace_id, std::int32_t schema_version,
                                   std::string_view kind, std::string_view source,
                                   std::string_view topic);

/// Of a payload, whatever its spelling; of its bytes where it has no canonical form.
std::uint64_t payload_fingerprint(std::string_view payload);

/// Names a dead letter by what was published: the first half of SHA-256(topic || 0x00 || body).
uuid delivery_key(std::string_view topic, std::string_view body);

}  // namespace td::verify
