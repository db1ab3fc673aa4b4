#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/async.hpp"
#include "http/problem.hpp"

namespace td {

struct request;

/// What somebody may do; each role may do what the ones before may.
enum class role : std::uint8_t { viewer, operator_, admin };

/// "viewer", "operator", "admin".
std::string_view name_of(role r) noexcept;

enum class principal_kind : std::uint8_t { anonymous, user, api_key };

/// Who asks. People are admitted by their role, API keys by their scopes.
struct principal {
  principal_kind kind{principal_kind::anonymous};
  std::string id{};    ///< unique within the kind; empty for anonymous
  std::string name{};  ///< for logs and people
  td::role role{td::role::viewer};
  std::vector<std::string> scopes{};
  std::string session_id{};

  bool has_scope(std::string_view scope) const;
};

/// Says who asks. Called once per request on its io thread, before the body is read: it must not
/// block, and may wait.
class authenticator {
 public:
  virtual ~authenticator() = default;

  /// Anonymous where the request brings no credentials. A problem where those it brings are no
  /// good (unauthenticated, with what is wrong), or can't be judged now (database_away).
  virtual asio::awaitable<http_result<principal>> authenticate(const request& r) = 0;
};

}  // namespace td
