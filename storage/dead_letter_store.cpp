#include "storage/dead_letter_store.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "storage/bytea.hpp"
#include "storage/dead_letter_rows.hpp"
#include "storage/dead_letter_sql.hpp"
#include "storage/pg.hpp"

namespace td {
namespace {

namespace sql = dead_letter_sql;
using param = pg::session::param;
using params = std::vector<param>;

constexpr std::size_t max_words_bytes = 1000;      // of an actor, a reason
constexpr std::size_t letters_per_step = 500;      // of a transaction that changes some
constexpr std::int64_t bytes_at_once = 2ll << 20;  // that `each` asks for, unless one is larger

std::string text_of(const pg::rows& r, int row, int column) {
  return std::string{r.text(row, column)};
}

dead_letter_summary summary_of(const pg::rows& r, int row, int first = 0) {
  const auto text = [&](int column) { return text_of(r, row, first + column); };
  dead_letter_summary s{.id = text(0),
                        .first_failure = r.time(row, first + 1),
                        .last_failure = r.time(row, first + 2),
                        .attempts = static_cast<std::int32_t>(r.number(row, first + 3)),
                        .status = dead_letter_status_named(r.text(row, first + 4)).value(),
                        .stage = text(5),
                        .code = text(6),
                        .detail = text(7),
                        .pointer = text(8),
                        .fingerprint = text(9),
                        .topic = text(10),
                        .kind = text(11),
                        .source = text(12),
                        .schema_version = static_cast<std::int32_t>(r.number(row, first + 15)),
                        .consumer = text(16),
                        .bytes = static_cast<std::size_t>(r.number(row, first + 17)),
                        .edited = r.truth(row, first + 18)};
  if (!r.is_null(row, first + 13)) s.event_id = parse_uuid(r.text(row, first + 13));
  if (!r.is_null(row, first + 14)) s.occurred_at = r.time(row, first + 14);
  return s;
}

/// With the bytes behind the summary's columns; without history.
dead_letter letter_of(const pg::rows& r, int row) {
  dead_letter l{.about = summary_of(r, row)};
  from_bytea(r.text(row, sql::summary_columns), l.raw);
  if (!r.is_null(row, sql::summary_columns + 1))
    from_bytea(r.text(row, sql::summary_columns + 1), l.edited.emplace());
  return l;
}

std::vector<std::string> strings_of(std::string_view json) {
  std::vector<std::string> all;
  const auto list = boost::json::parse(json);
  for (const auto& text : list.as_array())
    all.emplace_back(text.as_string());
  return all;
}

/// Where a page ends: "1700000000000000-<id>".
struct place {
  timestamp at{};
  std::string id{};
};

std::string cursor_of(const dead_letter_summary& s) {
  return fmt::format("{}-{}", s.last_failure.time_since_epoch().count(), s.id);
}

std::optional<place> place_of(std::string_view cursor) {
  std::int64_t micros = 0;
  const auto [end, wrong] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), micros);
  const auto rest = cursor.substr(static_cast<std::size_t>(end - cursor.data()));
  if (wrong != std::errc{} || rest.size() != 1 + id_digits || rest[0] != '-' ||
      !is_dead_letter_id(rest.substr(1))) {
    return std::nullopt;
  }
  return place{timestamp{std::chrono::microseconds{micros}}, std::string{rest.substr(1)}};
}

std::string bytea_of_id(std::string_view id) {
  return fmt::format("\\x{}", id);
}

params with(params all, std::initializer_list<param> more) {
  all.insert(all.end(), more);
  return all;
}

class pg_dead_letter_store final : public dead_letter_store {
 public:
  explicit pg_dead_letter_store(database_options options) : options_{std::move(options)} {}
  explicit pg_dead_letter_store(pg::session& lent) : session_{lent} {}

  result<void> reconnect() override {
    if (&session_ != &own_) return pg::not_ours_to_reopen();
    return session_.reopen(options_);
  }

  // -- reading ---

