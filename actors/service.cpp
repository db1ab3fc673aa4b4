#include "actors/service.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <unistd.h>

#include "actors/audit_chain.hpp"
#include "actors/doctor.hpp"
#include "actors/gate_queue.hpp"
#include "actors/identity_start.hpp"
#include "actors/lanes.hpp"
#include "actors/maintenance.hpp"
#include "actors/mirror.hpp"
#include "actors/outbox.hpp"
#include "actors/pool.hpp"
#include "actors/progress_watch.hpp"
#include "actors/reader.hpp"
#include "actors/replay.hpp"
#include "actors/schemas.hpp"
#include "actors/session.hpp"
#include "actors/supervisor.hpp"
#include "actors/validator.hpp"
#include "config/version.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr const char* application = "taylordash";

/// Which process this is, for people: never part of a client id.
std::string node_name() {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  return std::string{host} + ":" + std::to_string(::getpid());
}

/// Few workers, sharing: work stealing burns a core's tenth on idle timers (notes on CAF, section
/// "threads, idle CPU").
struct actor_config : caf::actor_system_config {
  explicit actor_config(std::size_t validators) {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::max<std::size_t>(2, validators));
    set("scheduler.max-throughput", std::size_t{50});
  }
};

/// Ends the process should the ordered stop hang: whatever was acknowledged is committed, so a hard
/// end loses nothing.
class watchdog {
 public:
  explicit watchdog(std::chrono::milliseconds limit)
      : thread_{[this, limit] {
          std::unique_lock lock{mutex_};
          if (called_off_.wait_for(lock, limit, [this] { return off_; })) return;
          log_error("stop took too long, process ends at once", {kv("limit", limit)});
          std::_Exit(EXIT_FAILURE);
        }} {}

