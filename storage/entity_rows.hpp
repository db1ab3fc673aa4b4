#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projects/component.hpp"
#include "projects/list_query.hpp"
#include "projects/project.hpp"
#include "projects/task.hpp"
#include "storage/pg.hpp"

namespace td {

/// How an entity stands in its table.
template <class Entity>
struct entity_table;

template <>
struct entity_table<project> {
  static constexpr entity_kind kind = entity_kind::project;
  static constexpr const char* name = "projects";
  static constexpr const char* person = "owner";
  static std::vector<std::string_view> fields();
  static std::vector<pg::session::param> values(const project& p);
  static project read(const pg::rows& r, int row);
};

template <>
struct entity_table<component> {
  static constexpr entity_kind kind = entity_kind::component;
  static constexpr const char* name = "components";
  static constexpr const char* person = "owner";
  static std::vector<std::string_view> fields();
  static std::vector<pg::session::param> values(const component& c);
  static component read(const pg::rows& r, int row);
};

template <>
struct entity_table<task> {
  static constexpr entity_kind kind = entity_kind::task;
  static constexpr const char* name = "tasks";
  static constexpr const char* person = "assignee";
  static std::vector<std::string_view> fields();  ///< columns that are written, the id first
  static std::vector<pg::session::param> values(const task& t);  ///< of them
  static task read(const pg::rows& r, int row);
};

/// What is read of a row, fit for `read`; the table's alias is `e`. `own` columns follow the common
/// ones.
std::string columns_of(const char* person, const char* own);
template <class Entity>
std::string columns();
template <>
std::string columns<project>();
template <>
std::string columns<component>();
template <>
std::string columns<task>();

/// A list: the statement and its parameters. Rows have one column more, the sort key's value as a
/// cursor keeps it, and there is one row more than asked for if there is more.
struct list_statement {
  std::string sql{};
  std::vector<pg::session::param> params{};
};

/// `q` has been checked. `columns`: of the entity, `table`, `person`: of its table.
list_statement list_statement_of(const list_query& q, const std::string& columns,
                                 std::string_view table, std::string_view person);

/// An optional value at a place of a row.
std::optional<std::string> text_at(const pg::rows& r, int row, int column);
std::optional<timestamp> time_at(const pg::rows& r, int row, int column);
std::optional<uuid> uuid_at(const pg::rows& r, int row, int column);

}  // namespace td
