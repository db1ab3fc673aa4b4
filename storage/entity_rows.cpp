#include "storage/entity_rows.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "storage/event_sql.hpp"
#include "storage/pg_array.hpp"

namespace td {

namespace {

using param = pg::session::param;
using params = std::vector<param>;

/// Of the columns that every entity has.
constexpr int common = 14;

template <class Enum>
Enum enum_at(const pg::rows& r, int row, int column) {
  return named<Enum>(r.text(row, column)).value();  // a CHECK sees to it
}

std::optional<std::int32_t> number_at(const pg::rows& r, int row, int column) {
  if (r.is_null(row, column)) return std::nullopt;
  return static_cast<std::int32_t>(r.number(row, column));
}

param text_of(const std::optional<timestamp>& t) {
  return t ? param{to_rfc3339(*t)} : std::nullopt;
}
param text_of(const std::optional<uuid>& id) {
  return id ? param{to_string(*id)} : std::nullopt;
}
param text_of(const std::optional<std::int32_t>& n) {
  return n ? param{std::to_string(*n)} : std::nullopt;
}

void read_common(const pg::rows& r, int row, entity& e) {
  e.id = parse_uuid(r.text(row, 0)).value();
  e.title = r.text(row, 1);
  e.description = r.text(row, 2);
  e.urgency = static_cast<priority>(r.number(row, 3));
  e.person = text_at(r, row, 4);
  const auto labels = boost::json::parse(std::string{r.text(row, 5)});
  for (const auto& label : labels.as_array())
    e.labels.emplace_back(label.as_string());
  e.due_at = time_at(r, row, 6);
  e.metadata = r.text(row, 7);
  e.version = r.number(row, 8);
  e.created_at = r.time(row, 9);
  e.updated_at = r.time(row, 10);
  e.lived = {time_at(r, row, 11), time_at(r, row, 12)};
  e.archived_at = time_at(r, row, 13);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    all.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

params common_values(const entity& e) {
  return {to_string(e.id),
          e.title,
          e.description,
          std::to_string(static_cast<int>(e.urgency)),
          e.person,
          pg_array_of(e.labels),
          text_of(e.due_at),
          e.metadata,
          std::to_string(e.version),
          to_rfc3339(e.created_at),
          to_rfc3339(e.updated_at),
          text_of(e.lived.started_at),
          text_of(e.lived.completed_at),
          text_of(e.archived_at)};
}

params with(params all, std::initializer_list<param> more) {
  all.insert(all.end(), more);
  return all;
}

constexpr const char* owner_fields =
    "id title description priority owner labels due_at metadata version created_at updated_at "
    "started_at completed_at archived_at";

}  // namespace

std::optional<std::string> text_at(const pg::rows& r, int row, int column) {
  if (r.is_null(row, column)) return std::nullopt;
  return std::string{r.text(row, column)};
}
std::optional<timestamp> time_at(const pg::rows& r, int row, int column) {
  if (r.is_null(row, column)) return std::nullopt;
  return r.time(row, column);
}
std::optional<uuid> uuid_at(const pg::rows& r, int row, int column) {
  if (r.is_null(row, column)) return std::nullopt;
  return parse_uuid(r.text(row, column));
}

std::string columns_of(const char* person, const char* own) {
  const auto micros = [](const char* column) {
    return fmt::format(fmt::runtime(micros_sql), column);
  };
  return fmt::format(
      "e.id, e.title, e.description, e.priority, e.{}, to_jsonb(e.labels)::text, {}, "
      "e.metadata::text, e.version, {}, {}, {}, {}, {}, {}",
      person, micros("e.due_at"), micros("e.created_at"), micros("e.updated_at"),
      micros("e.started_at"), micros("e.completed_at"), micros("e.archived_at"), own);
}

// -- projects ---

template <>
std::string columns<project>() {
  return columns_of("owner", "e.key, e.status");
}

std::vector<std::string_view> entity_table<project>::fields() {
  auto all = words_of(owner_fields);
  for (const auto own : {"key", "status"})
    all.emplace_back(own);
  return all;
}

params entity_table<project>::values(const project& p) {
  return with(common_values(p), {p.key, std::string{name_of(p.status)}});
}

project entity_table<project>::read(const pg::rows& r, int row) {
  project p;
  read_common(r, row, p);
  p.key = r.text(row, common);
  p.status = enum_at<project_status>(r, row, common + 1);
  return p;
}

// -- components ---

template <>
std::string columns<component>() {
  return columns_of("owner", "e.project_id, e.slug, e.status, e.estimate, e.position");
}

std::vector<std::string_view> entity_table<component>::fields() {
  auto all = words_of(owner_fields);
  for (const auto own : {"project_id", "slug", "status", "estimate", "position"})
    all.emplace_back(own);
  return all;
}

params entity_table<component>::values(const component& c) {
  return with(common_values(c), {to_string(c.project_id), c.slug, std::string{name_of(c.status)},
                                 text_of(c.estimate), c.position});
}

component entity_table<component>::read(const pg::rows& r, int row) {
  component c;
  read_common(r, row, c);
  c.project_id = uuid_at(r, row, common).value();
  c.slug = r.text(row, common + 1);
  c.status = enum_at<component_status>(r, row, common + 2);
  c.estimate = number_at(r, row, common + 3);
  c.position = r.text(row, common + 4);
  return c;
}

// -- tasks ---

template <>
std::string columns<task>() {
  return columns_of("assignee",
                    "e.project_id, e.component_id, e.parent_id, e.number, e.status, e.estimate, "
                    "e.progress, e.position");
}

std::vector<std::string_view> entity_table<task>::fields() {
  return words_of(
      "id title description priority assignee labels due_at metadata version created_at updated_at "
      "started_at completed_at archived_at project_id component_id parent_id number status "
      "estimate progress position");
}

params entity_table<task>::values(const task& t) {
  return with(common_values(t),
              {to_string(t.project_id), text_of(t.component_id), text_of(t.parent_id),
               std::to_string(t.number), std::string{name_of(t.status)}, text_of(t.estimate),
               std::to_string(t.progress), t.position});
}

task entity_table<task>::read(const pg::rows& r, int row) {
  task t;
  read_common(r, row, t);
  t.project_id = uuid_at(r, row, common).value();
  t.component_id = uuid_at(r, row, common + 1);
  t.parent_id = uuid_at(r, row, common + 2);
  t.number = static_cast<std::int32_t>(r.number(row, common + 3));
  t.status = enum_at<task_status>(r, row, common + 4);
  t.estimate = number_at(r, row, common + 5);
  t.progress = static_cast<std::int32_t>(r.number(row, common + 6));
  t.position = r.text(row, common + 7);
  return t;
}

// -- lists ---

namespace {

/// Numbers parameters as they come.
class statement_builder {
 public:
  std::string add(param value) {
    out_.params.push_back(std::move(value));
    return fmt::format("${}", out_.params.size());
  }
  template <class... Args>
  void where(fmt::format_string<Args...> form, Args&&... args) {
    conditions_ += conditions_.empty() ? " WHERE " : " AND ";
    conditions_ += fmt::format(form, std::forward<Args>(args)...);
  }
  const std::string& conditions() const { return conditions_; }
  list_statement take(std::string sql) {
    out_.sql = std::move(sql);
    return std::move(out_);
  }

