#pragma once

#include "identity/crypto.hpp"

#include <string>
#include <string_view>

#include "pipeline/uuid.hpp"

namespace td {

/// A CSRF token for a browser's session: 16 random bytes and an HMAC of them and the session's id,
/// so that it is another one each time (compression tells nothing about it), needs no storage and
/// fits no other session.
std::string make_csrf_token(const uuid& session, const crypto::key& k);

/// Whether it was made for this session. In constant time for texts of its size.
bool csrf_token_fits(std::string_view token, const uuid& session, const crypto::key& k);

}  // namespace td
