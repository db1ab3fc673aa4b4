#pragma once

// What `survey_database` asks. Each statement reads catalogues only, but for the journal's end.

namespace td::survey_sql {

inline constexpr const char* who =
    "SELECT current_user, current_database(), coalesce(current_schema(), ''), "
    "current_setting('is_superuser') = 'on', pg_has_role('pg_read_all_stats', 'USAGE'), "
    "pg_backend_pid(), current_setting('server_version_num')::int, "
    "extract(epoch FROM pg_postmaster_start_time())::bigint";

/// `reset_val` is what a session of this role begins with, before we set our own.
inline constexpr const char* settings =
    "SELECT name, coalesce(CASE WHEN name IN ('statement_timeout', "
    "'idle_in_transaction_session_timeout') THEN reset_val ELSE setting END, ''), source, "
    "coalesce(sourcefile, ''), coalesce(sourceline, 0) FROM pg_settings WHERE name IN ("
    "'fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'archive_mode', "
    "'data_checksums', 'zero_damaged_pages', 'data_sync_retry', 'autovacuum', 'track_counts', "
    "'max_connections', 'superuser_reserved_connections', 'reserved_connections', "
    "'default_transaction_read_only', 'synchronous_standby_names', 'transaction_timeout', "
    "'idle_in_transaction_session_timeout', 'max_slot_wal_keep_size')";

inline constexpr const char* migrations_there =
    "SELECT to_regclass('schema_migrations') IS NOT NULL, to_regclass('events_mirror') IS NOT NULL";

/// What the product does with its tables; those that are not there yet are left out.
inline constexpr const char* missing_rights =
    "SELECT 'TABLE ' || n.t, string_agg(p, ', ' ORDER BY p) FROM (VALUES "
    "('deployment', 'SELECT'), ('schema_migrations', 'SELECT'), "
    "('events_mirror', 'SELECT,INSERT,DELETE'), ('mirror_batches', 'SELECT,INSERT,DELETE'), "
    "('ingest_lanes', 'SELECT,INSERT,UPDATE,DELETE'), "
    "('dlq_events', 'SELECT,INSERT,UPDATE,DELETE'), ('dlq_history', 'SELECT,INSERT'), "
    "('event_schemas', 'SELECT,INSERT,UPDATE'), ('event_schema_revision', 'SELECT,UPDATE'), "
    "('event_schema_history', 'SELECT,INSERT'), "
    "('schema_shadows', 'SELECT,INSERT,UPDATE'), ('schema_shadow_failures', 'SELECT,INSERT'), "
    "('consumers', 'SELECT,INSERT,UPDATE'), "
    "('consumer_deliveries', 'SELECT,INSERT,UPDATE,DELETE'), "
    "('replay_jobs', 'SELECT,INSERT,UPDATE'), ('replay_audit', 'SELECT,INSERT'), "
    "('retention_policies', 'SELECT,INSERT,UPDATE,DELETE'), "
    "('retention_runs', 'SELECT,INSERT,UPDATE,DELETE'), "
    "('retention_defaults', 'SELECT,INSERT,UPDATE'), "
    "('retention_swept_days', 'SELECT,INSERT,UPDATE,DELETE'), "
    "('users', 'SELECT,INSERT,UPDATE'), ('user_sessions', 'SELECT,INSERT,UPDATE,DELETE'), "
    "('refresh_tokens', 'SELECT,INSERT,UPDATE,DELETE'), ('api_keys', 'SELECT,INSERT,UPDATE'), "
    "('signing_keys', 'SELECT,INSERT,DELETE'), "
    "('login_failures', 'SELECT,INSERT,UPDATE,DELETE'), "
    "('auth_audit_log', 'SELECT,INSERT,UPDATE'), ('audit_head', 'SELECT,UPDATE')) "
    "AS n(t, rights), "
    "LATERAL unnest(string_to_array(n.rights, ',')) AS p "
    "WHERE to_regclass(n.t) IS NOT NULL AND NOT has_table_privilege(to_regclass(n.t), p) "
    "GROUP BY n.t UNION ALL "
    "SELECT 'SEQUENCE mirror_batch_ids', 'USAGE' WHERE to_regclass('mirror_batch_ids') IS NOT NULL "
    "AND NOT has_sequence_privilege(to_regclass('mirror_batch_ids'), 'USAGE') UNION ALL "
    "SELECT 'SCHEMA ' || quote_ident(current_schema()), 'CREATE' WHERE current_schema() IS NOT "
    "NULL "
    "AND NOT has_schema_privilege(current_schema(), 'CREATE') UNION ALL "
    "SELECT 'DATABASE ' || quote_ident(current_database()), 'TEMPORARY' "
    "WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')";

/// Attaching, detaching and dropping days is for owners.
inline constexpr const char* not_owned =
    "SELECT c.relname FROM pg_class c WHERE c.oid = to_regclass('events_mirror') "
    "AND NOT pg_has_role(c.relowner, 'USAGE') UNION ALL "
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
    "WHERE i.inhparent = to_regclass('events_mirror') AND NOT pg_has_role(c.relowner, 'USAGE') "
    "ORDER BY 1";

inline constexpr const char* unlogged =
    "SELECT c.relname FROM pg_class c WHERE c.relpersistence = 'u' AND c.relkind IN ('r', 'p') "
    "AND (c.oid IN (SELECT to_regclass(t) FROM unnest(ARRAY['mirror_batches', 'dlq_events', "
    "'ingest_lanes', 'deployment', 'consumers', 'consumer_deliveries', 'replay_jobs', "
    "'event_schemas', 'users', 'user_sessions', 'refresh_tokens', 'api_keys', 'signing_keys', "
    "'auth_audit_log', 'audit_head']) t) "
    "OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = "
    "to_regclass('events_mirror'))) "
    "ORDER BY 1";

/// Days after today that have no partition; $1: how many are looked at.
inline constexpr const char* first_day_missing =
    "SELECT min(d) FROM generate_series(0, $1::int) d WHERE NOT EXISTS (SELECT FROM pg_inherits i "
    "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass('events_mirror') AND "
    "c.relname = 'events_mirror_' || to_char((now() AT TIME ZONE 'UTC')::date + d, 'YYYYMMDD'))";

/// Those that count against max_connections; what a backend is may be hidden from this role, and of
/// the server's own processes most have no user.
inline constexpr const char* connections =
    "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' OR "
    "(backend_type IS NULL AND usesysid IS NOT NULL)), (SELECT nullif(rolconnlimit, -1) FROM "
    "pg_roles WHERE rolname = current_user), (SELECT nullif(datconnlimit, -1) FROM pg_database "
    "WHERE datname = current_database())";

/// $1, $2: seconds. Of others only: our own parts are named taylordash..., and bound themselves.
/// Statements are left out on purpose: they hold secrets, and findings are shown without a login.
inline constexpr const char* sessions =
    "SELECT idle, pid, usename, application_name, extract(epoch FROM now() - CASE WHEN idle THEN "
    "state_change ELSE xact_start END)::bigint AS age FROM (SELECT state LIKE 'idle in "
    "transaction%' AND now() - state_change > make_interval(secs => $1::int) AS idle, pid, "
    "coalesce(usename, '') AS usename, coalesce(application_name, '') AS application_name, "
    "state_change, xact_start FROM pg_stat_activity WHERE datname = current_database() AND "
    "backend_type = 'client backend' AND application_name NOT LIKE 'taylordash%' AND pid <> "
    "pg_backend_pid()) a WHERE idle OR now() - xact_start > make_interval(secs => $2::int) "
    "ORDER BY 5 DESC LIMIT 10";

/// $1: seconds.
inline constexpr const char* prepared =
    "SELECT gid, extract(epoch FROM now() - prepared)::bigint FROM pg_prepared_xacts WHERE "
    "database "
    "= current_database() AND now() - prepared > make_interval(secs => $1::int) ORDER BY 2 DESC "
    "LIMIT 5";

inline constexpr const char* inactive_slots =
    "SELECT slot_name, greatest(coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0), "
    "0)::bigint FROM pg_replication_slots WHERE NOT active AND restart_lsn IS NOT NULL "
    "ORDER BY 2 DESC LIMIT 5";

inline constexpr const char* archiver =
    "SELECT last_failed_time IS NOT NULL AND (last_archived_time IS NULL OR last_failed_time > "
    "last_archived_time), coalesce(last_failed_wal, '') FROM pg_stat_archiver";

inline constexpr const char* database_size = "SELECT pg_database_size(current_database())";

inline constexpr const char* data_directory =
    "SELECT setting FROM pg_settings WHERE name = 'data_directory'";

/// Of partitions that have been analysed.
inline constexpr const char* bytes_per_event =
    "SELECT sum(pg_total_relation_size(c.oid)) / nullif(sum(c.reltuples), 0) FROM pg_inherits i "
    "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass('events_mirror') AND "
    "c.reltuples >= 1000";

/// Of the last day: the first of its batches is found by halving, as positions and times grow
/// together; how many events a batch has is taken from some 2,000 of them, evenly spread.
inline constexpr const char* events_per_day =
    "WITH RECURSIVE halving(lo, hi) AS (SELECT min(position), max(position) FROM mirror_batches "
    "UNION ALL SELECT CASE WHEN b.committed_at < now() - interval '1 day' THEN h.middle + 1 ELSE "
    "h.lo END, CASE WHEN b.committed_at < now() - interval '1 day' THEN h.hi ELSE h.middle END "
    "FROM (SELECT lo, hi, (lo + hi) / 2 AS middle FROM halving WHERE lo < hi) h CROSS JOIN LATERAL "
    "(SELECT committed_at FROM mirror_batches WHERE position >= h.middle ORDER BY position LIMIT "
    "1) "
    "b), day AS (SELECT lo AS first, (SELECT max(position) FROM mirror_batches) AS last FROM "
    "halving "
    "WHERE lo >= hi LIMIT 1), sample AS (SELECT avg(b.stored) AS stored FROM day, LATERAL "
    "generate_series(day.first, day.last, greatest((day.last - day.first) / 2000, 1)) AS p JOIN "
    "mirror_batches b ON b.position = p), span AS (SELECT extract(epoch FROM now() - committed_at) "
    "AS seconds FROM mirror_batches, day WHERE position >= day.first ORDER BY position LIMIT 1) "
    "SELECT sample.stored * (day.last - day.first + 1) * 86400.0 / nullif(span.seconds, 0), "
    "span.seconds FROM day, sample, span";

inline constexpr const char* clock =
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

}  // namespace td::survey_sql
