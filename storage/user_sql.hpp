#pragma once

/// The statements of user_store.cpp. Times are parameters: the node's clock decides, as it does for
/// tokens.
namespace td::user_sql {

inline constexpr const char* list =
    "SELECT u.id, u.name, u.role, u.disabled_at IS NOT NULL, u.totp_since IS NOT NULL, "
    "cardinality(u.recovery_hashes), "
    "(SELECT count(*) FROM user_sessions s WHERE s.user_id = u.id AND s.revoked_at IS NULL AND "
    "s.expires_at > $2::timestamptz), "
    "(SELECT count(*) FROM login_failures f WHERE f.account = u.name AND f.locked_until > "
    "$2::timestamptz), "
    "(extract(epoch FROM u.last_login_at) * 1000000)::bigint, "
    "(extract(epoch FROM u.password_changed_at) * 1000000)::bigint, "
    "(extract(epoch FROM u.created_at) * 1000000)::bigint, u.created_by "
    "FROM users u WHERE $1 IN ('', u.name) ORDER BY u.name";

inline constexpr const char* secrets =
    "SELECT id, name, password_hash, totp_sealed, totp_since IS NOT NULL, totp_last_step FROM "
    "users "
    "WHERE id = $1";

inline constexpr const char* add =
    "INSERT INTO users (id, name, role, password_hash, password_changed_at, created_at, "
    "created_by) "
    "VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT (name) DO NOTHING";

/// Locks the row, so that what is decided from it holds until the COMMIT.
inline constexpr const char* locked =
    "SELECT id, role, disabled_at IS NOT NULL FROM users WHERE name = $1 FOR UPDATE";

inline constexpr const char* other_admins =
    "SELECT count(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1";

inline constexpr const char* set_role = "UPDATE users SET role = $2 WHERE id = $1";
inline constexpr const char* set_password =
    "UPDATE users SET password_hash = $2, password_changed_at = $3 WHERE id = $1";
inline constexpr const char* set_disabled = "UPDATE users SET disabled_at = $2 WHERE id = $1";
inline constexpr const char* unlock = "DELETE FROM login_failures WHERE account = $1";

inline constexpr const char* end_sessions =
    "UPDATE user_sessions SET revoked_at = $2, revoked_why = $3 WHERE user_id = $1 AND "
    "revoked_at IS NULL AND expires_at > $2::timestamptz AND ($4::uuid IS NULL OR id <> $4::uuid)";

inline constexpr const char* offer_totp =
    "UPDATE users SET totp_sealed = $2, totp_last_step = 0 WHERE id = $1 AND totp_since IS NULL";
inline constexpr const char* confirm_totp =
    "UPDATE users SET totp_since = $2, totp_last_step = $3, recovery_hashes = $4::bytea[] "
    "WHERE id = $1 AND totp_since IS NULL AND totp_sealed IS NOT NULL RETURNING name";
inline constexpr const char* remove_totp =
    "UPDATE users SET totp_sealed = NULL, totp_since = NULL, recovery_hashes = '{}' "
    "WHERE id = $1 AND totp_sealed IS NOT NULL";

}  // namespace td::user_sql
