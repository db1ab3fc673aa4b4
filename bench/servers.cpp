#include "bench/servers.hpp"

#include <fmt/format.h>

#include "pipeline/log.hpp"
#include "standalone/programs.hpp"
#include "storage/pg.hpp"
#include "storage/stores.hpp"

namespace td::bench {

namespace {

constexpr const char* empty_tables =
    "TRUNCATE events_mirror, mirror_batches, dlq_events, ingest_lanes CASCADE";

std::string with_user(std::string url, std::string_view old_login, std::string_view new_login) {
  return url.replace(url.find(old_login), old_login.size(), new_login);
}

}  // namespace

result<std::unique_ptr<bench_servers>> bench_servers::start(const std::filesystem::path& folder) {
  if (auto fine = check_programs({}); !fine) return fine.error();
  const auto users = choose_server_users();
  if (!users) return users.error();
  auto directory = data_directory::open(folder, *users);
  if (!directory) return directory.error();
  const auto& layout = directory->layout();
  std::error_code error;
  auto secrets =
      load_or_make_secrets(layout.secrets(), !std::filesystem::exists(layout.cluster(), error));
  if (!secrets) return secrets.error();
  port_reservation reserved;
  const auto ports = choose_ports(layout.ports(), {}, reserved);
  if (!ports) return ports.error();

  std::unique_ptr<bench_servers> made{
      new bench_servers{std::move(*directory), std::move(*secrets), ports->mqtt}};
  if (auto r = made->postgres_.start(-1); !r) return r.error();
  if (auto r = made->broker_.start(-1); !r) return r.error();
  if (auto r = migrate({.url = made->database_url()}, {}); !r) return r.error();
  return made;
}

bench_servers::bench_servers(data_directory directory, instance_secrets secrets,
                             std::uint16_t mqtt_port)
    : directory_{std::move(directory)},
      secrets_{std::move(secrets)},
      postgres_{directory_, secrets_, {}},
      broker_{directory_, secrets_, {}, mqtt_port, std::nullopt} {}

bench_servers::~bench_servers() {
  if (removed_) return;
  if (auto r = stop_and_remove(); !r) {
    log_error("bench left servers or data behind", {kv("folder", directory_.layout().root.string()),
                                                    kv("reason", to_string(r.error()))});
  }
}

result<void> bench_servers::stop() {
  const auto broker = broker_.stop();
  const auto postgres = postgres_.stop();
  if (!broker) return broker.error();
  if (!postgres) return postgres.error();
  return ok();
}

result<void> bench_servers::stop_and_remove() {
  if (auto r = stop(); !r) return r;
  if (auto r = directory_.purge(); !r) return r.error();
  removed_ = true;
  return ok();
}

result<void> bench_servers::make_fresh() {
  if (auto r = empty_broker(); !r) return r;
  return empty_database();
}

result<void> bench_servers::empty_broker() {
  if (auto r = broker_.stop(); !r) return r.error();
  std::error_code error;
  std::filesystem::remove(directory_.layout().broker() / "mosquitto.db", error);
  if (error) return failure{errc::internal, "cannot remove mosquitto.db: " + error.message()};
  if (auto r = broker_.start(-1); !r) return r.error();
  return broker_.open_gate();  // its sessions are gone, so there is nothing to wait for
}

result<void> bench_servers::empty_database() const {
  return as_superuser({empty_tables, "CHECKPOINT"});
}

result<void> bench_servers::checkpoint() const {
  return as_superuser({"CHECKPOINT"});
}

result<void> bench_servers::as_superuser(std::initializer_list<const char*> statements) const {
  const auto url = with_user(database_url(), fmt::format("taylordash:{}@", secrets_.database),
                             fmt::format("postgres:{}@", secrets_.database_superuser));
  auto session = pg::session::open({.url = url, .application_name = "taylordash-bench"});
  if (!session) return session.error();
  for (const auto* statement : statements) {
    if (auto r = session->exec(statement); !r) return r.error();
  }
  return ok();
}

}  // namespace td::bench
