#pragma once

#include <string>
#include <string_view>

namespace td {

/// Bytes as PostgreSQL reads and writes them in text form: `\x00ff`.
std::string to_bytea(std::string_view bytes);

/// Back again, into `out` (whose memory is reused).
void from_bytea(std::string_view text, std::string& out);

}  // namespace td