  ~watchdog() {
    {
      const std::lock_guard lock{mutex_};
      off_ = true;
    }
    called_off_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable called_off_;
  bool off_{};
  std::thread thread_;
};

/// For what may fail without the service failing.
constexpr restart_rule never_gives_up{1'000'000, 600s, 10s, 600s};

/// The addresses that one row of the supervision table hands to the next.
struct addresses {
  mirror_sink mirrors;
  validator_actor validators;
};

/// Of the table, what lets people sign in; beside the flow of events.
std::vector<child_spec> identity_table(const shared_context& shared,
                                       const std::shared_ptr<identity_desk>& desk,
                                       const database_options& aside,
                                       const std::shared_ptr<interrupter>& end_aside) {
  const auto rule = restart_rule{10, 600s, 1s, 60s};
  const auto within = shared->set.shutdown.grace * 5 / 100;
  const auto hurry = [=] { end_aside->interrupt(); };
  const auto head_file = audit_head_file(shared->set.identity.secret_file);
  return {
      {"session",
       [=](caf::actor_system& system) {
         return caf::actor_cast<caf::actor>(
             make_session(system, desk, [aside] { return open_identity_stores(aside); }));
       },
       rule, within, hurry, true},
      {"identity watch",
       [=](caf::actor_system& system) {
         return caf::actor_cast<caf::actor>(
             make_identity_watch(system, desk, [aside] { return open_identity_watch(aside); }));
       },
       rule, within, hurry, true},
      {"audit chain",
       [=](caf::actor_system& system) {
         return caf::actor_cast<caf::actor>(make_audit_chain(
             system, {.key = desk->rules().secret.audit(), .head_file = head_file, .open = [aside] {
                        return open_audit_store(aside);
                      }}));
       },
       rule, within, hurry, true},
  };
}

/// One row per connection of the gate. What they do for HTTP requests is answered with `stopping`
/// as soon as the stop begins.
void add_readers(std::vector<child_spec>& table, const shared_context& shared,
                 const std::shared_ptr<gate_queue>& gate) {
  const auto& http = shared->set.http;
  auto database = database_options_from(shared->set, "taylordash http");
  database.statement_timeout = http.database_timeout;
  const auto end_reads = database.stop = std::make_shared<interrupter>();
  for (std::size_t i = 0; i < http.database_connections; ++i) {
    table.push_back({"reader " + std::to_string(i),
                     [=](caf::actor_system& system) {
                       return caf::actor_cast<caf::actor>(
                           make_reader(system, shared, gate, i, database));
                     },
                     never_gives_up, shared->set.shutdown.grace / 20,
                     [=] {
                       gate->close();
                       end_reads->interrupt();
                     },
                     true});
  }
}

/// The supervision table, in flow order; SUPERVISOR starts it from the end, stops it from the
/// beginning.
std::vector<child_spec> supervision_table(const shared_context& shared,
                                          const std::shared_ptr<schema_service>& schemas,
                                          const std::shared_ptr<identity_desk>& desk,
                                          const std::shared_ptr<gate_queue>& gate) {
  const auto& s = shared->set;
  auto database = database_options_from(s, application);
  const auto end_waits = database.stop = std::make_shared<interrupter>();
  // A node whose machine is gone has lost its leases after this, 3 s later its lanes are orphans,
  // and one look later they are adopted: within 10 s.
  auto leases = database;
  leases.silence = lease_silence;
  auto aside = database;
  const auto end_aside = aside.stop = std::make_shared<interrupter>();
  const auto to = std::make_shared<addresses>();
  const std::shared_ptr<const current_schemas> in_force{schemas, &schemas->current};
  // Lanes wait for outstanding verdicts when they stop: theirs is most of the grace.
  const auto share = [&s](int percent) { return s.shutdown.grace * percent / 100; };

  std::vector<child_spec> table{
      {"lanes",
       [=](caf::actor_system& system) {
         return caf::actor_cast<caf::actor>(make_lanes(
             system, {.shared = shared,
                      .validators = to->validators,
                      .open_store = [leases] { return open_lane_store(leases); },
                      .open_session =
                          [shared](const lane_slot& slot) {
                            return make_lane_session(lane_options_for(shared->set, slot));
                          }}));
       },
       restart_rule{10, 60s, 100ms, 5s}, share(50), [=] { end_waits->interrupt(); }},
      {"validators",
       [=](caf::actor_system& system) {
         to->validators = spawn<validator_pool>(
             system, shared,
             validator_pool::options{"validator", shared->set.ingest.validators,
                                     [=](caf::actor_system& sys, std::size_t i) {
                                       return make_validator(sys, shared, i, in_force, to->mirrors);
                                     },
                                     restart_rule{10, 60s, 50ms, 1s}});
         return caf::actor_cast<caf::actor>(to->validators);
       },
       never_restart, share(10)},
      {"mirrors",
       [=](caf::actor_system& system) {
         to->mirrors = spawn<mirror_pool>(
             system, shared,
             mirror_pool::options{"mirror", shared->set.database.connections,
                                  [=](caf::actor_system& sys, std::size_t i) -> mirror_sink {
                                    return make_mirror(sys, shared, i, [database] {
                                      return open_mirror_store(database);
                                    });
                                  },
                                  restart_rule{10, 60s, 100ms, 5s}});
         return caf::actor_cast<caf::actor>(to->mirrors);
       },
       never_restart, share(15)},
      {"outbox",
       [=](caf::actor_system& system) {
         return caf::actor_cast<caf::actor>(
             make_outbox(system, {.shared = shared,
                                  .open_store = [aside] { return open_outbox_store(aside); },
                                  .make_publisher = outbox_publisher_for(shared->set, end_aside),
                                  .stop = end_aside}));
       },
       restart_rule{10, 600s, 1s, 60s}, share(5), [=] { end_aside->interrupt(); }, true},
      {"replay",
       [=](caf::actor_system& system) {
         return caf::actor_cast<caf::actor>(
             make_replay(system, shared, in_force,
                         {.open_jobs = [aside] { return open_replay_store(aside); },
                          .open_mirror = [aside] { return open_mirror_store(aside); }}));
       },
       restart_rule{10, 600s, 1s, 60s}, share(5), [=] { end_aside->interrupt(); }, true},
      {"schemas",
       [=](caf::actor_system& system) {
         return caf::actor_cast<caf::actor>(make_schemas(
             system, shared, schemas, [database] { return open_schema_store(database); }));
       },
       restart_rule{10, 600s, 1s, 60s}, share(5)},
      {"maintenance",
       [=](caf::actor_system& system) {
         return caf::actor_cast<caf::actor>(
             make_maintenance(system, shared, [aside] { return open_partition_store(aside); }));
       },
       restart_rule{10, 600s, 1s, 60s}, share(5), [=] { end_aside->interrupt(); }, true},
      {"doctor",
       [=](caf::actor_system& system) {
         return caf::actor_cast<caf::actor>(make_doctor(system, shared, end_aside));
       },
       never_gives_up, share(5), [=] { end_aside->interrupt(); }, true},
  };
  if (desk) {
    for (auto& child : identity_table(shared, desk, aside, end_aside))
      table.push_back(std::move(child));
  }
  add_readers(table, shared, gate);
  return table;
}

struct kept_gate {
  shared_context shared;
  std::shared_ptr<gate_queue> gate;
};

class running_service final : public service {
 public:
  running_service(shared_context shared, std::string deployment,
                  const std::shared_ptr<schema_service>& schemas,
                  std::shared_ptr<identity_desk> desk)
      : shared_{std::move(shared)},
        deployment_{std::move(deployment)},
        desk_{std::move(desk)},
        gate_{std::make_shared<gate_queue>(shared_->set.http.database_connections,
                                           shared_->set.http.database_queue, shared_->meters)},
        config_{shared_->set.ingest.validators},
        system_{std::make_unique<caf::actor_system>(config_)},
        supervisor_{
            make_supervisor(*system_, shared_, supervision_table(shared_, schemas, desk_, gate_))},
        watch_{shared_, shared_->set.ingest.stall_after} {
    // It has nobody above it: without it nothing would be restarted any more, and nobody would
    // know.
    supervisor_->attach_functor([this](const caf::error&) {
      if (!stopping_) shared_->fatal({errc::internal, "the supervisor has ended"});
    });
  }

