#include "projects/component.hpp"

#include "projects/fields.hpp"

namespace td {

namespace {

result<void> take(const component_change& wanted, component& to, timestamp at) {
  if (auto r = apply(wanted, to, "owner"); !r) return r;
  if (wanted.slug) {
    if (auto r = fields::check_slug(*wanted.slug); !r) return r;
    to.slug = *wanted.slug;
  }
  if (wanted.estimate) {
    if (auto r = fields::check_estimate(*wanted.estimate); !r) return r;
    to.estimate = *wanted.estimate;
  }
  if (wanted.position) {
    if (auto r = fields::check_position(*wanted.position); !r) return r;
    to.position = *wanted.position;
  }
  if (wanted.status && *wanted.status != to.status) {
    to.status = *wanted.status;
    to.lived = after_step(to.lived, phase_of(to.status), at);
  }
  return ok();
}

}  // namespace

result<component> make_component(const component_change& wanted, const uuid& id,
                                 const uuid& project_id, timestamp at) {
  component c;
  c.id = id;
  c.project_id = project_id;
  c.created_at = c.updated_at = at;
  if (auto r = take(wanted, c, at); !r) return r.error();
  if (auto r = fields::check_slug(c.slug); !r) return r.error();
  if (auto r = fields::check_title(c.title); !r) return r.error();
  if (auto r = fields::check_position(c.position); !r) return r.error();
  return c;
}

result<component> changed(const component& before, const component_change& wanted, timestamp at) {
  if (auto r = check_not_archived(before, entity_kind::component); !r) return r.error();
  if (wanted.status) {
    if (auto r = check_step(before.status, *wanted.status); !r) return r.error();
  }
  auto after = before;
  if (auto r = take(wanted, after, at); !r) return r.error();
  return next_version(before, std::move(after), at);
}

}  // namespace td
