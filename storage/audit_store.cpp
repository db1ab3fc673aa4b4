#include "storage/audit_store.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "storage/audit_sql.hpp"
#include "storage/bytea.hpp"
#include "storage/locks.hpp"
#include "storage/pg.hpp"
#include "storage/pg_array.hpp"
#include "storage/transaction.hpp"

namespace td {

namespace {

using param = pg::session::param;

// Reading through a chain of millions takes its time.
constexpr std::chrono::minutes visit_timeout{10};
constexpr int visit_rows = 2000;
constexpr std::size_t most_json = 4096;  // before and after are for what is small

std::string bytea_of(const crypto::digest& d) {
  return to_bytea(crypto::view(d));
}

crypto::digest digest_from(std::string_view text) {
  std::string bytes;
  from_bytea(text, bytes);
  crypto::digest d{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), d.size()), d.begin());
  return d;
}

param text_or_null(const std::string& text) {
  return text.empty() ? param{} : param{text};
}

param time_or_null(const std::optional<timestamp>& t) {
  return t ? param{to_rfc3339(*t)} : param{};
}

/// What is too large for a log is left out; the row still says that there was something.
param json_or_null(const std::string& json) {
  return text_or_null(json.size() > most_json ? R"({"too_large":true})" : json);
}

audit_row row_from(const pg::rows& r, int i) {
  audit_row row;
  row.id = parse_uuid(r.text(i, 0)).value_or(uuid{});
  row.at = r.time(i, 1);
  auto& e = row.entry;
  const auto action = audit_action_named(r.text(i, 2));
  const auto result = audit_result_named(r.text(i, 3));
  e.action = action.value_or(audit_action{});
  e.result = result.value_or(audit_result{});
  if (!action) row.unread = r.text(i, 2);
  if (!result) row.unread += fmt::format(" {}", r.text(i, 3));
  e.actor = r.text(i, 4);
  if (!r.is_null(i, 5)) e.actor_id = parse_uuid(r.text(i, 5));
  e.target = r.text(i, 6);
  e.before = r.text(i, 7);
  e.after = r.text(i, 8);
  e.address = r.text(i, 9);
  e.request_id = r.text(i, 10);
  e.detail = r.text(i, 11);
  if (!r.is_null(i, 12)) {
    row.position = r.number(i, 12);
    row.mac = digest_from(r.text(i, 13));
    row.link = digest_from(r.text(i, 14));
  }
  return row;
}

audit_head head_from(const pg::rows& r) {
  return {r.number(0, 0), digest_from(r.text(0, 1))};
}

class pg_audit_store final : public audit_store {
 public:
  pg_audit_store(database_options options, std::shared_ptr<pg::session> shared)
      : options_{std::move(options)}, shared_{std::move(shared)} {}

  result<void> reconnect() override { return session_.reopen(options_); }

  result<std::vector<audit_row>> list(const audit_filter& f) override {
    const param before_time = f.before ? param{to_rfc3339(f.before->first)} : param{};
    const param before_id = f.before ? param{to_string(f.before->second)} : param{};
    auto r = session_.exec(
        fmt::format(audit_sql::list, audit_sql::columns),
        {f.actor, f.target, f.action, f.result, f.address, f.request_id, time_or_null(f.since),
         time_or_null(f.until), before_time, before_id, std::to_string(f.limit)});
    if (!r) return r.error();
    std::vector<audit_row> rows;
    for (int i = 0; i < r->size(); ++i)
      rows.push_back(row_from(*r, i));
    return rows;
  }

  result<bool> lead() override {
    if (leads_ && session_.is_open()) return true;
    auto r = session_.exec("SELECT " + lock_call("pg_try_advisory_lock", lock_class::audit_chain));
    if (!r) return r.error();
    leads_ = r->truth(0, 0);
    return leads_;
  }

  result<std::uint32_t> chain_waiting(const crypto::key& k, std::uint32_t most) override {
    return in_transaction(session_, [&]() -> result<std::uint32_t> {
      auto r = session_.exec(fmt::format(audit_sql::waiting, audit_sql::columns),
                             {std::to_string(most)});
      if (!r) return r.error();
      if (r->size() == 0) return 0u;
      const auto before = head();
      if (!before) return before.error();
      return place(*r, *before, k);
    });
  }

