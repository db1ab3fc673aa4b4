#pragma once

/// The statements of session_store.cpp.
namespace td::session_sql {

inline constexpr const char* look_up =
    "SELECT u.id, u.password_hash, u.totp_since IS NOT NULL, u.totp_sealed, u.totp_last_step "
    "FROM users u WHERE u.name = $1 AND u.disabled_at IS NULL";
inline constexpr const char* wait =
    "SELECT ceil(extract(epoch FROM locked_until - $3::timestamptz))::bigint FROM login_failures "
    "WHERE account = $1 AND address = $2 AND locked_until > $3::timestamptz";

// The lock of the row makes the count exact for guesses that come at once.
inline constexpr const char* fail =
    "INSERT INTO login_failures AS f (account, address, failures, last_failed_at, locked_until) "
    "VALUES ($1, $2, 1, $3, $3) ON CONFLICT (account, address) DO UPDATE SET "
    "failures = CASE WHEN f.last_failed_at < $4::timestamptz THEN 1 "
    "ELSE least(f.failures, 1000000) + 1 END, last_failed_at = $3 RETURNING failures";
inline constexpr const char* lock_until =
    "UPDATE login_failures SET locked_until = $3 WHERE account = $1 AND address = $2";
inline constexpr const char* forgive =
    "DELETE FROM login_failures WHERE account = $1 AND address = $2";

// Everything that the login was judged by has to hold still; the step and the recovery code are
// taken by the same statement.
inline constexpr const char* take =
    "UPDATE users SET last_login_at = $3, "
    "password_hash = CASE WHEN $4 = '' THEN password_hash ELSE $4 END, "
    "totp_last_step = coalesce($5::bigint, totp_last_step), "
    "recovery_hashes = CASE WHEN $6::bytea IS NULL THEN recovery_hashes "
    "ELSE array_remove(recovery_hashes, $6::bytea) END "
    "WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL "
    "AND (totp_since IS NULL OR $5::bigint IS NOT NULL OR $6::bytea IS NOT NULL) "
    "AND ($5::bigint IS NULL OR $5::bigint > totp_last_step) "
    "AND ($6::bytea IS NULL OR $6::bytea = ANY (recovery_hashes)) "
    "RETURNING name, role";
inline constexpr const char* open =
    "INSERT INTO user_sessions (id, user_id, created_at, last_seen_at, expires_at, address, "
    "user_agent, cookie, second_factor) VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8)";
inline constexpr const char* add_token =
    "INSERT INTO refresh_tokens (hash, session_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";

inline constexpr const char* presented =
    "SELECT s.id, (extract(epoch FROM r.rotated_at) * 1000000)::bigint, "
    "(extract(epoch FROM r.expires_at) * 1000000)::bigint, s.revoked_at IS NOT NULL, "
    "(extract(epoch FROM s.expires_at) * 1000000)::bigint, s.cookie, u.id, u.name, u.role, "
    "u.disabled_at IS NOT NULL "
    "FROM refresh_tokens r JOIN user_sessions s ON s.id = r.session_id "
    "JOIN users u ON u.id = s.user_id WHERE r.hash = $1 FOR UPDATE OF r, s";
inline constexpr const char* rotate = "UPDATE refresh_tokens SET rotated_at = $2 WHERE hash = $1";
inline constexpr const char* seen = "UPDATE user_sessions SET last_seen_at = $2 WHERE id = $1";

inline constexpr const char* find =
    "SELECT s.revoked_at IS NOT NULL, (extract(epoch FROM s.expires_at) * 1000000)::bigint, "
    "s.cookie, u.id, u.name, u.role, u.disabled_at IS NOT NULL "
    "FROM user_sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1";
inline constexpr const char* list =
    "SELECT id, (extract(epoch FROM created_at) * 1000000)::bigint, "
    "(extract(epoch FROM last_seen_at) * 1000000)::bigint, "
    "(extract(epoch FROM expires_at) * 1000000)::bigint, address, user_agent, cookie, "
    "second_factor "
    "FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2::timestamptz "
    "ORDER BY created_at DESC, id LIMIT 1000";
inline constexpr const char* end =
    "UPDATE user_sessions SET revoked_at = $3, revoked_why = $4 WHERE id = $1 AND user_id = $2 "
    "AND revoked_at IS NULL AND expires_at > $3::timestamptz";

inline constexpr const char* forget_tokens =
    "DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens "
    "WHERE expires_at < $1::timestamptz LIMIT 5000)";
inline constexpr const char* forget_sessions =
    "DELETE FROM user_sessions WHERE id IN (SELECT id FROM user_sessions "
    "WHERE expires_at < $1::timestamptz LIMIT 1000)";
inline constexpr const char* forget_failures =
    "DELETE FROM login_failures WHERE (account, address) IN (SELECT account, address "
    "FROM login_failures WHERE last_failed_at < $1::timestamptz LIMIT 5000)";

}  // namespace td::session_sql
