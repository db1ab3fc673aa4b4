#include "projects/task.hpp"

#include "projects/fields.hpp"

namespace td {

namespace {

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
      return failure{errc::dependency_cycle,
                     "a task can't be a part of itself; take another parent", "/parent_id"};
    }
    to.parent_id = *wanted.parent_id;
  }
  if (wanted.progress) {
    if (auto r = fields::check_progress(*wanted.progress); !r) return r;
    to.progress = *wanted.progress;
  }
  if (wanted.status && *wanted.status != to.status) {
    to.status = *wanted.status;
    to.lived = after_step(to.lived, phase_of(to.status), at);
  }
  if (to.status == task_status::done) to.progress = fields::max_progress;
  if (wanted.progress && *wanted.progress != to.progress) {
    return failure{errc::value_invalid,
                   "the progress of a done task is 100; leave it out, or open the task again",
                   "/progress"};
  }
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