  result<audit_head> head() override {
    auto r = session_.exec(audit_sql::head);
    if (!r) return r.error();
    if (r->size() != 1) return failure{errc::not_found, "the head of the audit chain is gone"};
    return head_from(*r);
  }

  result<std::optional<audit_head>> head_at(std::int64_t position) override {
    auto r = session_.exec(audit_sql::head_at, {std::to_string(position)});
    if (!r) return r.error();
    if (r->size() == 0) return std::optional<audit_head>{};
    return std::optional<audit_head>{head_from(*r)};
  }

  result<audit_tail> tail() override {
    auto r = session_.exec(audit_sql::tail);
    if (!r) return r.error();
    audit_tail t{static_cast<std::uint64_t>(r->number(0, 0)), std::nullopt};
    if (!r->is_null(0, 1)) t.oldest = r->time(0, 1);
    return t;
  }

  result<void> visit_chain(const head_visitor& on_head, const row_visitor& on_row) override {
    if (auto r = session_.set_statement_timeout(visit_timeout); !r) return r;
    auto seen = visit_snapshot(on_head, on_row);
    if (!session_.is_open()) return seen;
    if (!seen) (void)session_.exec("ROLLBACK");
    const auto usual = session_.set_statement_timeout(options_.statement_timeout);
    return seen ? usual : seen;
  }

 private:
  result<std::uint32_t> place(const pg::rows& waiting, audit_head before, const crypto::key& k) {
    const auto first = before;
    pg_array ids;
    pg_array positions;
    pg_array macs;
    pg_array links;
    for (int i = 0; i < waiting.size(); ++i) {
      auto row = row_from(waiting, i);
      before = chain(row, before, k);
      ids.add(to_string(row.id));
      positions.add(std::to_string(row.position));
      macs.add(bytea_of(row.mac));
      links.add(bytea_of(row.link));
    }
    auto placed =
        session_.exec(audit_sql::place, {ids.text(), positions.text(), macs.text(), links.text()});
    if (!placed) return placed.error();
    auto moved =
        session_.exec(audit_sql::move_head, {std::to_string(before.position), bytea_of(before.link),
                                             std::to_string(first.position), bytea_of(first.link)});
    if (!moved) return moved.error();
    const auto count = static_cast<std::uint64_t>(waiting.size());
    if (placed->affected() != count || moved->affected() != 1)
      return failure{errc::database_conflict, "somebody else has chained audit rows meanwhile"};
    return static_cast<std::uint32_t>(count);
  }

  result<void> visit_snapshot(const head_visitor& on_head, const row_visitor& on_row) {
    auto begun = session_.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (!begun) return begun.error();
    const auto end = head();
    if (!end) return end.error();
    on_head(*end);
    if (auto r = session_.exec(fmt::format(audit_sql::visit, audit_sql::columns)); !r)
      return r.error();
    for (;;) {
      auto r = session_.exec(fmt::format("FETCH {} FROM chained", visit_rows));
      if (!r) return r.error();
      for (int i = 0; i < r->size(); ++i)
        on_row(row_from(*r, i));
      if (r->size() < visit_rows) break;
    }
    if (auto r = session_.exec("COMMIT"); !r) return r.error();
    return ok();
  }

  database_options options_;
  std::shared_ptr<pg::session> shared_;
  pg::session& session_ = *shared_;
  bool leads_{};
};

}  // namespace

result<void> append(pg::session& session, const audit_entry& e, timestamp at) {
  const param actor_id = e.actor_id ? param{to_string(*e.actor_id)} : param{};
  auto r = session.exec(
      audit_sql::append,
      {to_string(random_uuid()), to_rfc3339(at), std::string{name_of(e.action)},
       std::string{name_of(e.result)}, printable(e.actor, 80), actor_id, printable(e.target, 80),
       json_or_null(e.before), json_or_null(e.after), printable(e.address, 45),
       printable(e.request_id, 80), printable(e.detail, 330)});
  if (!r) return r.error();
  return ok();
}

std::unique_ptr<audit_store> make_audit_store(const database_options& options,
                                              std::shared_ptr<pg::session> shared) {
  return std::make_unique<pg_audit_store>(options, std::move(shared));
}

result<std::unique_ptr<audit_store>> open_audit_store(const database_options& options) {
  auto store = make_audit_store(options, std::make_shared<pg::session>());
  if (auto r = store->reconnect(); !r) return r.error();
  return store;
}

}  // namespace td
