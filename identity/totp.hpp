#pragma once

#include "identity/crypto.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/time.hpp"

namespace td {

/// Time-based one-time passwords (RFC 6238): HMAC-SHA-1, 30 s steps, 6 digits, as every
/// authenticator app has them.
inline constexpr std::size_t totp_secret_bytes = 20;  // RFC 4226 section 4, R6

std::string make_totp_secret();

/// The number of the 30 s step.
std::int64_t totp_step_at(timestamp t) noexcept;

/// The code of a step, `digits` from 6 to 8.
std::string totp_code(std::string_view secret, std::int64_t step, unsigned digits = 6);

/// The step that `code` belongs to: the current one, the one before or the one after it (clocks
/// and fingers), if it is later than `last_step`, the last that was accepted. So no code is
/// accepted twice. Absent: wrong, used, or too old. Spaces within the code are allowed.
std::optional<std::int64_t> accept_totp(std::string_view secret, std::string_view code,
                                        std::int64_t last_step, timestamp now);

/// "otpauth://totp/TaylorDash:anna?secret=...&issuer=TaylorDash&...", for a QR code.
std::string totp_uri(std::string_view issuer, std::string_view account, std::string_view secret);

// -- recovery codes ---

/// For a lost device: ten codes "xxxxx-xxxxx" of 49 bits, each good for one login.
inline constexpr std::size_t recovery_codes = 10;
std::vector<std::string> make_recovery_codes();

/// What is stored of one: an HMAC under a key of the service, because 49 bits alone could be
/// guessed from a plain hash. Case, spaces and dashes do not count.
crypto::digest recovery_hash(std::string_view code, const crypto::key& k);

}  // namespace td