  result<dead_letter_filter> resolve(dead_letter_filter filter) override {
    for (auto& id : filter.ids) {
      auto full = resolve_id(id);
      if (!full) return full.error();
      id = *std::move(full);
    }
    return filter;
  }

  result<dead_letter_list> list(const dead_letter_filter& filter,
                                const dead_letter_page& page) override {
    std::optional<place> from;
    if (!page.cursor.empty()) {
      from = place_of(page.cursor);
      if (!from) return failure{errc::configuration_invalid, "this is no cursor of a list"};
    }
    const auto full = resolve(filter);
    if (!full) return full.error();
    const bool older = page.direction == page_direction::older;
    const auto limit = std::clamp<std::size_t>(page.limit, 1, dead_letter_page::max_limit);
    // One more than asked for tells whether there is more.
    auto r = session_.exec(
        fmt::format(sql::list, sql::summary, sql::matches, older ? "<" : ">",
                    older ? "DESC" : "ASC"),
        with(sql::parameters_of(*full),
             {from ? param{to_rfc3339(from->at)} : std::nullopt,
              from ? param{bytea_of_id(from->id)} : std::nullopt, std::to_string(limit + 1)}));
    if (!r) return r.error();
    const bool more = static_cast<std::size_t>(r->size()) > limit;
    dead_letter_list out;
    for (int i = 0; i < r->size() - (more ? 1 : 0); ++i)
      out.letters.push_back(summary_of(*r, i));
    if (!older) std::reverse(out.letters.begin(), out.letters.end());
    if (out.letters.empty()) return out;
    // On the side that was come from there is at least what the cursor named.
    if (older ? more : from.has_value()) out.older = cursor_of(out.letters.back());
    if (older ? from.has_value() : more) out.newer = cursor_of(out.letters.front());
    return out;
  }

  result<std::uint64_t> count(const dead_letter_filter& filter) override {
    const auto full = resolve(filter);
    if (!full) return full.error();
    auto r = session_.exec(fmt::format(sql::count, sql::matches), sql::parameters_of(*full));
    if (!r) return r.error();
    return static_cast<std::uint64_t>(r->number(0, 0));
  }

  result<std::vector<dead_letter_group>> groups(const dead_letter_filter& filter,
                                                std::size_t limit) override {
    const auto full = resolve(filter);
    if (!full) return full.error();
    auto r = session_.exec(
        fmt::format(sql::groups, sql::summary, sql::matches, dead_letter_group::samples),
        with(sql::parameters_of(*full), {std::to_string(limit)}));
    if (!r) return r.error();
    std::vector<dead_letter_group> all;
    const auto number = [&](int i, int column) {
      return static_cast<std::uint64_t>(r->number(i, column));
    };
    for (int i = 0; i < r->size(); ++i) {
      auto sample = summary_of(*r, i, 8);
      auto fingerprint = sample.fingerprint;
      all.push_back({.fingerprint = std::move(fingerprint),
                     .letters = number(i, 0),
                     .attempts = number(i, 1),
                     .first_failure = r->time(i, 2),
                     .last_failure = r->time(i, 3),
                     .last_hour = number(i, 4),
                     .last_day = number(i, 5),
                     .topics = strings_of(r->text(i, 6)),
                     .kinds = strings_of(r->text(i, 7)),
                     .sample = std::move(sample)});
    }
    return all;
  }

  result<dead_letter> get(std::string_view id) override {
    const auto full = resolve_id(id);
    if (!full) return full.error();
    auto r = session_.exec(fmt::format(sql::get, sql::summary), {bytea_of_id(*full)});
    if (!r) return r.error();
    if (r->size() == 0) return gone(id);
    auto letter = letter_of(*r, 0);
    auto changes = session_.exec(sql::history, {bytea_of_id(*full)});
    if (!changes) return changes.error();
    for (int i = 0; i < changes->size(); ++i) {
      letter.history.push_back({.at = changes->time(i, 0),
                                .actor = text_of(*changes, i, 1),
                                .action = text_of(*changes, i, 2),
                                .detail = text_of(*changes, i, 3)});
      if (!changes->is_null(i, 4)) letter.history.back().job = changes->number(i, 4);
    }
    return letter;
  }

