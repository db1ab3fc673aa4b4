#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/problem.hpp"
#include "http/request.hpp"

namespace td {

/// The ETag of an entity's version (RFC 9110, section 8.8.3): `"7"`, in its quotes.
std::string entity_tag(std::int64_t version);

/// The version that the client has read, from If-Match. precondition_required: the header is
/// missing; parameter_invalid: it is not one tag of ours. `*` is absent: any version will do.
http_result<std::optional<std::int64_t>> version_to_change(const request& r);

/// Whether If-None-Match names this version: the answer is 304 without a body.
bool unchanged_for(const request& r, std::int64_t version);

}  // namespace td