  ~running_service() override { stop(); }

  service_snapshot snapshot() const override {
    service_snapshot s;
    s.version = std::string{version()};
    s.node = node_name();
    s.deployment = deployment_;
    s.started_at = started_at_;
    s.taken_at = now();
    s.stopping = stopping_;
    s.ready = !s.stopping && shared_->board.ready();
    s.counts = shared_->books.read();
    s.lanes = shared_->board.lanes();
    s.dependencies = shared_->board.dependencies();
    s.actors = shared_->board.actors();
    s.stalls = shared_->board.stalls();
    s.findings = shared_->board.findings();
    return s;
  }

  std::shared_ptr<prometheus::Registry> metrics() const override {
    const std::lock_guard lock{refresh_};
    shared_->meters.refresh(shared_->books.read(), shared_->board, shared_->progress);
    return shared_->meters.registry();
  }

  std::shared_ptr<identity_service> identity() const override { return desk_; }

  std::shared_ptr<database_gate> database() const override {
    // Its counters live in the context.
    return {std::make_shared<kept_gate>(kept_gate{shared_, gate_}), gate_.get()};
  }

  bool wait_ready(std::chrono::milliseconds timeout) override {
    return shared_->board.wait_ready(timeout);
  }

  void stop() override {
    if (!system_ || stopping_.exchange(true)) return;
    const auto start = std::chrono::steady_clock::now();
    const watchdog guard{shared_->set.shutdown.grace};
    std::uint32_t forced = 0;
    {
      caf::scoped_actor self{*system_};
      self->request(supervisor_, shared_->set.shutdown.grace, stop_all{})
          .receive([&](const stopped& s) { forced = s.forced; },
                   [&](const caf::error& e) {
                     log_error("supervisor did not stop", {kv("reason", system_->render(e))});
                   });
    }
    supervisor_ = supervisor_actor{};
    system_.reset();
    log_info("service stopped",
             {kv("after", std::chrono::steady_clock::now() - start), kv("killed", forced)});
  }

