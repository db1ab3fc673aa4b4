#include "projects/entity.hpp"

#include <array>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "projects/fields.hpp"

namespace td {

namespace {

/// Takes a new value over if there is one and it passes.
template <class Value, class Check>
result<void> take(const std::optional<Value>& from, Value& to, Check check) {
  if (!from) return ok();
  if (auto fits = check(*from); !fits) return fits;
  to = *from;
  return ok();
}

}  // namespace

std::string_view name_of(entity_kind k) noexcept {
  constexpr std::array<std::string_view, 3> names{"project", "component", "task"};
  return names[static_cast<std::size_t>(k)];
}

result<void> apply(const entity_change& c, entity& to, std::string_view person_field) {
  const auto check_person = [&](const auto& v) { return fields::check_person(person_field, v); };
  if (auto r = take(c.title, to.title, fields::check_title); !r) return r;
  if (auto r = take(c.description, to.description, fields::check_description); !r) return r;
  if (auto r = take(c.person, to.person, check_person); !r) return r;
  if (auto r = take(c.labels, to.labels, fields::check_labels); !r) return r;
  if (auto r = take(c.due_at, to.due_at, fields::check_due); !r) return r;
  if (auto r = take(c.metadata, to.metadata, fields::check_metadata); !r) return r;
  if (c.urgency) to.urgency = *c.urgency;
  return ok();
}

bool same_metadata(std::string_view a, std::string_view b) {
  if (a == b) return true;
  boost::system::error_code bad;
  const auto left = boost::json::parse({a.data(), a.size()}, bad);
  if (bad) return false;
  const auto right = boost::json::parse({b.data(), b.size()}, bad);
  return !bad && left == right;
}

result<void> check_not_archived(const entity& e, entity_kind kind) {
  if (!e.archived_at) return ok();
  return failure{errc::conflict, fmt::format("the {} is archived since {}; restore it first",
                                             name_of(kind), to_rfc3339(*e.archived_at))};
}

}  // namespace td
