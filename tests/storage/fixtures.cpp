#include "tests/storage/fixtures.hpp"

#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

namespace td::test {

uuid id_of(std::uint32_t number, std::uint8_t family) {
  uuid id;
  id.bytes[0] = family;
  for (std::size_t i = 0; i < 4; ++i)
    id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return id;
}

namespace {

/// One migrated database per server to copy the others from.
std::string migrated_template(postgres_server& on) {
  static std::map<postgres_server*, std::string> made;
  auto& name = made[&on];
  if (name.empty()) {
    name = "migrated";
    on.query("CREATE DATABASE " + name);
    must(migrate({.url = on.url(name)}, {.retention_days = 2, .days_ahead = 1}));
  }
  return name;
}

}  // namespace

fresh_database::fresh_database(postgres_server& on)
    : server{on}, name{on.create_database(migrated_template(on))} {
  options.url = on.url(name);
  eye = must(pg::session::open(options));
}

fresh_database::~fresh_database() {
  eye.close();
  server.drop_database(name);
}

std::string fresh_database::value(const std::string& sql) {
  const auto r = must(eye.exec(sql));
  return r.size() == 0 ? std::string{} : std::string{r.text(0, 0)};
}

std::int64_t fresh_database::number(const std::string& sql) {
  return std::stoll(value(sql));
}

void fresh_database::watch_ways() {
  run("CREATE TABLE ways (id serial, way text); "
      "CREATE FUNCTION note_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "INSERT INTO ways (way) VALUES (CASE WHEN current_query() LIKE '%COPY events_mirror%' "
      "THEN 'copy' WHEN current_query() LIKE 'INSERT INTO events_mirror%' THEN 'merge' "
      "ELSE 'isolate' END); RETURN NULL; END $$; "
      "CREATE TRIGGER note_way AFTER INSERT ON events_mirror EXECUTE FUNCTION note_way()");
}

std::string fresh_database::ways() {
  const auto all = value("SELECT coalesce(string_agg(way, ' ' ORDER BY id), '') FROM ways");
  run("DELETE FROM ways");
  return all;
}

void await(pg::session& eye, const std::string& sql) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!must(eye.exec(sql)).truth(0, 0)) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("never true: " + sql);
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
}

timestamp noon() {
  static const timestamp t = std::chrono::floor<std::chrono::days>(now()) + std::chrono::hours{12};
  return t;
}

batch_builder& batch_builder::from(std::int32_t lane, std::uint64_t epoch, std::uint64_t number) {
  raw_->from = {lane, epoch, number};
  return *this;
}

batch_builder& batch_builder::event(const uuid& id, std::string_view payload, timestamp at,
                                    std::string_view kind) {
  raw_->add("tracker/events/tasks/updated", payload, now());
  td::event e;
  e.message = static_cast<std::uint32_t>(raw_->size() - 1);
  e.event_id = id;
  e.trace_id = id;
  e.occurred_at = at;
  const auto keep = [this](std::string_view text) {
    const slice s{static_cast<std::uint32_t>(checked_.text.size()),
                  static_cast<std::uint32_t>(text.size())};
    checked_.text += text;
    return s;
  };
  e.kind = keep(kind);
  e.source = keep("sensor-7");
  e.payload = raw_->messages().back().body;
  checked_.events.push_back(e);
  return *this;
}

batch_builder& batch_builder::reject(std::string_view body, errc code, std::string_view pointer,
                                     std::string_view topic) {
  raw_->add(topic, body, now());
  checked_.rejects.push_back({static_cast<std::uint32_t>(raw_->size() - 1),
                              "scan",
                              {code, "expected a value at byte 3", std::string{pointer}}});
  return *this;
}

batch_builder& batch_builder::events(std::uint32_t first, std::uint32_t count,
                                     std::uint8_t family) {
  for (std::uint32_t n = first; n < first + count; ++n)
    event(id_of(n, family));
  return *this;
}

checked_batch batch_builder::build() {
  checked_.raw = std::exchange(raw_, std::make_shared<batch>());
  return std::exchange(checked_, {});
}

}  // namespace td::test
