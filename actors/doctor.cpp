#include "actors/doctor.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <unistd.h>

#include <fmt/format.h>

#include "actors/lanes.hpp"
#include "actors/service.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 10min;
constexpr auto look_again = 30s;       // something was away; twice as long each further time
constexpr auto look_limit = 10s;       // for one look
constexpr auto ask_again = 250ms;      // the service is not ready yet
constexpr std::size_t most_asks = 40;  // then the first look comes without it
constexpr auto answer_time = 2s;       // of broker and database

constexpr const char* application = "taylordash doctor";

/// Lanes, mirrors and everybody's own connections, 512 HTTP clients, and the libraries' files.
constexpr std::uint64_t files_beside = 640;

/// Tells the nodes of a deployment apart, and two on one machine.
std::uint64_t node_hash(const settings& s) {
  char host[256]{};
  ::gethostname(host, sizeof host - 1);
  return std::hash<std::string>{}(fmt::format("{}:{}", host, s.http.port));
}

class doctor_state {
 public:
  using interface = doctor_actor;
  static constexpr const char* name = "doctor";

  doctor_state(self_of<doctor_state> self, shared_context shared, look look_at)
      : self_{self}, shared_{std::move(shared)}, look_{std::move(look_at)} {
    self_->send(self_, tick{});
  }

  interface::behavior_type make_behavior() {
    return {[this](const tick&) {
      if (!shared_->board.ready() && asked_++ < most_asks)
        return tell_self(self_, ask_again, tick{});
      asked_ = most_asks;
      if (examine_once()) {
        again_ = look_again;
        return tell_self(self_, look_every, tick{});
      }
      tell_self(self_, again_, tick{});
      again_ = std::min<std::chrono::seconds>(2 * again_, look_every);
    }};
  }

 private:
  /// False when something could not be looked at.
  bool examine_once() {
    auto options = doctor_options_from(shared_->set);
    options.broker.quick = true;
    options.broker.broker.connect_timeout =
        std::min<std::chrono::milliseconds>(options.broker.broker.connect_timeout, answer_time);
    options.time_limit = look_limit;
    options.database.application_name = application;
    options.database.connect_timeout =
        std::min<std::chrono::milliseconds>(options.database.connect_timeout, answer_time);
    options.database.statement_timeout =
        std::min<std::chrono::milliseconds>(options.database.statement_timeout, answer_time);
    options.of_database.running = true;
    options.look_at_broker = shared_->board.up(dependency_broker);
    options.look_at_database = shared_->board.up(dependency_database);
    auto seen = look_(options, memory_);
    const bool whole = seen.broker && seen.database;
    note_failure(seen, broker_, seen.broker, seen.broker_trouble);
    note_failure(seen, database_, seen.database, seen.database_trouble);
    keep(std::move(seen));
    return whole;
  }

  /// A server that its users find up, and that the look could not look at: what was found there
  /// before stays, with a word about how old it is.
  struct place {
    std::string_view code{};
    std::optional<timestamp> blind_since{};
  };

  static void note_failure(examination& seen, place& where, bool looked_at,
                           const std::string& why) {
    if (looked_at) where.blind_since.reset();
    const auto failed =
        std::find_if(seen.findings.begin(), seen.findings.end(),
                     [&](const finding& f) { return f.code == where.code && !looked_at; });
    if (failed == seen.findings.end()) return;
    if (!where.blind_since) where.blind_since = now();
    failed->level = severity::warning;
    failed->what = fmt::format(
        "the doctor could not look since {}, though the service's own connections are "
        "up: {}",
        to_rfc3339(*where.blind_since), why);
  }

  /// What could not be looked at now keeps what was found there before.
  void keep(examination&& seen) {
    const auto before = shared_->board.findings();
    std::vector<finding> now;
    const auto looked_at = [&](const finding& f) {
      return f.area == "broker" ? seen.broker : f.area == "database" ? seen.database : true;
    };
    const auto of_failure = [&](const finding& f) {
      return f.code == broker_.code || f.code == database_.code;
    };
    for (const auto& f : before) {
      if (!looked_at(f) && !of_failure(f)) now.push_back(f);
    }
    for (auto& f : seen.findings) {
      if (f.level > severity::ok && (looked_at(f) || of_failure(f))) now.push_back(std::move(f));
    }
    sort_by_severity(now);
    for (const auto& f : new_findings(now, before))
      say(f);
    for (const auto& f : new_findings(before, now)) {
      if (f.level >= severity::warning) log_info("finding is gone", {kv("code", f.code)});
    }
    shared_->board.set(std::move(now));
  }

  /// Notes are for those who ask.
  static void say(const finding& f) {
    if (f.level < severity::warning) return;
    log(f.level == severity::danger ? log_level::error : log_level::warning, "finding: " + f.what,
        {kv("code", f.code), kv("severity", name_of(f.level)), kv("change", f.mend),
         kv("where", f.where)});
  }

  self_of<doctor_state> self_;
  shared_context shared_;
  look look_;
  doctor_memory memory_;
  place broker_{"broker_reachable", {}};
  place database_{"database_reachable", {}};
  std::chrono::seconds again_{look_again};
  std::size_t asked_{};
};

}  // namespace

doctor_options doctor_options_from(const settings& s, std::string_view who) {
  doctor_options o;
  o.broker.client_id = fmt::format("{}-{}-{:x}", s.mqtt.group, who, node_hash(s));
  o.broker.broker = broker_options_from(s);
  o.broker.filter = s.mqtt.filter;
  o.broker.largest_event = s.events.max_body_bytes;
  o.broker.receive_maximum = s.ingest.receive_maximum;
  o.of_broker.lanes = s.ingest.lanes;
  o.of_broker.ordered = s.ingest.ordered;
  o.of_broker.largest_event = s.events.max_body_bytes;
  o.of_broker.largest_topic = s.events.max_topic_bytes;
  o.of_broker.receive_maximum = s.ingest.receive_maximum;
  o.of_broker.verdict_timeout = s.ingest.verdict_timeout;
  o.database = database_options_from(s, application);
  // Mirrors, and one each for lanes, outbox, replay (two), schemas, maintenance, doctor.
  o.of_database.connections = static_cast<std::int64_t>(s.database.connections) + 7;
  // Two workers, the watch and the audit chain.
  if (!s.identity.secret_file.empty()) o.of_database.connections += 4;
  o.of_database.days_ahead = static_cast<int>(s.retention.days_ahead);
  o.of_database.retention = s.retention.events;
  o.of_machine.open_files = s.ingest.lanes * 2 + s.database.connections + files_beside;
  return o;
}

doctor_actor make_doctor(caf::actor_system& system, shared_context shared,
                         std::shared_ptr<interrupter> stop) {
  return spawn<doctor_state, caf::detached>(
      system, std::move(shared), look{[stop](doctor_options options, doctor_memory& memory) {
        options.database.stop = stop;
        options.broker.give_up = [stop] { return stop->interrupted(); };
        return examine(options, &memory);
      }});
}

doctor_actor make_scheduled_doctor(caf::actor_system& system, shared_context shared, look look_at) {
  return spawn<doctor_state>(system, std::move(shared), std::move(look_at));
}

}  // namespace td
