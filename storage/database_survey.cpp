#include "storage/database_survey.hpp"

#include <cstdlib>
#include <functional>
#include <limits>
#include <pg_config.h>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "storage/database_survey_sql.hpp"
#include "storage/migrations.hpp"
#include "storage/pg.hpp"

namespace td {

namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using clock = std::chrono::steady_clock;

constexpr int clock_samples = 5;
constexpr double shortest_span = 3600;  // seconds of journal that tell a rate per day

std::string text_of(const pg::rows& r, int row, int column) {
  return std::string{r.text(row, column)};
}

std::optional<double> real(const pg::rows& r, int column) {
  if (r.size() == 0 || r.is_null(0, column)) return std::nullopt;
  return std::strtod(text_of(r, 0, column).c_str(), nullptr);
}

std::optional<std::int64_t> number(const pg::rows& r, int column) {
  if (r.size() == 0 || r.is_null(0, column)) return std::nullopt;
  return r.number(0, column);
}

/// Asks one thing after the other. What the server refuses to tell is noted and left out; a lost
/// connection ends it.
class surveyor {
 public:
  surveyor(pg::session& session, const survey_terms& terms) : session_{session}, terms_{terms} {}

  result<database_survey> run() {
    for (const auto part :
         {&surveyor::who, &surveyor::settings, &surveyor::schema, &surveyor::sessions,
          &surveyor::wal, &surveyor::space, &surveyor::time}) {
      (this->*part)();
      if (!session_.is_open()) return lost_;
      if (late_) return failure{errc::database_away, "no time was left for this look at it"};
    }
    return std::move(found_);
  }

 private:
  using reading = std::function<void(const pg::rows&)>;

  void read(std::string_view what, const char* sql, const reading& with,
            std::initializer_list<pg::session::param> params = {}) {
    if (!session_.is_open()) return;
    if (clock::now() >= terms_.deadline) {
      late_ = true;
      return;
    }
    const auto answer = params.size() == 0 ? session_.exec(sql) : session_.exec(sql, params);
    if (answer) return with(*answer);
    lost_ = answer.error();
    found_.unread.push_back(fmt::format("{}: {}", what, answer.error().detail));
  }

  void who() {
    read("the role", survey_sql::who, [this](const pg::rows& r) {
      found_.role = text_of(r, 0, 0);
      found_.database = text_of(r, 0, 1);
      found_.schema = text_of(r, 0, 2);
      found_.superuser = r.truth(0, 3);
      found_.sees_all_sessions = r.truth(0, 4) || found_.superuser;
      found_.pooled = r.number(0, 5) != session_.backend();
      found_.server_version = static_cast<int>(r.number(0, 6));
      found_.server_started = r.number(0, 7);
    });
    found_.on_this_machine = session_.on_this_machine();
  }

  void settings() {
    read("the settings", survey_sql::settings, [this](const pg::rows& r) {
      for (int i = 0; i < r.size(); ++i) {
        found_.settings.push_back({text_of(r, i, 0), text_of(r, i, 1), text_of(r, i, 2),
                                   text_of(r, i, 3), r.number(i, 4)});
      }
    });
  }

  void schema() {
    found_.migrations_known = migrations().size();
    bool mirror = false;
    read("the schema", survey_sql::migrations_there, [&](const pg::rows& r) {
      if (!r.truth(0, 0)) found_.migrations_applied = 0;
      mirror = r.truth(0, 1);
    });
    if (!found_.migrations_applied) count_migrations();
    read("the rights", survey_sql::missing_rights, [this](const pg::rows& r) {
      for (int i = 0; i < r.size(); ++i)
        found_.missing_rights.push_back({text_of(r, i, 0), text_of(r, i, 1)});
    });
    if (!mirror) return;
    read("owners", survey_sql::not_owned, names_into(found_.not_owned));
    read("unlogged tables", survey_sql::unlogged, names_into(found_.unlogged));
    read("partitions ahead", survey_sql::first_day_missing,
         [this](const pg::rows& r) {
           const auto missing = number(r, 0);
           found_.days_ahead = missing ? static_cast<int>(*missing) - 1 : terms_.days_ahead;
         },
         {std::to_string(terms_.days_ahead)});
  }

  void count_migrations() {
    if (!session_.is_open() || clock::now() >= terms_.deadline) return;
    const auto applied = session_.exec(applied_migrations_sql);
    if (!applied) {
      lost_ = applied.error();
      found_.migrations_trouble = applied.error();
      return;
    }
    const auto count = count_applied(*applied);
    if (count) {
      found_.migrations_applied = *count;
    } else {
      found_.migrations_trouble = count.error();
    }
  }

