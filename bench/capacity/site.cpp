#include "bench/capacity/site.hpp"

#include <algorithm>
#include <csignal>
#include <random>
#include <unistd.h>

#include <fmt/format.h>

#include "actors/lanes.hpp"
#include "bench/capacity/kernel_view.hpp"
#include "config/load.hpp"
#include "mqtt/probe_session.hpp"
#include "storage/stores.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto ready_limit = 60s;
constexpr auto stop_limit = 60s;
constexpr auto foreign_look = 2s;    // a broker that others publish to shows it within this
constexpr auto listen_step = 200ms;  // between looks at `stop`
constexpr auto clocks_agree = 20ms;  // latency is read from two clocks
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
  const auto deadline = std::chrono::steady_clock::now() + drain_limit;
  batch rest;
  for (bool asked = false;;) {
    if (std::chrono::steady_clock::now() > deadline)
      return failure{errc::timed_out, "events keep coming to lane " + slot.client_id};
    // First, always: a backlog comes ahead of SUBACK, and nothing is asked before it is answered.
    rest.clear();
    if (auto r = session->read(rest, 100ms); !r) return r.error();
    if (auto r = session->acknowledge(); !r) return r;
    if (!asked) {
      if (auto r = session->unsubscribe(); !r) return r;
      asked = true;
    } else if (rest.empty()) {
      const auto empty = session->drained();
      if (!empty) return empty.error();
      if (*empty) return session->end_session();
    }
  }
}

}  // namespace

// -- open ---

result<std::unique_ptr<site>> site::open(const site_request& request, stop_signal& stop) {
  std::unique_ptr<site> made{new site{request}};
  const auto start = [&]() -> result<void> {
    if (auto r = request.given ? made->take_given(stop) : made->make_own(); !r) return r;
    if (stop.wait(0ms)) return failure{errc::stopping, stop.reason()};
    if (auto r = made->start_service(stop); !r) return r;
    made->seen_.device = device_below(made->data());
    return ok();
  };
  if (auto r = start(); !r) return with_remains(r.error(), made->close(), request);
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

// Looks first, and changes the database last.
result<void> site::take_given(stop_signal& stop) {
  auto& set = request_.set;
  if (auto r = refuse_used_database(); !r) return r;
  if (auto r = refuse_foreign_events(stop); !r) return r;
  // In the configured group the broker would deal us events that belong to others.
  set.mqtt.group = fmt::format("taylordash-capacity-{:08x}", std::random_device{}());
  if (auto r = migrate({.url = set.database.url}, {}); !r) return r.error();
  auto store = store_view::open(set.database.url);
  if (!store) return store.error();
  store_ = std::make_unique<store_view>(std::move(*store));
  seen_.postgres = store_->local_server().value_or(0);
  if (is_loopback(set.mqtt.host)) seen_.broker = listener_on(set.mqtt.port).value_or(0);
  return ok();
}

result<void> site::refuse_used_database() const {
  const auto& url = request_.set.database.url;
  const auto& config = request_.given->config;
  const auto found = look_at_database(url);
  if (!found) return found.error();
  std::vector<lane_store::listed> slots;
  if (found->has_lanes_table) {
    auto lanes = open_lane_store({.url = url});
    if (!lanes) return lanes.error();
    auto all = (*lanes)->list();
    if (!all) return all.error();
    slots = std::move(*all);
  }
  for (const auto& s : slots) {
    if (!s.leased) continue;
    return in_use(
        fmt::format("a service runs on this database (it holds lane {}); capacity needs broker "
                    "and database to itself: stop it, or name other servers in {}",
                    s.slot.slot, config));
  }
  if (found->holds_events && !request_.given->used) {
    return in_use(
        fmt::format("the database that {} names holds events; capacity publishes made-up ones, "
                    "which would stand among them. Name an empty test database there, or say "
                    "--allow-used if that is what you want",
                    config));
  }
  // Our service would adopt them, and with them what their sessions hold at the broker.
  if (!slots.empty()) {
    return in_use(
        fmt::format("the database that {} names has {} lanes of a service that does not run now; "
                    "their sessions at the broker may hold its events. Name a database that no "
                    "service has worked on",
                    config, slots.size()));
  }
  const auto apart = std::chrono::abs(found->clock_ahead);
  if (apart > clocks_agree) {
    return in_use(
        fmt::format("the database's clock is {:.0f} ms {} this machine's, and latency is read from "
                    "both ({} ms is the bound): synchronise them (chrony, systemd-timesyncd)",
                    std::chrono::duration<double, std::milli>(apart).count(),
                    found->clock_ahead.count() > 0 ? "ahead of" : "behind", clocks_agree.count()));
  }
  return ok();
}

/// Only our events may come: otherwise the broker is in use, and every figure wrong. Listens beside
/// all groups, in a session that ends with the connection: what comes is a copy, nobody misses it.
result<void> site::refuse_foreign_events(stop_signal& stop) const {
  if (request_.given->used) return ok();
  const auto& mqtt = request_.set.mqtt;
  const auto listener = make_probe_session(
      {.broker = broker_options_from(request_.set),
       .client_id = fmt::format("taylordash-capacity-{:08x}", std::random_device{}()),
       .receive_maximum = 1});
  if (auto r = listener->connect(); !r) return r.error();
  const auto granted = listener->subscribe(mqtt.filter);
  if (!granted) return granted.error();
  if (*granted >= 0x80) {
    return in_use(
        fmt::format("the broker at {}:{} does not let this account read '{}' (reason "
                    "{:#x}), so it can't be seen whether others publish there. Permit it, "
                    "or say --allow-used",
                    mqtt.host, mqtt.port, mqtt.filter, *granted));
  }
  for (const auto until = std::chrono::steady_clock::now() + foreign_look;
       std::chrono::steady_clock::now() < until;) {
    if (stop.wait(0ms)) return failure{errc::stopping, stop.reason()};
    const auto heard = listener->receive(1, listen_step);
    if (!heard) return heard.error();
    if (heard->empty()) continue;
    listener->drop();
    return in_use(
        fmt::format("somebody else publishes through the broker at {}:{} (to '{}', for "
                    "example). Name a broker of the test's own, or say --allow-used",
                    mqtt.host, mqtt.port, heard->front().topic));
  }
  if (auto r = listener->leave(true); !r) return r;
  return ok();
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
  if (request_.given) set("mqtt.group=" + request_.set.mqtt.group);
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
  // One that can't be ended keeps no other: whoever is left takes events for ever.
  result<void> all = ok();
  for (const auto& s : *slots) {
    if (auto taken = (*store)->lease(s.slot.slot); !taken || !*taken) continue;
    auto ended = end_session(request_.set, s.slot);
    if (ended) ended = (*store)->remove(s.slot.slot);
    if (!ended && all) all = ended;
  }
  return all;
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

failure with_remains(failure why, const result<void>& closed, const site_request& request) {
  const bool stopped = why.code == errc::stopping;
  if (stopped) why.detail = "stopped";
  if (!closed) {
    why.detail += "; not everything it made is removed: " + to_string(closed.error());
  } else if (stopped) {
    why.detail += request.given ? "; its lanes are ended, the events that it published stay stored"
                                : "; everything it made is removed";
  }
  return why;
}

}  // namespace td::bench
