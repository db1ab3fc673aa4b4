#include "storage/retention_store.hpp"

#include <fmt/format.h>

#include "storage/dead_letter_rows.hpp"
#include "storage/locks.hpp"
#include "storage/pg.hpp"
#include "storage/retention_sql.hpp"
#include "storage/retention_work.hpp"

namespace td {
namespace {

namespace sql = retention_sql;

constexpr std::size_t max_actor_bytes = 1000;

class pg_retention_store final : public retention_store {
 public:
  explicit pg_retention_store(database_options options) : options_{std::move(options)} {}
  explicit pg_retention_store(pg::session& lent) : session_{lent} {}

  result<void> reconnect() override {
    if (&session_ != &own_) return pg::not_ours_to_reopen();
    return session_.reopen(options_);
  }

  result<std::vector<retention_policy>> policies() override { return load_policies(session_); }

  result<void> set(const retention_policy& p) override {
    if (p.keep_days < 1 || p.keep_days > max_keep_days) {
      return failure{errc::configuration_invalid,
                     fmt::format("{} days; a policy keeps 1 to {}", p.keep_days, max_keep_days)};
    }
    auto r = session_.exec(sql::set_policy, {std::string{name_of(p.what)}, p.topic_prefix, p.kind,
                                             std::to_string(p.keep_days),
                                             storable_text(p.changed_by, max_actor_bytes)});
    if (!r) return r.error();
    return ok();
  }

  result<bool> remove(retained what, std::string_view topic_prefix,
                      std::string_view kind) override {
    auto r = session_.exec(sql::remove_policy, {std::string{name_of(what)},
                                                std::string{topic_prefix}, std::string{kind}});
    if (!r) return r.error();
    return r->affected() > 0;
  }

  result<std::vector<retention_run>> runs(std::size_t limit) override {
    auto r = session_.exec(sql::runs, {std::to_string(limit)});
    if (!r) return r.error();
    std::vector<retention_run> all;
    for (int i = 0; i < r->size(); ++i) {
      const auto count = [&](int column) {
        return static_cast<std::uint64_t>(r->number(i, column));
      };
      all.push_back({.id = r->number(i, 0),
                     .started_at = r->time(i, 1),
                     .actor = std::string{r->text(i, 3)},
                     .days_dropped = static_cast<std::uint32_t>(r->number(i, 4)),
                     .events = count(5),
                     .dead_letters = count(6),
                     .bytes = count(7),
                     .error = std::string{r->text(i, 8)}});
      if (!r->is_null(i, 2)) all.back().finished_at = r->time(i, 2);
    }
    return all;
  }

  result<std::optional<retention_defaults>> defaults() override {
    auto r = session_.exec(sql::defaults);
    if (!r) return r.error();
    if (r->size() == 0) return std::optional<retention_defaults>{};
    return std::optional{retention_defaults{std::chrono::days{r->number(0, 0)},
                                            std::chrono::hours{r->number(0, 1)}}};
  }

  result<std::optional<std::string>> leader() override {
    auto r = session_.exec(fmt::format(sql::leader, number_of(lock_class::maintenance)));
    if (!r) return r.error();
    if (r->size() == 0) return std::optional<std::string>{};
    return std::optional{fmt::format("{} (process {} of PostgreSQL, from {}, role {})",
                                     r->text(0, 0), r->text(0, 1), r->text(0, 2), r->text(0, 3))};
  }

 private:
  database_options options_;
  pg::session own_{};
  pg::session& session_{own_};
};

}  // namespace

result<std::unique_ptr<retention_store>> open_retention_store(const database_options& options) {
  auto store = std::make_unique<pg_retention_store>(options);
  if (auto r = store->reconnect(); !r) return r.error();
  return std::unique_ptr<retention_store>{std::move(store)};
}

std::unique_ptr<retention_store> retention_store_on(pg::session& session) {
  return std::make_unique<pg_retention_store>(session);
}

}  // namespace td
