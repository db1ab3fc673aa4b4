#include "projects/entity_json.hpp"

#include <boost/json.hpp>

namespace td {

namespace {

namespace json = boost::json;

json::value of(const std::optional<timestamp>& t) {
  return t ? json::value(to_rfc3339(*t)) : json::value{};
}
json::value of(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value{};
}
json::value of(const std::optional<uuid>& id) {
  return id ? json::value(to_string(*id)) : json::value{};
}
json::value of(const std::optional<std::int32_t>& n) {
  return n ? json::value(*n) : json::value{};
}

void add_front(json::object& to, const entity& e) {
  to["title"] = e.title;
  to["description"] = e.description;
}

void add_back(json::object& to, const entity& e, const char* person) {
  to["priority"] = name_of(e.urgency);
  to[person] = of(e.person);
  to["labels"] = json::array(e.labels.begin(), e.labels.end());
  to["due_at"] = of(e.due_at);
  boost::system::error_code bad;
  auto metadata = json::parse(e.metadata, bad);
  to["metadata"] = bad ? json::value(json::object{}) : std::move(metadata);
  to["version"] = e.version;
  to["created_at"] = to_rfc3339(e.created_at);
  to["updated_at"] = to_rfc3339(e.updated_at);
  to["started_at"] = of(e.lived.started_at);
  to["completed_at"] = of(e.lived.completed_at);
  to["archived_at"] = of(e.archived_at);
}

}  // namespace

json::object to_json(const project& p) {
  json::object o;
  o["project_id"] = to_string(p.id);
  o["key"] = p.key;
  add_front(o, p);
  o["status"] = name_of(p.status);
  add_back(o, p, "owner");
  return o;
}

json::object to_json(const component& c) {
  json::object o;
  o["component_id"] = to_string(c.id);
  o["project_id"] = to_string(c.project_id);
  o["slug"] = c.slug;
  add_front(o, c);
  o["status"] = name_of(c.status);
  o["estimate"] = of(c.estimate);
  o["position"] = c.position;
  add_back(o, c, "owner");
  return o;
}

json::object to_json(const task& t) {
  json::object o;
  o["task_id"] = to_string(t.id);
  o["project_id"] = to_string(t.project_id);
  o["component_id"] = of(t.component_id);
  o["parent_id"] = of(t.parent_id);
  o["number"] = t.number;
  add_front(o, t);
  o["status"] = name_of(t.status);
  o["estimate"] = of(t.estimate);
  o["progress"] = t.progress;
  o["position"] = t.position;
  add_back(o, t, "assignee");
  return o;
}

}  // namespace td
