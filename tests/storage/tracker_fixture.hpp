#pragma once

#include <string>
#include <vector>

#include "storage/component_store.hpp"
#include "storage/dependency_store.hpp"
#include "storage/project_store.hpp"
#include "storage/task_store.hpp"
#include "tests/storage/fixtures.hpp"

namespace td::test {

/// A database with one project, PAY, and the stores on one connection.
struct tracker_fixture : fresh_database {
  shared_connection connection = must(open_entity_connection(options));
  std::unique_ptr<project_store> projects = make_project_store(connection);
  std::unique_ptr<component_store> components = make_component_store(connection);
  std::unique_ptr<task_store> tasks = make_task_store(connection);
  std::unique_ptr<dependency_store> dependencies = make_dependency_store(connection);
  write_context anna{.actor = "anna", .trace_id = id_of(77, 9)};
  project pay = must(projects->create(project_named("PAY", "Payments"), anna));

  static project_change project_named(std::string key, std::string title) {
    project_change c;
    c.key = std::move(key);
    c.title = std::move(title);
    return c;
  }
  static component_change component_named(std::string slug) {
    component_change c;
    c.title = "The " + slug;
    c.slug = std::move(slug);
    return c;
  }
  static task_change titled(std::string title) {
    task_change c;
    c.title = std::move(title);
    return c;
  }

  component add_component(const std::string& slug) {
    return must(components->create(pay.id, component_named(slug), anna));
  }
  task add_task(const std::string& title) {
    return must(tasks->create(pay.id, titled(title), anna));
  }

  /// Kinds of what is in the outbox, oldest first; forgets.
  std::string said() {
    return value(
        "WITH gone AS (DELETE FROM outbox_events RETURNING id, kind) "
        "SELECT coalesce(string_agg(kind, ' ' ORDER BY id), '') FROM gone");
  }
};

/// The failure of a result that must have one.
template <class T>
failure why_not(const result<T>& r) {
  if (r) throw std::runtime_error("it succeeded");
  return r.error();
}

}  // namespace td::test
