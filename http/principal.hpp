#pragma once

#include "identity/principal.hpp"

#include <optional>

#include "http/async.hpp"
#include "http/problem.hpp"

namespace td {

struct request;

/// Says who asks. Called once per request on its io thread, before the body is read: it must not
/// block, and may wait.
class authenticator {
 public:
  virtual ~authenticator() = default;

  /// Absent where the request brings no credentials. A problem where those it brings are no good
  /// (unauthenticated, with what is wrong), or can't be judged now (database_away).
  virtual asio::awaitable<http_result<std::optional<principal>>> authenticate(const request& r) = 0;
};

}  // namespace td
