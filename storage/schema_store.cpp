#include "storage/schema_store.hpp"

#include <array>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "schema/compiled_schema.hpp"
#include "schema/shipped.hpp"
#include "storage/locks.hpp"
#include "storage/pg.hpp"

namespace td {

namespace {

constexpr std::array<std::string_view, 3> state_names{"candidate", "active", "retired"};

// Looking through days without an index on `kind` takes its time.
constexpr std::chrono::minutes visit_timeout{10};
constexpr int visit_rows = 2000;

constexpr const char* revision_sql = "SELECT revision FROM event_schema_revision";
constexpr const char* load_sql =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT revision FROM event_schema_revision; "
    "SELECT kind, version, state = 'candidate', body FROM event_schemas WHERE state <> 'retired' "
    "ORDER BY kind, version; COMMIT";

constexpr const char* columns =
    "kind, version, state, origin = 'shipped', "
    "(extract(epoch FROM added_at) * 1000000)::bigint, added_by, "
    "(extract(epoch FROM changed_at) * 1000000)::bigint, changed_by";
constexpr const char* list_sql =
    "SELECT {} FROM event_schemas WHERE $1 IN ('', kind) ORDER BY kind, version DESC";
constexpr const char* find_sql =
    "SELECT {}, body FROM event_schemas WHERE kind = $1 AND $2::int IN (0, version) "
    "ORDER BY state = 'active' DESC, version DESC LIMIT 1";

// Two that add at once both wait here: the second sees the first one's version.
constexpr const char* newest_sql =
    "BEGIN; LOCK TABLE event_schemas IN SHARE ROW EXCLUSIVE MODE; "
    "SELECT version, body FROM event_schemas WHERE kind = '{}' ORDER BY version DESC LIMIT 1";
constexpr const char* insert_sql =
    "WITH added AS (INSERT INTO event_schemas (kind, version, state, origin, body, added_at, "
    "added_by, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, now(), $6, now(), $6) "
    "ON CONFLICT DO NOTHING RETURNING kind, version) "
    "INSERT INTO event_schema_history (kind, version, at, actor, action) "
    "SELECT kind, version, now(), $6, 'added' FROM added";
constexpr const char* change_sql =
    "WITH changed AS (UPDATE event_schemas SET state = $3, changed_at = now(), changed_by = $4 "
    "WHERE kind = $1 AND version = $2 AND state <> $3 RETURNING kind, version) "
    "INSERT INTO event_schema_history (kind, version, at, actor, action) "
    "SELECT kind, version, now(), $4, $5 FROM changed";

constexpr const char* shadow_sql =
    "INSERT INTO schema_shadows AS s (kind, version, checked, failed, first_seen, last_seen) "
    "SELECT kind, version, $3, $4, now(), now() FROM event_schemas WHERE kind = $1 AND version = "
    "$2 "
    "ON CONFLICT (kind, version) DO UPDATE SET checked = s.checked + excluded.checked, "
    "failed = s.failed + excluded.failed, last_seen = excluded.last_seen";
constexpr const char* shadow_failure_sql =
    "INSERT INTO schema_shadow_failures AS f "
    "(kind, version, pointer, keyword, failed, first_seen, last_seen, samples) "
    "VALUES ($1, $2, $3, $4, $5, now(), now(), $6::jsonb) "
    "ON CONFLICT (kind, version, pointer, keyword) DO UPDATE SET "
    "failed = f.failed + excluded.failed, last_seen = excluded.last_seen, "
    "samples = CASE WHEN jsonb_array_length(f.samples) >= {} THEN f.samples "
    "ELSE f.samples || excluded.samples END";
constexpr const char* shadow_totals_sql =
    "SELECT checked, failed, (extract(epoch FROM first_seen) * 1000000)::bigint, "
    "(extract(epoch FROM last_seen) * 1000000)::bigint FROM schema_shadows "
    "WHERE kind = $1 AND version = $2";
constexpr const char* shadow_failures_sql =
    "SELECT pointer, keyword, failed, samples FROM schema_shadow_failures "
    "WHERE kind = $1 AND version = $2 ORDER BY failed DESC, pointer, keyword";

constexpr const char* visit_sql =
    "BEGIN READ ONLY; DECLARE visited NO SCROLL CURSOR FOR "
    "SELECT event_id, (extract(epoch FROM occurred_at) * 1000000)::bigint, payload "
    "FROM events_mirror WHERE kind = '{0}' AND occurred_at >= '{1}' "
    "AND coalesce(schema_version, {2}) = {2}";

bool is_kind(std::string_view s) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (s.empty() || s.size() > 100 || !letter(s.front())) return false;
  return std::ranges::all_of(s, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

std::string json_of(const std::vector<shadow_sample>& samples) {
  boost::json::array all;
  for (const auto& s : samples) {
    all.push_back({{"event_id", to_string(s.event_id)},
                   {"occurred_at", to_rfc3339(s.occurred_at)},
                   {"pointer", s.pointer},
                   {"sentence", s.sentence}});
  }
  return boost::json::serialize(all);
}

std::vector<shadow_sample> samples_of(std::string_view json) {
  std::vector<shadow_sample> all;
  boost::system::error_code bad;
  const auto parsed = boost::json::parse({json.data(), json.size()}, bad);
  if (bad || !parsed.is_array()) return all;
  for (const auto& entry : parsed.as_array()) {
    const auto text = [&](const char* name) {
      const auto* member = entry.is_object() ? entry.as_object().if_contains(name) : nullptr;
      return member != nullptr && member->is_string() ? std::string{member->as_string()}
                                                      : std::string{};
    };
    const auto id = parse_uuid(text("event_id"));
    const auto at = parse_rfc3339(text("occurred_at"));
    if (id && at) all.push_back({*id, *at, text("pointer"), text("sentence")});
  }
  return all;
}

stored_schema schema_from(const pg::rows& r, int i) {
  stored_schema s{.kind = std::string{r.text(i, 0)},
                  .version = static_cast<std::int32_t>(r.number(i, 1)),
                  .shipped = r.truth(i, 3),
                  .added_at = r.time(i, 4),
                  .added_by = std::string{r.text(i, 5)},
                  .changed_at = r.time(i, 6),
                  .changed_by = std::string{r.text(i, 7)}};
  const auto state = std::ranges::find(state_names, r.text(i, 2));
  s.state = static_cast<schema_state>(state - state_names.begin());
  return s;
}

failure unknown(std::string_view kind, std::int32_t version) {
  if (version == 0) return {errc::not_found, fmt::format("the kind {} has no schema", kind)};
  return {errc::not_found, fmt::format("the kind {} has no schema version {}", kind, version)};
}

class pg_schema_store final : public schema_store {
 public:
  explicit pg_schema_store(database_options options) : options_{std::move(options)} {}
  explicit pg_schema_store(pg::session& lent) : session_{lent} {}

  result<void> reconnect() override {
    if (&session_ != &own_) return pg::not_ours_to_reopen();
    return session_.reopen(options_);
  }

  result<std::int64_t> revision() override {
    auto r = session_.exec(revision_sql);
    if (!r) return r.error();
    return r->number(0, 0);
  }

  result<in_force> load() override {
    auto all = session_.exec_each(load_sql);
    if (!all) return abandoned(all.error());
    in_force out{.revision = (*all)[1].number(0, 0)};
    const auto& r = (*all)[2];
    for (int i = 0; i < r.size(); ++i) {
      out.definitions.push_back({std::string{r.text(i, 0)},
                                 static_cast<std::int32_t>(r.number(i, 1)), r.truth(i, 2),
                                 std::string{r.text(i, 3)}});
    }
    return out;
  }

  result<std::vector<stored_schema>> list(std::string_view kind) override {
    auto r = session_.exec(fmt::format(list_sql, columns), {std::string{kind}});
    if (!r) return r.error();
    std::vector<stored_schema> all;
    for (int i = 0; i < r->size(); ++i)
      all.push_back(schema_from(*r, i));
    return all;
  }

  result<stored_schema> find(std::string_view kind, std::int32_t version) override {
    auto r =
        session_.exec(fmt::format(find_sql, columns), {std::string{kind}, std::to_string(version)});
    if (!r) return r.error();
    if (r->size() == 0) return unknown(kind, version);
    auto found = schema_from(*r, 0);
    found.body = r->text(0, 8);
    return found;
  }

  result<std::int32_t> add(std::string_view kind, std::int32_t version, std::string_view body,
                           std::string_view who) override {
    if (!is_kind(kind)) {
      return failure{errc::configuration_invalid,
                     "a kind is a letter, then letters, digits, '_', '.' or '-'; 100 at most"};
    }
    if (version < 0) return failure{errc::configuration_invalid, "versions begin at 1"};
    if (const auto compiled = compiled_schema::compile(body); !compiled) return compiled.error();
    auto added = add_locked(kind, version, body, who);
    if (!added) return abandoned(added.error());
    return added;
  }

  result<void> promote(std::string_view kind, std::int32_t version, std::string_view who) override {
    return change(kind, version, schema_state::active, who, "promoted");
  }

  result<void> retire(std::string_view kind, std::int32_t version, std::string_view who) override {
    return change(kind, version, schema_state::retired, who, "retired");
  }

  result<void> add_shadows(std::span<const shadow_counts> counts) override {
    if (counts.empty()) return ok();
    auto done = begin_and_add(counts);
    if (!done) return abandoned(done.error());
    return ok();
  }

  result<shadow_report> shadows(std::string_view kind, std::int32_t version) override {
    if (auto there = find(kind, version); !there) return there.error();
    const auto number = std::to_string(version);
    auto totals = session_.exec(shadow_totals_sql, {std::string{kind}, number});
    if (!totals) return totals.error();
    shadow_report report;
    report.counts.kind = kind;
    report.counts.version = version;
    if (totals->size() == 0) return report;
    report.counts.checked = static_cast<std::uint64_t>(totals->number(0, 0));
    report.counts.failed = static_cast<std::uint64_t>(totals->number(0, 1));
    report.first_seen = totals->time(0, 2);
    report.last_seen = totals->time(0, 3);
    auto r = session_.exec(shadow_failures_sql, {std::string{kind}, number});
    if (!r) return r.error();
    for (int i = 0; i < r->size(); ++i) {
      report.counts.failures.push_back({std::string{r->text(i, 0)}, std::string{r->text(i, 1)},
                                        static_cast<std::uint64_t>(r->number(i, 2)),
                                        samples_of(r->text(i, 3))});
    }
    return report;
  }

  result<void> visit(std::string_view kind, std::int32_t version, timestamp since,
                     const payload_visitor& visitor) override {
    if (!is_kind(kind)) return ok();  // there can be none
    if (auto r = session_.set_statement_timeout(visit_timeout); !r) return r;
    auto begun = session_.exec(fmt::format(visit_sql, kind, to_rfc3339(since), version));
    if (!begun) return abandoned(begun.error());
    auto shown = show_all(visitor);
    if (!shown) (void)abandoned(shown.error());
    if (session_.is_open()) {
      auto usual = session_.set_statement_timeout(options_.statement_timeout);
      if (shown) return usual;
    }
    return shown;
  }

 private:
  /// The failure, after an end of the transaction it happened in.
  failure abandoned(const failure& why) {
    if (session_.is_open()) (void)session_.exec("ROLLBACK");
    return why;
  }

  result<std::int32_t> add_locked(std::string_view kind, std::int32_t version,
                                  std::string_view body, std::string_view who) {
    auto newest = session_.exec(fmt::format(newest_sql, kind));
    if (!newest) return newest.error();
    const auto last = newest->size() == 0 ? 0 : static_cast<std::int32_t>(newest->number(0, 0));
    if (last > 0 && newest->text(0, 1) == body) {
      return failure{errc::conflict,
                     fmt::format("version {} of {} is this very schema", last, kind)};
    }
    if (version == 0) version = last + 1;
    auto r = session_.exec(insert_sql, {std::string{kind}, std::to_string(version), "candidate",
                                        "added", std::string{body}, std::string{who}});
    if (!r) return r.error();
    if (r->affected() == 0) {
      return failure{errc::conflict, fmt::format("{} has a version {}; a version never changes; "
                                                 "the next one is {}",
                                                 kind, version, last + 1)};
    }
    if (auto done = session_.exec("COMMIT"); !done) return done.error();
    return version;
  }

  result<void> change(std::string_view kind, std::int32_t version, schema_state to,
                      std::string_view who, const char* action) {
    const std::string state{name_of(to)};
    auto r = session_.exec(
        change_sql, {std::string{kind}, std::to_string(version), state, std::string{who}, action});
    if (!r) return r.error();
    if (r->affected() == 1) return ok();
    if (version == 0) return unknown(kind, version);
    if (auto there = find(kind, version); !there) return there.error();
    return failure{errc::conflict,
                   fmt::format("{} version {} is {} already", kind, version, state)};
  }

  result<void> begin_and_add(std::span<const shadow_counts> counts) {
    if (auto r = session_.exec("BEGIN"); !r) return r.error();
    for (const auto& c : counts) {
      const auto version = std::to_string(c.version);
      auto r = session_.exec(
          shadow_sql, {c.kind, version, std::to_string(c.checked), std::to_string(c.failed)});
      if (!r) return r.error();
      if (r->affected() == 0) continue;
      for (const auto& f : c.failures) {
        auto added = session_.exec(
            fmt::format(shadow_failure_sql, shadow_tally::most_samples),
            {c.kind, version, f.pointer, f.keyword, std::to_string(f.failed), json_of(f.samples)});
        if (!added) return added.error();
      }
    }
    if (auto r = session_.exec("COMMIT"); !r) return r.error();
    return ok();
  }

  result<void> show_all(const payload_visitor& visitor) {
    for (;;) {
      auto r = session_.exec(fmt::format("FETCH {} FROM visited", visit_rows));
      if (!r) return r.error();
      for (int i = 0; i < r->size(); ++i) {
        const auto id = parse_uuid(r->text(i, 0));
        if (!id) return failure{errc::internal, "an event id is no UUID"};
        if (!visitor({*id, r->time(i, 1), r->text(i, 2)})) return end_visit();
      }
      if (r->size() < visit_rows) return end_visit();
    }
  }

  result<void> end_visit() {
    if (auto r = session_.exec("COMMIT"); !r) return r.error();
    return ok();
  }

  database_options options_;
  pg::session own_{};
  pg::session& session_{own_};
};

result<std::uint32_t> ship_in_transaction(pg::session& session) {
  auto known =
      session.exec("BEGIN; SELECT " + lock_call("pg_advisory_xact_lock", lock_class::migrate) +
                   "; SELECT kind, version FROM event_schemas");
  if (!known) return known.error();
  const auto has = [&](std::string_view kind, std::int32_t version) {
    for (int i = 0; i < known->size(); ++i) {
      if (known->text(i, 0) == kind && known->number(i, 1) == version) return true;
    }
    return false;
  };
  std::uint32_t added = 0;
  for (const auto& s : shipped_schemas()) {
    if (has(s.kind, s.version)) continue;
    // In force only where nothing was before: an upgrade refuses nobody's events.
    const auto state = known->size() > 0 ? schema_state::candidate : schema_state::active;
    auto r = session.exec(
        insert_sql, {std::string{s.kind}, std::to_string(s.version), std::string{name_of(state)},
                     "shipped", std::string{s.body}, "taylordash"});
    if (!r) return r.error();
    ++added;
  }
  if (auto r = session.exec("COMMIT"); !r) return r.error();
  return added;
}

}  // namespace

std::string_view name_of(schema_state s) noexcept {
  return state_names[static_cast<std::size_t>(s)];
}

result<std::uint32_t> ship_schemas(pg::session& session) {
  auto added = ship_in_transaction(session);
  if (!added && session.is_open()) (void)session.exec("ROLLBACK");
  return added;
}

result<std::unique_ptr<schema_store>> open_schema_store(const database_options& options) {
  auto store = std::make_unique<pg_schema_store>(options);
  if (auto r = store->reconnect(); !r) return r.error();
  return std::unique_ptr<schema_store>{std::move(store)};
}

std::unique_ptr<schema_store> schema_store_on(pg::session& session) {
  return std::make_unique<pg_schema_store>(session);
}

}  // namespace td
