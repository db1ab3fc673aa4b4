#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "pipeline/log.hpp"
#include "storage/pg.hpp"

namespace td::pg {

namespace {

/// TCP keepalive that adds up to `silence`: 11 s are 5 + 3 * 2, 5 s are 2 + 3 * 1.
struct keepalive {
  static constexpr int count = 3;

  explicit keepalive(std::chrono::seconds silence)
      : interval{std::max(1, static_cast<int>(silence.count() / 5))},
        idle{std::max(1, static_cast<int>(silence.count()) - count * interval)},
        unacknowledged_ms{1000 * (idle + count * interval)} {}

  int interval;
  int idle;
  int unacknowledged_ms;
};

constexpr int oldest_server = 140'000;  // DETACH PARTITION CONCURRENTLY, idle_session_timeout

struct free_options {
  void operator()(PQconninfoOption* o) const noexcept { PQconninfoFree(o); }
};
using conninfo = std::unique_ptr<PQconninfoOption, free_options>;

result<conninfo> parse(const std::string& url) {
  char* message = nullptr;
  conninfo parsed{PQconninfoParse(url.c_str(), &message)};
  PQfreemem(message);  // unread: it quotes the URL, password and all
  if (parsed) return parsed;
  return failure{errc::configuration_invalid,
                 "the database URL is neither postgresql://... nor a list of key=value"};
}

/// Later pairs win over earlier ones, so the URL stands between our defaults and our demands.
PGconn* connect(const database_options& options, const PQconninfoOption* url) {
  const keepalive alive{options.silence};
  std::vector<std::pair<std::string, std::string>> pairs{
      {"keepalives", "1"},
      {"keepalives_idle", std::to_string(alive.idle)},
      {"keepalives_interval", std::to_string(alive.interval)},
      {"keepalives_count", std::to_string(alive.count)},
      {"tcp_user_timeout", std::to_string(alive.unacknowledged_ms)},
      {"fallback_application_name", options.application_name},
  };
  for (auto* o = url; o->keyword != nullptr; ++o) {
    if (o->val != nullptr) pairs.emplace_back(o->keyword, o->val);
  }
  pairs.emplace_back("client_encoding", "UTF8");

  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : pairs) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectStartParams(keywords.data(), values.data(), 0);
}

/// Ours, or what the URL says: libpq heeds its own only where connecting blocks.
std::chrono::milliseconds connect_limit(const database_options& options,
                                        const PQconninfoOption* url) {
  for (auto* o = url; o->keyword != nullptr; ++o) {
    if (std::string_view{o->keyword} != "connect_timeout" || o->val == nullptr) continue;
    if (const int seconds = std::atoi(o->val); seconds > 0) return std::chrono::seconds{seconds};
  }
  return options.connect_timeout;
}

/// The SQLSTATE in libpq's words about a failed connection, which it tells in no other way:
/// "... failed: FATAL:  28P01: password authentication failed". Empty: the server said nothing.
std::string_view sqlstate_in(std::string_view words) {
  constexpr std::string_view before = "FATAL:  ";
  const auto at = words.find(before);
  if (at == words.npos) return {};
  const auto rest = words.substr(at + before.size());
  return rest.size() > 5 && rest[5] == ':' ? rest.substr(0, 5) : std::string_view{};
}

/// Account, password, pg_hba.conf, database: nothing that time mends.
bool is_refusal(std::string_view sqlstate) {
  return sqlstate.starts_with("28") || sqlstate == "3D000" || sqlstate == "42501";
}

void on_notice(void*, const char* message) {
  std::string_view text{message};
  log_debug("database notice", {kv("text", text.substr(0, text.find_last_not_of('\n') + 1))});
}

std::string_view parameter(const PGconn* conn, const char* name) {
  const char* value = PQparameterStatus(conn, name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

result<void> check_server(const PGconn* conn) {
  if (const int version = PQserverVersion(conn); version < oldest_server) {
    return failure{errc::configuration_invalid,
                   fmt::format("PostgreSQL 14 or newer is needed, this one is {}.{}",
                               version / 10'000, version % 10'000)};
  }
  if (const auto encoding = parameter(conn, "server_encoding"); encoding != "UTF8") {
    return failure{errc::configuration_invalid,
                   fmt::format("the database's encoding must be UTF8, it is {}", encoding)};
  }
  if (parameter(conn, "in_hot_standby") == "on")
    return failure{errc::database_away, "the server is a standby and takes no writes"};
  return ok();
}

/// Read committed, because what comes after a lock must see what its last holder committed. JIT
/// never pays for statements this short. Durability (synchronous_commit) stays the user's.
constexpr const char* settings_sql =
    "SELECT set_config(s.name, v.setting, false) FROM (VALUES "
    "('TimeZone', 'UTC'), ('DateStyle', 'ISO'), ('client_min_messages', 'warning'), "
    "('default_transaction_isolation', 'read committed'), ('jit', 'off'), "
    "('statement_timeout', '{0}'), ('idle_in_transaction_session_timeout', '{0}'), "
    "('idle_session_timeout', '0'), ('client_connection_check_interval', '5000'), "
    "('tcp_keepalives_idle', '{1}'), ('tcp_keepalives_interval', '{2}'), "
    "('tcp_keepalives_count', '{3}'), ('tcp_user_timeout', '{4}')"
    ") AS v(name, setting) JOIN pg_settings s USING (name)";

}  // namespace

result<session> session::open(const database_options& options) {
  if (options.stop && options.stop->interrupted())
    return failure{errc::stopping, "interrupted before connecting to the database"};
  const auto url = parse(options.url);
  if (!url) return url.error();

  session s;
  s.stop_ = options.stop;
  s.statement_timeout_ = options.statement_timeout;
  s.conn_ = connect(options, url->get());
  if (s.conn_ == nullptr) throw std::bad_alloc{};
  s.deadline_ = clock::now() + connect_limit(options, url->get());
  if (auto connected = s.finish_connecting(); !connected) return connected.error();
  if (PQsetnonblocking(s.conn_, 1) != 0) return s.lost();
  PQsetNoticeProcessor(s.conn_, on_notice, nullptr);
  if (const auto fit = check_server(s.conn_); !fit) return fit.error();
  const keepalive alive{options.silence};
  if (const auto set =
          s.exec(fmt::format(settings_sql, options.statement_timeout.count(), alive.idle,
                             alive.interval, alive.count, alive.unacknowledged_ms));
      !set) {
    return set.error();
  }
  return s;
}

result<void> session::finish_connecting() {
  PQsetErrorVerbosity(conn_, PQERRORS_VERBOSE);
  for (auto next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;) {
    if (PQstatus(conn_) == CONNECTION_BAD || next == PGRES_POLLING_FAILED) {
      const std::string_view words = PQerrorMessage(conn_);
      const bool refused = is_refusal(sqlstate_in(words));
      auto why = lost(words_of(words.substr(0, words.find("LOCATION:"))));
      if (refused) why.code = errc::database_refused;
      return why;
    }
    if (auto w = wait(next == PGRES_POLLING_WRITING, next == PGRES_POLLING_READING); !w) return w;
    next = PQconnectPoll(conn_);
  }
  PQsetErrorVerbosity(conn_, PQERRORS_DEFAULT);
  return ok();
}

}  // namespace td::pg
