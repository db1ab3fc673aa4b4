#include "projects/task.hpp"

#include "projects/fields.hpp"

namespace td {

namespace {

void enter(task& t, task_status status, timestamp at) {
  t.status = status;
  t.lived = after_step(t.lived, phase_of(status), at);
  if (status == task_status::done) t.progress = fields::max_progress;
}

result<void> take(const task_change& wanted, task& to, timestamp at) {
  if (auto r = apply(wanted, to, "assignee"); !r) return r;
  if (wanted.estimate) {
    if (auto r = fields::check_estimate(*wanted.estimate); !r) return r;
    to.estimate = *wanted.estimate;
  }
  if (wanted.position) {
    if (auto r = fields::check_position(*wanted.position); !r) return r;
    to.position = *wanted.position;
  }
  if (wanted.component_id) to.component_id = *wanted.component_id;
  if (wanted.parent_id) {
    if (*wanted.parent_id == to.id) {
      return failure{errc::dependency_cycle, "a task can't be a part of itself; take another parent",
                     "/parent_id"};
    }
    to.parent_id = *wanted.parent_id;
  }
  if (wanted.progress) {
    if (auto r = fields::check_progress(*wanted.progress); !r) return r;
    to.progress = *wanted.progress;
  }
  if (wanted.status && *wanted.status != to.status) enter(to, *wanted.status, at);
  return ok();
}

}  // namespace

result<task> make_task(const task_change& wanted, const uuid& id, const uuid& project_id,
                       std::int32_t number, timestamp at) {
  task t;
  t.id = id;
  t.project_id = project_id;
  t.number = number;
  t.created_at = t.updated_at = at;
  if (auto r = take(wanted, t, at); !r) return r.error();
  if (auto r = fields::check_title(t.title); !r) return r.error();
  if (auto r = fields::check_position(t.position); !r) return r.error();
  return t;
}

result<task> changed(const task& before, const task_change& wanted, timestamp at) {
  if (auto r = check_not_archived(before, entity_kind::task); !r) return r.error();
  if (wanted.status) {
    if (auto r = check_step(before.status, *wanted.status); !r) return r.error();
  }
  auto after = before;
  if (auto r = take(wanted, after, at); !r) return r.error();
  return next_version(before, std::move(after), at);
}

}  // namespace td
