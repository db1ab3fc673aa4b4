#include "bench/capacity/site.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>

#include <fmt/format.h>

#include "actors/lanes.hpp"
#include "bench/capacity/kernel_view.hpp"
#include "config/load.hpp"
#include "pipeline/log.hpp"
#include "storage/stores.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto ready_limit = 60s;
constexpr auto stop_limit = 60s;
constexpr auto foreign_look = 2s;  // a broker that others publish to shows it within this
constexpr auto drain_limit = 60s;

std::string self() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
}

/// "service starts http=127.0.0.1:40001 ..."
std::optional<std::uint16_t> port_in(std::string_view line) {
  const auto key = line.find("http=");
  const auto colon = line.find(':', key == line.npos ? line.size() : key);
  unsigned port = 0;
  for (auto at = colon;
       at != line.npos && ++at < line.size() && line[at] >= '0' && line[at] <= '9';)
    port = port * 10 + static_cast<unsigned>(line[at] - '0');
  if (port == 0 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

failure in_use(std::string why) {
  return {errc::configuration_invalid, std::move(why)};
}

/// Reads a lane's session to its end and ends it. What it still holds was ours.
result<void> end_session(const settings& set, const lane_slot& slot) {
  const auto session = make_lane_session(lane_options_for(set, slot));
  if (auto r = session->connect(); !r) return r.error();
  if (auto r = session->unsubscribe(); !r) return r.error();
  const auto deadline = std::chrono::steady_clock::now() + drain_limit;
  batch rest;
  for (;;) {
    const auto empty = session->drained();
    if (!empty) return empty.error();
    if (*empty) return session->end_session();
    if (std::chrono::steady_clock::now() > deadline)
      return failure{errc::timed_out, "events keep coming to lane " + slot.client_id};
    rest.clear();
    if (auto r = session->read(rest, 100ms); !r) return r.error();
    if (auto r = session->acknowledge(); !r) return r;
  }
}

}  // namespace

// -- open ---

result<std::unique_ptr<site>> site::open(const site_request& request, stop_signal& stop) {
  std::unique_ptr<site> made{new site{request}};
  const auto start = [&]() -> result<void> {
    if (auto r = request.given ? made->take_given() : made->make_own(); !r) return r;
    if (stop.wait(0ms)) return failure{errc::stopping, stop.reason()};
    if (auto r = made->start_service(stop); !r) return r;
    made->seen_.device = device_below(made->data());
    return made->refuse_foreign_events(stop);
  };
  if (auto r = start(); !r) {
    const auto why = r.error();
    if (auto closed = made->close(); !closed)
      log_error("capacity left something behind", {kv("reason", to_string(closed.error()))});
    return why;
  }
  return made;
}

result<void> site::make_own() {
  auto place = verify::workplace::make(request_.directory, "capacity");
  if (!place) return place.error();
  place_ = std::move(*place);
  auto servers = bench_servers::start(place_->data());
  if (!servers) return servers.error();
  servers_ = std::move(*servers);
  if (auto r = servers_->make_fresh(); !r) return r;
  auto store = store_view::open(database_url());
  if (!store) return store.error();
  store_ = std::make_unique<store_view>(std::move(*store));
  seen_.broker = servers_->broker_pid();
  seen_.postgres = servers_->postgres_pid();
  return ok();
}

result<void> site::take_given() {
  const auto& set = request_.set;
  if (auto r = migrate({.url = set.database.url}, {}); !r) return r.error();
  auto lanes = open_lane_store({.url = set.database.url});
  if (!lanes) return lanes.error();
  const auto slots = (*lanes)->list();
  if (!slots) return slots.error();
  for (const auto& s : *slots) {
    slots_before_.push_back(s.slot.slot);
    if (s.leased) {
      return in_use(
          fmt::format("a service runs on this database (it holds lane {}); capacity needs broker "
                      "and database to itself: stop it, or name other servers in {}",
                      s.slot.slot, request_.given->config));
    }
  }
  auto store = store_view::open(set.database.url);
  if (!store) return store.error();
  store_ = std::make_unique<store_view>(std::move(*store));
  const auto events = store_->holds_events();
  if (!events) return events.error();
  if (*events && !request_.given->used) {
    return in_use(
        fmt::format("the database that {} names holds events; capacity publishes made-up ones, "
                    "which would stand among them. Name an empty test database there, or say "
                    "--allow-used if that is what you want",
                    request_.given->config));
  }
  seen_.postgres = store_->local_server().value_or(0);
  if (is_loopback(set.mqtt.host)) seen_.broker = listener_on(set.mqtt.port).value_or(0);
  return ok();
}

/// Only our events may come: otherwise the broker is in use, and every figure wrong.
result<void> site::refuse_foreign_events(stop_signal& stop) {
  if (!request_.given || request_.given->used) return ok();
  if (stop.wait(foreign_look)) return failure{errc::stopping, stop.reason()};
  if (auto r = store_->follow(); !r) return r;
  if (store_->decided() == 0) return ok();
  return in_use(fmt::format(
      "{} events came through the broker at {}:{} that capacity has not published (they "
      "are stored): somebody else uses it. Name a broker of the test's own, or say "
      "--allow-used",
      store_->decided(), request_.set.mqtt.host, request_.set.mqtt.port));
}

// -- the service ---

std::string site::database_url() const {
  return servers_ ? servers_->database_url() : request_.set.database.url;
}

broker_options site::producers() const {
  return servers_ ? servers_->as_producer() : broker_options_from(request_.set);
}

child_command site::service_command() const {
  child_command c{.arguments = {self(), "serve"}};
  const auto set = [&](std::string_view key_value) {
    c.arguments.emplace_back("--set");
    c.arguments.emplace_back(key_value);
  };
  if (request_.given) {
    c.arguments.emplace_back("--config");
    c.arguments.push_back(request_.given->config);
    for (const auto& [name, value] : environment_of(environ)) {
      if (name.starts_with("TAYLORDASH_")) c.environment.emplace_back(name, value);
    }
  } else {
    const auto broker = servers_->as_service();
    c.environment = {{"TAYLORDASH_MQTT__HOST", broker.host},
                     {"TAYLORDASH_MQTT__PORT", std::to_string(broker.port)},
                     {"TAYLORDASH_MQTT__USERNAME", broker.username},
                     {"TAYLORDASH_MQTT__PASSWORD", broker.password},
                     {"TAYLORDASH_MQTT__GROUP", servers_->group()},
                     {"TAYLORDASH_DATABASE__URL", servers_->database_url()}};
  }
  for (const auto& o : request_.overrides)
    set(o);
  set("http.listen=127.0.0.1");
  set("http.port=0");
  set("log.level=info");
  set("log.format=text");
  return c;
}

result<void> site::start_service(stop_signal& stop) {
  lanes_made_ = true;
  auto started = child::start(service_command());
  if (!started) return started.error();
  service_ = std::move(*started);
  const auto starts = service_->await_line("service starts", ready_limit, stop);
  if (!starts) return starts.error();
  const auto port = port_in(*starts);
  if (!port) return failure{errc::internal, "the service did not say its port: " + *starts};
  if (auto r = service_->await_line("service ready", ready_limit, stop); !r) return r.error();
  seen_.service = service_->pid();
  seen_.service_metrics = {.host = "127.0.0.1", .port = *port, .target = "/metrics"};
  return ok();
}

result<void> site::check_service() const {
  if (service_ && service_->runs()) return ok();
  return failure{errc::internal, "the service has ended; it wrote last: " +
                                     (service_ ? service_->last_words() : std::string{"nothing"})};
}

result<void> site::stop_service() {
  if (!service_) return ok();
  const auto gone = std::exchange(service_, nullptr);
  seen_.service = 0;
  if (auto r = gone->end(SIGTERM, stop_limit); !r) return r.error();
  return ok();
}

result<void> site::forget_events() {
  if (!own()) return ok();
  if (auto r = store_->forget(); !r) return r;
  return servers_->checkpoint();
}

fs::path site::data() const {
  if (servers_) return servers_->folder();
  if (seen_.postgres <= 0) return {};
  std::error_code error;
  const auto cwd = fs::read_symlink(fmt::format("/proc/{}/cwd", seen_.postgres), error);
  return error ? fs::path{} : cwd;
}

facts site::versions(stop_signal& stop) {
  auto truth = truth_reader::open(database_url());
  if (!truth) return {};
  return version_facts(*truth, self(), stop);
}

// -- close ---

site::~site() = default;

result<void> site::end_lanes() {
  if (!lanes_made_) return ok();
  auto store = open_lane_store({.url = request_.set.database.url});
  if (!store) return store.error();
  const auto slots = (*store)->list();
  if (!slots) return slots.error();
  for (const auto& s : *slots) {
    const bool theirs =
        std::find(slots_before_.begin(), slots_before_.end(), s.slot.slot) != slots_before_.end();
    if (theirs) continue;
    if (auto taken = (*store)->lease(s.slot.slot); !taken || !*taken) continue;
    if (auto r = end_session(request_.set, s.slot); !r) return r;
    if (auto r = (*store)->remove(s.slot.slot); !r) return r;
  }
  return ok();
}

result<void> site::close() {
  const auto stopped = stop_service();
  store_.reset();
  if (request_.given) {
    if (auto r = end_lanes(); !r) return r;
  } else {
    if (servers_) {
      if (auto r = servers_->stop_and_remove(); !r) return r;
      servers_.reset();
    }
    if (place_) {
      if (auto r = place_->remove(); !r) return r;
      place_.reset();
    }
  }
  return stopped;
}

}  // namespace td::bench