  // -- changing ---

  result<bool> edit(std::string_view id, std::string_view bytes, std::string_view actor) override {
    const auto full = resolve_id(id);
    if (!full) return full.error();
    return in_transaction([&] { return edit_locked(*full, bytes, actor); });
  }

  result<std::uint64_t> discard(const dead_letter_filter& filter, std::string_view reason,
                                std::string_view actor) override {
    return move_all(filter, dead_letter_status::open, dead_letter_status::discarded, actor,
                    "discarded", reason);
  }

  result<std::uint64_t> reopen(const dead_letter_filter& filter, std::string_view actor) override {
    return move_all(filter, dead_letter_status::discarded, dead_letter_status::open, actor,
                    "reopened", "");
  }

  result<std::uint64_t> each(const dead_letter_filter& filter, const visitor& visit) override {
    const auto full = resolve(filter);
    if (!full) return full.error();
    if (auto r = session_.exec(sql::begin_each); !r) return r.error();
    auto done = each_in_snapshot(*full, visit);
    if (session_.is_open()) {
      if (auto r = session_.exec("ROLLBACK"); !r && done) return r.error();
    }
    return done;
  }

 private:
  static failure gone(std::string_view id) {
    return {errc::not_found, fmt::format("no dead letter's id begins with {}", id)};
  }

