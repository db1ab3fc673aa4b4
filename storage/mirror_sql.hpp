#pragma once

/// The statements of the mirror. {0}, {1}...: filled in by fmt.
namespace td::mirror_sql {

inline constexpr const char* next_batch_id = "SELECT nextval('mirror_batch_ids')";

// -- the journal ---

// Runs behind the journal's advisory lock, in a snapshot of its own, so max() is what the last
// holder committed: positions have no gaps and appear in commit order. (A counter row would do the
// same, but leaves a dead version per batch; under a dump of some hours each update has to climb
// over all of them.) The batch id that comes back with it is the next batch's. What stands behind
// COMMIT tells how long that took: on this clock, and without a round trip more.
inline constexpr const char* prepare_journal =
    "PREPARE td_journal (bigint, int, bigint, bigint, int, int, int, timestamptz, timestamptz) AS "
    "INSERT INTO mirror_batches (position, batch_id, lane, epoch, number, stored, duplicate, "
    "dead_lettered, first_occurred_at, last_occurred_at, committed_at) "
    "SELECT coalesce(max(position), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp() "
    "FROM mirror_batches RETURNING position, "
    "(extract(epoch FROM committed_at) * 1000000)::bigint, nextval('mirror_batch_ids')";
inline constexpr const char* commit =
    "SELECT {0}; EXECUTE td_journal ({1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}); COMMIT; "
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

// -- the fast path ---

inline constexpr const char* copy_direct = "COPY events_mirror ({0}) FROM STDIN (FORMAT binary)";

// -- staging, made once per connection ---

inline constexpr const char* create_staging =
    "CREATE TEMP TABLE IF NOT EXISTS mirror_incoming (rank int NOT NULL, LIKE events_mirror) "
    "ON COMMIT DELETE ROWS; "
    "CREATE TEMP TABLE IF NOT EXISTS dlq_incoming (delivery_hash bytea, attempts int, stage text, "
    "code text, detail text, pointer text, fingerprint text, topic text, schema_version int, "
    "event_id uuid, "
    "occurred_at timestamptz, kind text, source text, raw bytea) ON COMMIT DELETE ROWS";

// -- the duplicate path ---

inline constexpr const char* copy_staged =
    "COPY pg_temp.mirror_incoming (rank, {0}) FROM STDIN (FORMAT binary)";
inline constexpr const char* merge =
    "INSERT INTO events_mirror ({0}) SELECT {0} FROM pg_temp.mirror_incoming ORDER BY rank "
    "ON CONFLICT DO NOTHING";
// How many of the rows are in the mirror now, by key (all of them, or something swallows rows), and
// how many of those met another one that says something else. The bounds prune partitions while
// planning.
inline constexpr const char* compare =
    "SELECT count(*), count(*) FILTER (WHERE (m.batch_id, m.batch_index) <> "
    "(i.batch_id, i.batch_index) "
    "AND (m.payload <> i.payload OR m.kind <> i.kind OR m.source <> i.source)) "
    "FROM pg_temp.mirror_incoming i JOIN events_mirror m "
    "ON m.event_id = i.event_id AND m.occurred_at = i.occurred_at "
    "WHERE m.occurred_at BETWEEN {0} AND {1}";

// -- rows that the server refuses ---

// The server tries chunks of 64 rows, and the rows of a chunk that fails one by one, each in a
// subtransaction: one round trip whatever the number of bad rows. What was wrong with a row goes
// to mirror_refused, to be judged by sqlstate_table().
inline constexpr const char* create_isolation =
    "CREATE TEMP TABLE IF NOT EXISTS mirror_raw (rank int PRIMARY KEY, event_id uuid, "
    "trace_id uuid, occurred_at timestamptz, received_at timestamptz, batch_id bigint, "
    "batch_index int, schema_version int, kind bytea, source bytea, topic bytea, payload bytea) "
    "ON COMMIT DELETE ROWS; "
    "CREATE TEMP TABLE IF NOT EXISTS mirror_refused (rank int, state text, message text, "
    "table_name text, constraint_name text) ON COMMIT DELETE ROWS; "
    R"(
CREATE OR REPLACE FUNCTION pg_temp.mirror_take(low int, high int, INOUT stored bigint,
                                               INOUT present bigint, INOUT conflicts bigint)
LANGUAGE plpgsql AS $$
DECLARE
  taken bigint;
  found bigint;
  differing bigint;
BEGIN
  INSERT INTO events_mirror (event_id, trace_id, occurred_at, received_at, batch_id, batch_index,
                             schema_version, kind, source, topic, payload)
  SELECT event_id, trace_id, occurred_at, received_at, batch_id, batch_index, schema_version,
         convert_from(kind, 'UTF8'), convert_from(source, 'UTF8'), convert_from(topic, 'UTF8'),
         convert_from(payload, 'UTF8')::jsonb
  FROM pg_temp.mirror_raw WHERE rank BETWEEN low AND high ORDER BY rank
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS taken = ROW_COUNT;
  SELECT count(*), count(*) FILTER (
           WHERE (m.batch_id, m.batch_index) <> (i.batch_id, i.batch_index)
           AND (m.payload <> convert_from(i.payload, 'UTF8')::jsonb
                OR m.kind <> convert_from(i.kind, 'UTF8')
                OR m.source <> convert_from(i.source, 'UTF8')))
  INTO found, differing
  FROM pg_temp.mirror_raw i
  JOIN events_mirror m ON m.event_id = i.event_id AND m.occurred_at = i.occurred_at
  WHERE i.rank BETWEEN low AND high;
  stored := stored + taken;
  present := present + found;
  conflicts := conflicts + differing;
END $$;

CREATE OR REPLACE FUNCTION pg_temp.mirror_isolate(OUT stored bigint, OUT present bigint,
                                                  OUT conflicts bigint)
LANGUAGE plpgsql AS $$
DECLARE
  chunk constant int := 64;
  low int;
  one int;
  last int;
  state text;
  message text;
  of_table text;
  of_constraint text;
BEGIN
  stored := 0;
  present := 0;
  conflicts := 0;
  SELECT max(rank) INTO last FROM pg_temp.mirror_raw;
  FOR low IN SELECT generate_series(0, last, chunk) LOOP
    BEGIN
      SELECT t.stored, t.present, t.conflicts INTO stored, present, conflicts
      FROM pg_temp.mirror_take(low, low + chunk - 1, stored, present, conflicts) t;
    EXCEPTION WHEN OTHERS THEN
      FOR one IN SELECT generate_series(low, least(low + chunk - 1, last)) LOOP
        BEGIN
          SELECT t.stored, t.present, t.conflicts INTO stored, present, conflicts
          FROM pg_temp.mirror_take(one, one, stored, present, conflicts) t;
        EXCEPTION WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
            of_table = TABLE_NAME, of_constraint = CONSTRAINT_NAME;
          INSERT INTO pg_temp.mirror_refused VALUES (one, state, message, of_table, of_constraint);
        END;
      END LOOP;
    END;
  END LOOP;
END $$)";
inline constexpr const char* copy_raw =
    "COPY pg_temp.mirror_raw (rank, {0}) FROM STDIN (FORMAT binary)";
