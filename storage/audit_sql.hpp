#pragma once

/// The statements of audit_store.cpp.
namespace td::audit_sql {

inline constexpr const char* append =
    "INSERT INTO auth_audit_log (id, at, action, result, actor, actor_id, target, before, after, "
    "address, request_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::json, $9::json, $10, "
    "$11, "
    "$12)";

inline constexpr const char* columns =
    "id, (extract(epoch FROM at) * 1000000)::bigint, action, result, actor, actor_id, target, "
    "before::text, after::text, address, request_id, detail, position, mac, link";

// Constant parameters: one plan, nothing of the outside in the text.
inline constexpr const char* list =
    "SELECT {} FROM auth_audit_log WHERE "
    "($1 = '' OR actor = $1 OR actor = 'user ' || $1 OR actor = 'api_key ' || $1) AND "
    "($2 = '' OR target = $2 OR target = 'user ' || $2 OR target = 'api_key ' || $2) AND "
    "$3 IN ('', action) AND $4 IN ('', result) AND $5 IN ('', address) AND "
    "$6 IN ('', request_id) AND ($7::timestamptz IS NULL OR at >= $7) AND "
    "($8::timestamptz IS NULL OR at < $8) AND "
    "($9::timestamptz IS NULL OR (at, id) < ($9::timestamptz, $10::uuid)) "
    "ORDER BY at DESC, id DESC LIMIT $11";

// The order of `at` is that of the events as far as their nodes' clocks agree.
inline constexpr const char* waiting =
    "SELECT {} FROM auth_audit_log WHERE position IS NULL ORDER BY at, id LIMIT $1";
inline constexpr const char* place =
    "UPDATE auth_audit_log a SET position = v.position, mac = v.mac, link = v.link "
    "FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::bytea[]) AS v(id, position, mac, link) "
    "WHERE a.id = v.id AND a.position IS NULL";
inline constexpr const char* head = "SELECT position, link FROM audit_head";
inline constexpr const char* head_at =
    "SELECT position, link FROM auth_audit_log WHERE position = $1";
inline constexpr const char* move_head =
    "UPDATE audit_head SET position = $1, link = $2, at = now() WHERE position = $3 AND link = $4";
inline constexpr const char* tail =
    "SELECT count(*), (extract(epoch FROM min(at)) * 1000000)::bigint FROM auth_audit_log "
    "WHERE position IS NULL";
inline constexpr const char* visit =
    "DECLARE chained NO SCROLL CURSOR FOR SELECT {} FROM auth_audit_log "
    "WHERE position IS NOT NULL ORDER BY position, id";

}  // namespace td::audit_sql