  result<std::string> resolve_id(std::string_view given) {
    std::string id{given};
    std::transform(id.begin(), id.end(), id.begin(), [](char c) {
      return 'A' <= c && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (!is_dead_letter_id(id)) {
      return failure{errc::not_found, fmt::format("{} is no id: an id is {} to {} hex digits",
                                                  quoted(given), min_id_digits, id_digits)};
    }
    if (id.size() == id_digits) return id;
    const auto fill = [&](char c) {
      return bytea_of_id(id + std::string(id_digits - id.size(), c));
    };
    auto r = session_.exec(sql::find_ids, {fill('0'), fill('f')});
    if (!r) return r.error();
    if (r->size() == 0) return gone(id);
    if (r->size() == 1) return text_of(*r, 0, 0);
    std::string some;
    for (int i = 0; i < std::min(r->size(), 3); ++i)
      some += fmt::format("{}{}", i == 0 ? "" : ", ", r->text(i, 0).substr(0, id.size() + 6));
    return failure{errc::conflict, fmt::format("the id {} is ambiguous: {}{}", id, some,
                                               r->size() > 3 ? " and more" : "")};
  }

  /// Commits what succeeds and rolls back what fails.
  template <class Work>
  auto in_transaction(Work work) -> decltype(work()) {
    if (auto r = session_.exec("BEGIN"); !r) return r.error();
    auto done = work();
    if (!session_.is_open()) return done;
    if (auto r = session_.exec(done ? "COMMIT" : "ROLLBACK"); !r) return r.error();
    return done;
  }

  result<bool> edit_locked(const std::string& id, std::string_view bytes, std::string_view actor) {
    const auto hash = bytea_of_id(id);
    const auto literal = to_bytea(bytes);
    auto now = session_.exec(sql::lock_one, {hash, literal});
    if (!now) return now.error();
    if (now->size() == 0) return gone(id);
    if (const auto status = now->text(0, 0); status != name_of(dead_letter_status::open)) {
      return failure{errc::conflict,
                     fmt::format("it is {}, and only an open one can be edited{}", status,
                                 status == "discarded" ? "; reopen it first" : "")};
    }
    if (now->truth(0, 2)) return false;
    auto set = session_.exec(sql::set_edited, {hash, literal});
    if (!set) return set.error();
    const auto what = now->truth(0, 3) ? std::string{"back to what was delivered"}
                                       : fmt::format("{} bytes; {} were delivered", bytes.size(),
                                                     now->text(0, 1));
    auto noted = session_.exec(sql::add_history,
                               {hash, storable_text(actor, max_words_bytes), "edited", what});
    if (!noted) return noted.error();
    return true;
  }

  result<std::uint64_t> move_all(const dead_letter_filter& filter, dead_letter_status from,
                                 dead_letter_status to, std::string_view actor,
                                 std::string_view action, std::string_view detail) {
    auto full = resolve(filter);
    if (!full) return full.error();
    if (full->ids.empty()) {
      auto r = session_.exec("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
      if (!r) return r.error();
      full->before = std::min(full->before.value_or(timestamp::max()), r->time(0, 0));
    }
    const auto statement = fmt::format(sql::move_some, sql::matches);
    const auto fixed = sql::parameters_of(*full);
    std::uint64_t total = 0;
    for (std::string last = "\\x";;) {
      auto r = session_.exec(
          statement,
          with(fixed, {std::string{name_of(from)}, last, std::to_string(letters_per_step),
                       std::string{name_of(to)}, storable_text(actor, max_words_bytes),
                       std::string{action}, storable_text(detail, max_words_bytes)}));
      if (!r) return r.error();
      total += static_cast<std::uint64_t>(r->number(0, 0));
      if (r->is_null(0, 1)) return total;
      last = text_of(*r, 0, 1);
    }
  }

  // -- everything ---

  /// Ids and sizes through a cursor, bytes in shares that fit into memory.
  result<std::uint64_t> each_in_snapshot(const dead_letter_filter& filter, const visitor& visit) {
    auto declared =
        session_.exec(fmt::format(sql::declare_each, sql::matches), sql::parameters_of(filter));
    if (!declared) return declared.error();
    std::uint64_t shown = 0;
    for (;;) {
      auto page = session_.exec(sql::fetch_each);
      if (!page) return page.error();
      if (page->size() == 0) return shown;
      for (int i = 0; i < page->size();) {
        std::string ids;
        std::int64_t bytes = 0;
        do {
          ids += fmt::format("{}\"\\\\x{}\"", ids.empty() ? "{" : ",", page->text(i, 0));
          bytes += page->number(i, 1);
        } while (++i < page->size() && bytes + page->number(i, 1) <= bytes_at_once);
        auto some = show(ids + "}", visit);
        if (!some) return some.error();
        shown += *some;
      }
    }
  }

  result<std::uint64_t> show(const std::string& ids, const visitor& visit) {
    auto r = session_.exec(fmt::format(sql::read_each, sql::summary), {ids});
    if (!r) return r.error();
    for (int i = 0; i < r->size(); ++i) {
      if (auto done = visit(letter_of(*r, i)); !done) return done.error();
    }
    return static_cast<std::uint64_t>(r->size());
  }

  database_options options_;
  pg::session own_{};
  pg::session& session_{own_};
};

}  // namespace

std::vector<param> sql::parameters_of(const dead_letter_filter& f) {
  const auto time = [](const std::optional<timestamp>& t) {
    return t ? param{to_rfc3339(*t)} : std::nullopt;
  };
  const auto text = [](const std::string& t) { return t.empty() ? std::nullopt : param{t}; };
  std::string ids;
  for (const auto& id : f.ids)
    ids += fmt::format("{}\"\\\\x{}\"", ids.empty() ? "{" : ",", id);
  return {time(f.since),        time(f.before),
          text(f.topic_prefix), text(f.kind),
          text(f.stage),        text(f.code),
          text(f.fingerprint),  f.status ? param{std::string{name_of(*f.status)}} : std::nullopt,
          f.consumer,           ids.empty() ? std::nullopt : param{ids + "}"}};
}

result<std::unique_ptr<dead_letter_store>> open_dead_letter_store(const database_options& options) {
  auto store = std::make_unique<pg_dead_letter_store>(options);
  if (auto r = store->reconnect(); !r) return r.error();
  return std::unique_ptr<dead_letter_store>{std::move(store)};
}

std::unique_ptr<dead_letter_store> dead_letter_store_on(pg::session& session) {
  return std::make_unique<pg_dead_letter_store>(session);
}

}  // namespace td
