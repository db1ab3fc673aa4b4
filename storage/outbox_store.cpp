#include "storage/outbox_store.hpp"

#include <fmt/format.h>

#include "storage/dead_letter_rows.hpp"
#include "storage/locks.hpp"
#include "storage/outbox_sql.hpp"
#include "storage/pg.hpp"

namespace td {

namespace {

namespace sql = outbox_sql;

constexpr std::size_t max_detail = 4096;  // bytes

std::uint64_t count_at(const pg::rows& r, int column) {
  return static_cast<std::uint64_t>(r.number(0, column));
}

class pg_outbox_store final : public outbox_store {
 public:
  explicit pg_outbox_store(database_options options) : options_{std::move(options)} {}

  result<void> reconnect() override {
    leads_ = false;
    position_ = -1;
    return session_.reopen(options_);
  }

  result<bool> lead() override {
    if (leads_ && session_.is_open()) return true;
    auto r = session_.exec("SELECT " + lock_call("pg_try_advisory_lock", lock_class::outbox));
    if (!r) return r.error();
    if (!r->truth(0, 0)) return false;
    if (auto l = session_.exec(fmt::format("LISTEN {}", sql::channel)); !l) return l.error();
    leads_ = true;
    return true;
  }

  result<std::vector<outbox_row>> next(std::size_t most) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    auto r = session_.exec(fmt::format(sql::next, most));
    if (!r) return r.error();
    std::vector<outbox_row> all;
    for (int i = 0; i < r->size(); ++i) {
      all.push_back({.id = r->number(i, 0),
                     .topic = std::string{r->text(i, 1)},
                     .body = std::string{r->text(i, 2)},
                     .attempts = static_cast<std::uint32_t>(r->number(i, 3))});
    }
    return all;
  }

  result<void> mark_published(std::span<const std::int64_t> ids) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    std::string list;
    for (const auto id : ids)
      list += fmt::format("{}{}", list.empty() ? "{" : ",", id);
    if (list.empty()) return ok();
    auto r = session_.exec(sql::mark_published, {list + "}"});
    if (!r) return r.error();
    position_ = -1;  // what was just marked may be in the journal already
    return ok();
  }

  result<outbox_refusal> refuse(std::int64_t id, const failure& why) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    outbox_refusal out{.id = id,
                       .code = std::string{name_of(why.code)},
                       .detail = storable_text(why.detail, max_detail)};
    sha256 hasher;
    const auto group = fingerprint_of(hasher, {"outbox", why.code, "", ""});
    auto r = session_.exec(sql::give_up, {std::to_string(id), out.code, out.detail, group});
    if (!r) return r.error();
    if (r->size() == 0) return failure{errc::not_found, "the row is not pending any more"};
    out.kind = r->text(0, 0);
    out.letter = r->text(0, 1);
    return out;
  }

  result<settled> settle(std::chrono::milliseconds within) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    settled out;
    auto journal = session_.exec(sql::journal);
    if (!journal) return journal.error();
    if (journal->number(0, 0) != position_) {
      if (auto r = confirm(out); !r) return r.error();
      position_ = journal->number(0, 0);
    }
    auto again = session_.exec(sql::send_again, {std::to_string(within.count())});
    if (!again) return again.error();
    out.to_be_sent = again->affected();
    auto waiting = session_.exec(sql::waiting);
    if (!waiting) return waiting.error();
    out.waiting = count_at(*waiting, 0);
    return out;
  }

  result<outbox_state> look() override {
    auto r = session_.exec(sql::look);
    if (!r) return r.error();
    return outbox_state{.pending = count_at(*r, 0),
                        .published = count_at(*r, 1),
                        .oldest = std::chrono::microseconds{r->number(0, 2)},
                        .dead_letters = count_at(*r, 3)};
  }

  result<tidied> tidy(std::chrono::seconds keep) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    auto replayed = session_.exec(sql::confirm_replayed);
    if (!replayed) return replayed.error();
    auto pruned = session_.exec(sql::prune, {std::to_string(keep.count())});
    if (!pruned) return pruned.error();
    return tidied{.replayed = replayed->affected(), .pruned = pruned->affected()};
  }

  result<bool> wait(std::chrono::milliseconds limit) override {
    const auto told = session_.notifications(limit);
    if (!told) return told.error();
    return !told->empty();
  }

 private:
  static failure not_mine() { return {errc::lease_lost, "the outbox is not published from here"}; }

  /// The mirror first: what was refused once and came through later is stored.
  result<void> confirm(settled& out) {
    auto confirmed = session_.exec(sql::confirm);
    if (!confirmed) return confirmed.error();
    out.confirmed = confirmed->affected();
    auto refused = session_.exec(sql::refuse);
    if (!refused) return refused.error();
    for (int i = 0; i < refused->size(); ++i) {
      out.refused.push_back({.id = refused->number(i, 0),
                             .kind = std::string{refused->text(i, 1)},
                             .letter = std::string{refused->text(i, 2)},
                             .code = std::string{refused->text(i, 3)},
                             .detail = std::string{refused->text(i, 4)}});
    }
    return ok();
  }

  database_options options_;
  pg::session session_;
  bool leads_{};
  std::int64_t position_{-1};  ///< of the journal when it was last looked at; -1: never
};

}  // namespace

result<void> outbox_store::put(pg::session& session, const own_event& event) {
  const auto body = envelope_of(event);
  sha256 hasher;
  const auto hash = delivery_hash(hasher, event.topic, body);
  auto r =
      session.exec(sql::put, {to_string(event.event_id), to_rfc3339(event.occurred_at),
                              event.entity ? std::optional{to_string(*event.entity)} : std::nullopt,
                              event.kind, event.topic, body, to_hex(hash)});
  if (!r) return r.error();
  return ok();
}

result<std::unique_ptr<outbox_store>> open_outbox_store(const database_options& options) {
  auto store = std::make_unique<pg_outbox_store>(options);
  if (auto r = store->reconnect(); !r) return r.error();
  return std::unique_ptr<outbox_store>{std::move(store)};
}

}  // namespace td
