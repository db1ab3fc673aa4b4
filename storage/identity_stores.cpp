#include "storage/identity_stores.hpp"

#include "storage/pg.hpp"

namespace td {

result<identity_stores> open_identity_stores(const database_options& options) {
  const auto shared = std::make_shared<pg::session>();
  identity_stores all{.users = make_user_store(options, shared),
                      .sessions = make_session_store(options, shared),
                      .keys = make_api_key_store(options, shared),
                      .signing = make_signing_key_store(options, shared),
                      .audit = make_audit_store(options, shared)};
  if (auto r = all.reconnect(); !r) return r.error();
  return all;
}

}  // namespace td
