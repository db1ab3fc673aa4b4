#pragma once

/// The statements about projects, components and tasks that are no plain reading or writing of a
/// row (entity_access.hpp). {0}, {1}...: filled in by fmt.
namespace td::project_sql {

// NO KEY: rows that refer to the project may be written meanwhile.
inline constexpr const char* lock =
    "SELECT archived_at IS NOT NULL FROM projects WHERE id = $1 FOR NO KEY UPDATE";
// $1: ids of tasks; in one order, so that nobody waits in a circle.
inline constexpr const char* lock_of_tasks =
    "SELECT p.id FROM projects p WHERE p.id IN (SELECT project_id FROM tasks "
    "WHERE id = ANY ($1::uuid[])) ORDER BY p.id FOR NO KEY UPDATE";
inline constexpr const char* last_position = "SELECT max(position) FROM {0} WHERE project_id = $1";

inline constexpr const char* count_components =
    "SELECT count(*) FROM components WHERE project_id = $1";

inline constexpr const char* next_task_number =
    "UPDATE projects SET last_task_number = last_task_number + 1 WHERE id = $1 "
    "RETURNING last_task_number";

inline constexpr const char* find_task =
    "SELECT {0} FROM tasks e JOIN projects p ON p.id = e.project_id "
    "WHERE p.key = $1 AND e.number = $2";

// They stay until the transaction has ended: what refers to them can't fail in its middle.
inline constexpr const char* has_component =
    "SELECT 1 FROM components WHERE project_id = $1 AND id = $2 FOR KEY SHARE";
inline constexpr const char* hold_task = "SELECT 1 FROM tasks WHERE id = $1 FOR KEY SHARE";

// The task and those it is a part of, upwards. $1: the first, $2: how many steps at most.
inline constexpr const char* parents =
    "WITH RECURSIVE up AS (SELECT t.id, t.parent_id, t.number, t.project_id, 1 AS step FROM tasks "
    "t "
    "WHERE t.id = $1 UNION ALL SELECT t.id, t.parent_id, t.number, t.project_id, up.step + 1 "
    "FROM up JOIN tasks t ON t.id = up.parent_id WHERE up.step < $2::int) "
    "SELECT up.id, p.key || '-' || up.number, up.project_id FROM up "
    "JOIN projects p ON p.id = up.project_id ORDER BY up.step";

// -- the graph ---

// What is archived counts as finished. What remains: the estimates of unfinished tasks where tasks
// have any, else the component's own.
inline constexpr const char* graph_nodes =
    "SELECT c.id, c.slug, c.title, c.status, "
    "c.archived_at IS NOT NULL OR c.status IN ('done', 'cancelled'), "
    "CASE WHEN c.archived_at IS NOT NULL OR c.status IN ('done', 'cancelled') THEN 0 "
    "WHEN t.estimated > 0 THEN t.left ELSE coalesce(c.estimate, 0) END "
    "FROM components c LEFT JOIN (SELECT component_id, count(estimate) AS estimated, "
    "coalesce(sum(estimate) FILTER (WHERE status NOT IN ('done', 'cancelled')), 0) AS left "
    "FROM tasks WHERE project_id = $1 AND component_id IS NOT NULL AND archived_at IS NULL "
    "GROUP BY component_id) t ON t.component_id = c.id "
    "WHERE c.project_id = $1 ORDER BY c.position, c.id";
inline constexpr const char* graph_edges =
    "SELECT component_id, depends_on FROM component_dependencies WHERE project_id = $1 "
    "ORDER BY component_id, depends_on";
inline constexpr const char* add_dependency =
    "INSERT INTO component_dependencies (project_id, component_id, depends_on, created_at, "
    "created_by) VALUES ($1, $2, $3, $4, $5)";
inline constexpr const char* remove_dependency =
    "DELETE FROM component_dependencies WHERE component_id = $1 AND depends_on = $2";

// -- history ---

// {0}: event columns, {1}: on which days, {2}: of which events. $1: the payload that holds the
// entity's id; ($2, $3): behind which event.
inline constexpr const char* history =
    "SELECT {0} FROM events_mirror m WHERE {1} AND {2} "
    "AND ($2::timestamptz IS NULL OR (m.occurred_at, m.event_id) < ($2, $3::uuid)) "
    "ORDER BY m.occurred_at DESC, m.event_id DESC LIMIT {3}";
inline constexpr const char* event_columns =
    "m.event_id, (extract(epoch FROM m.occurred_at) * 1000000)::bigint, m.kind, m.source, m.topic, "
    "m.trace_id, m.payload::text";
inline constexpr const char* of_payload = "m.payload @> $1::jsonb";
// Our own writes, through the outbox: by key, however large the day is.
inline constexpr const char* of_outbox =
    "(m.event_id, m.occurred_at) IN (SELECT o.event_id, o.occurred_at FROM outbox_events o "
    "WHERE o.entity = ($1::jsonb ->> '{0}')::uuid)";
inline constexpr const char* open_days =
    "m.occurred_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'";
inline constexpr const char* closed_days =
    "m.occurred_at < date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'";

}  // namespace td::project_sql
