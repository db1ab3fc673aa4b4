#include "projects/project.hpp"

#include "projects/fields.hpp"

namespace td {

namespace {

result<void> take(const project_change& wanted, project& to, timestamp at) {
  if (auto r = apply(wanted, to, "owner"); !r) return r;
  if (wanted.key) {
    if (auto r = fields::check_key(*wanted.key); !r) return r;
    to.key = *wanted.key;
  }
  if (wanted.status && *wanted.status != to.status) {
    to.status = *wanted.status;
    to.lived = after_step(to.lived, phase_of(to.status), at);
  }
  return ok();
}

}  // namespace

result<project> make_project(const project_change& wanted, const uuid& id, timestamp at) {
  project p;
  p.id = id;
  p.created_at = p.updated_at = at;
  if (auto r = take(wanted, p, at); !r) return r.error();
  if (auto r = fields::check_key(p.key); !r) return r.error();
  if (auto r = fields::check_title(p.title); !r) return r.error();
  return p;
}

result<project> changed(const project& before, const project_change& wanted, timestamp at) {
  if (auto r = check_not_archived(before, entity_kind::project); !r) return r.error();
  if (wanted.status) {
    if (auto r = check_step(before.status, *wanted.status); !r) return r.error();
  }
  auto after = before;
  if (auto r = take(wanted, after, at); !r) return r.error();
  return next_version(before, std::move(after), at);
}

}  // namespace td