inline constexpr const char* isolate =
    "SELECT stored, present, conflicts FROM pg_temp.mirror_isolate()";
inline constexpr const char* refused =
    "SELECT rank, state, message, table_name, constraint_name FROM pg_temp.mirror_refused "
    "ORDER BY rank";

// -- dead letters ---

inline constexpr const char* copy_dead_letters =
    "COPY pg_temp.dlq_incoming ({0}) FROM STDIN (FORMAT binary)";
// Delivered again: one attempt more, the latest reason. What a person discarded stays discarded.
inline constexpr const char* store_dead_letters =
    "INSERT INTO dlq_events AS d (delivery_hash, first_failure, last_failure, "
    "batch_id, lane, attempts, status, stage, code, detail, pointer, fingerprint, topic, "
    "schema_version, event_id, occurred_at, kind, source, raw) "
    "SELECT delivery_hash, now(), now(), {0}, {1}, attempts, 'open', stage, code, detail, "
    "pointer, fingerprint, topic, schema_version, event_id, occurred_at, kind, source, raw "
    "FROM pg_temp.dlq_incoming ORDER BY delivery_hash "
    "ON CONFLICT (delivery_hash) DO UPDATE SET attempts = d.attempts + excluded.attempts, "
    "last_failure = excluded.last_failure, batch_id = excluded.batch_id, "
    "lane = excluded.lane, stage = excluded.stage, code = excluded.code, "
    "detail = excluded.detail, pointer = excluded.pointer, fingerprint = excluded.fingerprint, "
    "schema_version = excluded.schema_version, "
    "event_id = excluded.event_id, occurred_at = excluded.occurred_at, kind = excluded.kind, "
    "source = excluded.source, "
    "status = CASE d.status WHEN 'discarded' THEN d.status ELSE excluded.status END";

}  // namespace td::mirror_sql