 private:
  shared_context shared_;
  std::string deployment_;
  std::shared_ptr<identity_desk> desk_;
  timestamp started_at_ = now();
  std::shared_ptr<gate_queue> gate_;
  std::atomic<bool> stopping_{};
  mutable std::mutex refresh_;
  actor_config config_;
  std::unique_ptr<caf::actor_system> system_;
  supervisor_actor supervisor_;
  progress_watch watch_;
};

result<uuid> deployment_of(const database_options& database) {
  auto slots = open_lane_store(database);
  if (!slots) return slots.error();
  return (*slots)->deployment();
}

/// Loaded before the first event comes: none is judged by an empty set.
result<std::shared_ptr<schema_service>> load_schemas(const database_options& database,
                                                     const settings& s) {
  auto store = open_schema_store(database);
  if (!store) return store.error();
  auto schemas = std::make_shared<schema_service>();
  if (auto r = load_schemas(**store, s, *schemas); !r) return r.error();
  return schemas;
}

result<void> provision(const settings& s, const lane_slot& slot) {
  const auto session = make_lane_session(lane_options_for(s, slot));
  const auto connected = session->connect();
  session->drop();  // the session stays; what it was sent meanwhile will be sent again
  if (!connected) return connected.error();
  return ok();
}

}  // namespace

event_rules event_rules_from(const settings& s) {
  return rules_from(s);
}

result<std::shared_ptr<const schema_set>> schemas_in_force(const database_options& database,
                                                           const settings& s) {
  const auto loaded = load_schemas(database, s);
  if (!loaded) return loaded.error();
  return (*loaded)->current.get();
}

database_options database_options_from(const settings& s, std::string application_name) {
  return {.url = s.database.url,
          .application_name = std::move(application_name),
          .connect_timeout = s.database.connect_timeout,
          .statement_timeout = s.database.statement_timeout};
}

partition_window partition_window_from(const settings& s) {
  const auto kept = std::chrono::floor<std::chrono::days>(s.retention.events).count();
  return {.retention_days = static_cast<std::uint32_t>(kept),
          .days_ahead = static_cast<std::uint32_t>(s.retention.days_ahead)};
}

result<std::unique_ptr<service>> start_service(const settings& s, on_fatal fatal) {
  const auto database = database_options_from(s, application);
  const auto applied = migrate(database, partition_window_from(s));
  if (!applied) return applied.error();
  if (*applied > 0) log_info("database migrated", {kv("migrations", *applied)});
  const auto schemas = load_schemas(database, s);
  if (!schemas) return schemas.error();
  const auto deployment = deployment_of(database);
  if (!deployment) return deployment.error();
  const auto desk = prepare_identity(s, database, *deployment);
  if (!desk) return desk.error();

  auto shared = std::make_shared<context>(s, std::string{version()}, node_name());
  shared->fatal = [fatal, once = std::make_shared<std::once_flag>()](const failure& why) {
    std::call_once(*once, [&] {
      log_error("service can't go on", {kv("reason", to_string(why))});
      fatal(why);
    });
  };
  return std::make_unique<running_service>(std::move(shared), to_string(*deployment), *schemas,
                                           *desk);
}

result<void> provision_lanes(const settings& s) {
  auto store = open_lane_store(database_options_from(s, application));
  if (!store) return store.error();
  const auto slots = (*store)->list();
  if (!slots) return slots.error();
  auto wish = lane_wish_from(s);
  // What services that run already read through counts; an ordered lane's planner knows that.
  const auto taken = std::count_if(slots->begin(), slots->end(), [&](const auto& l) {
    return l.leased && !l.slot.retiring && l.slot.ordered == wish.ordered;
  });
  if (!wish.ordered) wish.lanes -= std::min(wish.lanes, static_cast<std::size_t>(taken));
  lane_planner planner{wish};
  for (const auto& step : planner.plan(*slots, lane_planner::clock::now())) {
    lane_slot slot;
    if (step.what == lane_step::kind::create) {
      const auto made = (*store)->create(s.ingest.ordered);
      if (!made) return made.error();
      slot = *made;
    } else if (step.what == lane_step::kind::take) {
      const auto leased = (*store)->lease(step.slot);
      if (!leased) return leased.error();
      if (!*leased) continue;
      for (const auto& listed : *slots) {
        if (listed.slot.slot == step.slot) slot = listed.slot;
      }
    } else {
      continue;
    }
    const auto done = provision(s, slot);
    // A slot without a session would look like a session that the broker has lost.
    const bool made_in_vain = !done && step.what == lane_step::kind::create;
    const auto r = made_in_vain ? (*store)->remove(slot.slot) : (*store)->release(slot.slot);
    if (!done) return done;
    if (!r) return r;
  }
  return ok();
}

}  // namespace td