 private:
  list_statement out_;
  std::string conditions_;
};

/// What is sorted by, how a cursor keeps it, and how it comes back.
struct sort_terms {
  std::string by{};
  std::string kept{};
  std::string type{};
};

/// `searched`: the parameter with the text.
sort_terms terms_of(sort_key key, const std::string& searched) {
  const auto time = [](std::string by) {
    auto kept = fmt::format(fmt::runtime(micros_sql), by);
    return sort_terms{std::move(by), std::move(kept), "timestamptz"};
  };
  const auto plain = [](std::string by, std::string type) {
    auto kept = by + "::text";
    return sort_terms{std::move(by), std::move(kept), std::move(type)};
  };
  switch (key) {
    case sort_key::created:
      return time("e.created_at");
    case sort_key::updated:
      return time("e.updated_at");
    case sort_key::due:
      return time("coalesce(e.due_at, '9999-12-31 23:59:59.999999+00')");
    case sort_key::urgency:
      return plain("e.priority", "smallint");
    case sort_key::title:
      return plain("lower(e.title)", "text");
    case sort_key::position:
      return plain("e.position", "text");
    case sort_key::number:
      return plain("e.number", "integer");
    case sort_key::relevance:
      break;
  }
  return plain(fmt::format("ts_rank_cd(e.search, websearch_to_tsquery('simple', {}))", searched),
               "real");
}

bool is_time(sort_key key) {
  return key == sort_key::created || key == sort_key::updated || key == sort_key::due;
}

/// A cursor's value as the server reads it.
std::string value_of(const list_cursor& c) {
  if (!is_time(c.order)) return c.value;
  return to_rfc3339(timestamp{std::chrono::microseconds{std::stoll(c.value)}});
}

void add_filters(const list_query& q, std::string_view person, statement_builder& s) {
  if (q.project_id) s.where("e.project_id = {}", s.add(to_string(*q.project_id)));
  if (q.component_id) s.where("e.component_id = {}", s.add(to_string(*q.component_id)));
  if (q.parent_id) s.where("e.parent_id = {}", s.add(to_string(*q.parent_id)));
  if (!q.statuses.empty()) s.where("e.status = ANY ({}::text[])", s.add(pg_array_of(q.statuses)));
  if (!q.labels.empty()) s.where("e.labels @> {}::text[]", s.add(pg_array_of(q.labels)));
  if (q.person && q.person->empty()) s.where("e.{} IS NULL", person);
  if (q.person && !q.person->empty()) s.where("e.{} = {}", person, s.add(*q.person));
  if (q.archived == archived_filter::without) s.where("{}", "e.archived_at IS NULL");
  if (q.archived == archived_filter::only) s.where("{}", "e.archived_at IS NOT NULL");
}

}  // namespace

list_statement list_statement_of(const list_query& q, const std::string& columns,
                                 std::string_view table, std::string_view person) {
  statement_builder s;
  add_filters(q, person, s);
  std::string searched;
  if (!q.text.empty()) {
    searched = s.add(q.text);
    s.where("e.search @@ websearch_to_tsquery('simple', {})", searched);
  }
  const auto order = terms_of(q.order(), searched);
  const bool down = q.is_descending();
  if (!q.cursor.empty()) {
    const auto cursor = list_cursor_from(q.cursor).value();
    s.where("({}, e.id) {} ({}::{}, {}::uuid)", order.by, down ? "<" : ">", s.add(value_of(cursor)),
            order.type, s.add(to_string(cursor.id)));
  }
  const auto direction = down ? "DESC" : "ASC";
  return s.take(fmt::format("SELECT {}, {} FROM {} e{} ORDER BY {} {}, e.id {} LIMIT {}", columns,
                            order.kept, table, s.conditions(), order.by, direction, direction,
                            q.limit + 1));
}

}  // namespace td