  void sessions() {
    read("connections", survey_sql::connections, [this](const pg::rows& r) {
      found_.used_connections = r.number(0, 0);
      found_.role_limit = number(r, 1);
      found_.database_limit = number(r, 2);
    });
    const auto of = [this](const char* name) {
      const auto* s = found_.setting(name);
      return s == nullptr ? 0 : std::strtoll(s->value.c_str(), nullptr, 10);
    };
    found_.max_connections = of("max_connections");
    if (!found_.superuser) {
      found_.max_connections -= of("superuser_reserved_connections") + of("reserved_connections");
    }
    read("sessions", survey_sql::sessions,
         [this](const pg::rows& r) {
           for (int i = 0; i < r.size(); ++i) {
             auto& to = r.truth(i, 0) ? found_.idle_in_transaction : found_.long_running;
             to.push_back(
                 {r.number(i, 1), text_of(r, i, 2), text_of(r, i, 3), seconds{r.number(i, 4)}});
           }
         },
         {std::to_string(terms_.idle.count()), std::to_string(terms_.running.count())});
    read("prepared transactions", survey_sql::prepared,
         [this](const pg::rows& r) {
           for (int i = 0; i < r.size(); ++i)
             found_.prepared.push_back({text_of(r, i, 0), seconds{r.number(i, 1)}, 0});
         },
         {std::to_string(terms_.running.count())});
  }

  void wal() {
    read("replication slots", survey_sql::inactive_slots, [this](const pg::rows& r) {
      for (int i = 0; i < r.size(); ++i) {
        found_.inactive_slots.push_back(
            {text_of(r, i, 0), {}, static_cast<std::uint64_t>(r.number(i, 1))});
      }
    });
    read("the archiver", survey_sql::archiver, [this](const pg::rows& r) {
      found_.archiver_fails = r.size() > 0 && r.truth(0, 0);
      if (found_.archiver_fails) found_.archiver_file = text_of(r, 0, 1);
    });
  }

  void space() {
    read("the size", survey_sql::database_size, [this](const pg::rows& r) {
      found_.database_bytes = static_cast<std::uint64_t>(r.number(0, 0));
    });
    read("the data directory", survey_sql::data_directory, [this](const pg::rows& r) {
      if (r.size() > 0) found_.data_directory = text_of(r, 0, 0);
    });
    if (!found_.days_ahead) return;  // there is no mirror
    read("the size of an event", survey_sql::bytes_per_event,
         [this](const pg::rows& r) { found_.bytes_per_event = real(r, 0); });
    read("the journal", survey_sql::events_per_day, [this](const pg::rows& r) {
      if (real(r, 1).value_or(0) >= shortest_span) found_.events_per_day = real(r, 0);
    });
  }

  /// The answer with the shortest way there and back is the least uncertain (RFC 5905 picks its
  /// samples alike).
  void time() {
    auto best = std::chrono::microseconds::max();
    for (int i = 0;
         i < clock_samples && session_.is_open() && (i == 0 || clock::now() < terms_.deadline);
         ++i) {
      const auto wall = now();
      const auto begin = clock::now();
      read("the clock", survey_sql::clock, [&](const pg::rows& r) {
        const auto trip = std::chrono::duration_cast<microseconds>(clock::now() - begin);
        if (trip >= best) return;
        best = trip;
        found_.clock_ahead = r.time(0, 0) - (wall + trip / 2);
        found_.clock_uncertainty = trip / 2;
      });
    }
  }

  static reading names_into(std::vector<std::string>& list) {
    return [&list](const pg::rows& r) {
      for (int i = 0; i < r.size(); ++i)
        list.push_back(text_of(r, i, 0));
    };
  }

  pg::session& session_;
  const survey_terms& terms_;
  database_survey found_;
  failure lost_{errc::database_away, "the connection was lost"};
  bool late_{};  ///< the deadline came before the end
};

}  // namespace

const server_setting* database_survey::setting(std::string_view name) const noexcept {
  for (const auto& s : settings) {
    if (s.name == name) return &s;
  }
  return nullptr;
}

result<database_survey> survey_database(const database_options& options,
                                        const survey_terms& terms) {
  auto session = pg::session::open(options);
  if (!session) return session.error();
  return surveyor{*session, terms}.run();
}

int database_library_built_with() noexcept {
  return PG_VERSION_NUM;
}

int database_library_in_use() noexcept {
  return PQlibVersion();
}

}  // namespace td
