#include "bench/limits/limit_drain.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <mosquitto.h>

#include "bench/limits/drain_row.hpp"
#include "bench/load/event_form.hpp"
#include "pipeline/time.hpp"
#include "storage/locks.hpp"
#include "storage/mirror_rows.hpp"
#include "storage/mirror_sql.hpp"

namespace td::bench {

namespace {

constexpr int wake_up_ms = 100;  // how soon an idle lane sees that it is to stop

class lane {
 public:
  lane(const drain_options& options, std::int32_t number) : options_{options}, number_{number} {
    rows_.reserve(options.limits.events + 1);
  }
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;
  ~lane() {
    if (client_ != nullptr) mosquitto_destroy(client_);
    if (db_ != nullptr) PQfinish(db_);
  }

  bool open() { return open_database() && open_broker(); }

  /// Reads, stores, acknowledges until `stop`. False: `error` says why.
  bool run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      if (!read_burst()) return false;
      if (rows_.empty()) {
        if (!idle()) return false;
        continue;
      }
      if (!store()) return false;
      rows_.clear();
      if (!acknowledge()) return false;
    }
    if (!rows_.empty()) return true;  // never stored: the broker delivers them again
    mosquitto_disconnect_v5(client_, MQTT_RC_NORMAL_DISCONNECTION, nullptr);
    mosquitto_loop_write(client_, 1);
    return true;
  }

  const std::string& error() const noexcept { return error_; }

 private:
  // -- broker ---

  static void on_message(mosquitto*, void* self, const mosquitto_message* m,
                         const mosquitto_property*) {
    static_cast<lane*>(self)->take(
        {static_cast<const char*>(m->payload), static_cast<std::size_t>(m->payloadlen)}, m->topic);
  }
  static void on_subscribed(mosquitto*, void* self, int, int, const int* code,
                            const mosquitto_property*) {
    static_cast<lane*>(self)->subscribed_ = *code;
  }
  static void on_connected(mosquitto*, void* self, int code, int, const mosquitto_property*) {
    static_cast<lane*>(self)->connected_ = code;
  }

  bool open_broker() {
    client_ = mosquitto_new(fmt::format("bench-drain-{}", number_).c_str(), false, this);
    mosquitto_threaded_set(client_, true);
    mosquitto_int_option(client_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(client_, MOSQ_OPT_RECEIVE_MAXIMUM, options_.receive_maximum);
    mosquitto_int_option(client_, MOSQ_OPT_TCP_NODELAY, 1);
    if (!options_.broker.username.empty()) {
      mosquitto_username_pw_set(client_, options_.broker.username.c_str(),
                                options_.broker.password.c_str());
    }
    mosquitto_message_v5_callback_set(client_, &on_message);
    mosquitto_subscribe_v5_callback_set(client_, &on_subscribed);
    mosquitto_connect_v5_callback_set(client_, &on_connected);
    mosquitto_property* terms = nullptr;
    mosquitto_property_add_int32(&terms, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 0xFFFFFFFF);
    mosquitto_property_add_int16(&terms, MQTT_PROP_RECEIVE_MAXIMUM, options_.receive_maximum);
    const int code = mosquitto_connect_bind_v5(client_, options_.broker.host.c_str(),
                                               options_.broker.port, 60, nullptr, terms);
    mosquitto_property_free_all(&terms);
    if (code != MOSQ_ERR_SUCCESS) return fail(mosquitto_strerror(code));
    if (!write_all() || !await(connected_)) return false;
    // Only CONNACK has been read, so nothing is acknowledged by this.
    mosquitto_subscribe_v5(client_, nullptr, options_.subscription.c_str(), 1, 0, nullptr);
    return write_all() && await(subscribed_);
  }

  /// Reads until the code is there; a message that comes first belongs to the first batch.
  bool await(const int& code) {
    while (code < 0 && rows_.empty()) {
      pollfd p{mosquitto_socket(client_), POLLIN, 0};
      if (poll(&p, 1, 5000) <= 0) return fail("the broker does not answer");
      received_at_ = now();
      if (!read_one()) return false;
    }
    if (code >= 0x80) return fail(mosquitto_reason_string(code));
    return true;
  }

  bool read_one() {
    const int code = mosquitto_loop_read(client_, 1);
    if (code != MOSQ_ERR_SUCCESS) return fail(mosquitto_strerror(code));
    return error_.empty();
  }

  /// One burst: until nothing more is there, or the batch is full.
  bool read_burst() {
    pollfd p{mosquitto_socket(client_), POLLIN, 0};
    if (rows_.empty() && poll(&p, 1, wake_up_ms) <= 0) return true;
    received_at_ = now();
    while (rows_.size() < options_.limits.events &&
           rows_.size() * event_form::text.size() < options_.limits.bytes) {
      const auto before = rows_.size();
      if (!read_one()) return false;
      if (rows_.size() == before && poll(&p, 1, 0) <= 0) break;
    }
    return true;
  }

  void take(std::string_view body, std::string_view topic) {
    if (body.size() != event_form::text.size() || topic.size() != event_form::topic.size()) {
      fail("limit_drain takes only the bench's own events");
      return;
    }
    const auto index = static_cast<std::int32_t>(rows_.size());
    const auto occurred_at =
        rows_.emplace_back().cut(body, topic, {received_at_, batch_id_, index});
    if (index == 0) first_ = last_ = occurred_at;
    first_ = std::min(first_, occurred_at);
    last_ = std::max(last_, occurred_at);
  }

  bool write_all() {
    while (mosquitto_want_write(client_)) {
      const int code = mosquitto_loop_write(client_, 1);
      if (code != MOSQ_ERR_SUCCESS) return fail(mosquitto_strerror(code));
      pollfd p{mosquitto_socket(client_), POLLOUT, 0};
      if (mosquitto_want_write(client_)) poll(&p, 1, wake_up_ms);
    }
    return true;
  }

  /// All PUBACKs of a batch. The library writes packet by packet: corked, they are sent together.
  bool acknowledge() {
    const auto cork = [this](int on) {
      setsockopt(mosquitto_socket(client_), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    };
    cork(1);
    if (!write_all()) return false;
    cork(0);
    return true;
  }

  bool idle() {
    const int code = mosquitto_loop_misc(client_);
    if (code != MOSQ_ERR_SUCCESS) return fail(mosquitto_strerror(code));
    return write_all();
  }

  // -- database ---

  bool open_database() {
    db_ = PQconnectdb(options_.database_url.c_str());
    if (PQstatus(db_) != CONNECTION_OK) return fail(PQerrorMessage(db_));
    return run_sql(mirror_sql::prepare_journal) && take_batch_id(mirror_sql::next_batch_id, 0);
  }

  bool run_sql(const char* sql) {
    PGresult* r = PQexec(db_, sql);
    const bool fine = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return fine || fail(PQerrorMessage(db_));
  }

  /// Runs statements, each of which must succeed; the next batch's id is in `column` of the last
  /// one that has it.
  bool take_batch_id(const char* sql, int column) {
    if (PQsendQuery(db_, sql) == 0) return fail(PQerrorMessage(db_));
    bool fine = true;
    while (PGresult* r = PQgetResult(db_)) {
      const auto status = PQresultStatus(r);
      fine = fine && (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK);
      if (fine && PQnfields(r) > column)
        batch_id_ = std::strtoll(PQgetvalue(r, 0, column), nullptr, 10);
      PQclear(r);
    }
    return fine || fail(PQerrorMessage(db_));
  }

  bool store() {
    static const std::string copy =
        "BEGIN; " + fmt::format(mirror_sql::copy_direct, mirror_columns);
    PGresult* r = PQexec(db_, copy.c_str());
    const bool copying = PQresultStatus(r) == PGRES_COPY_IN;
    PQclear(r);
    if (!copying) return fail(PQerrorMessage(db_));
    constexpr char header[19] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n'};
    constexpr char trailer[2] = {'\377', '\377'};
    bool sent = PQputCopyData(db_, header, sizeof header) == 1 && put_rows() &&
                PQputCopyData(db_, trailer, sizeof trailer) == 1 && PQputCopyEnd(db_, nullptr) == 1;
    if (!sent) return fail(PQerrorMessage(db_));
    bool fine = true;
    while ((r = PQgetResult(db_)) != nullptr) {
      fine = fine && PQresultStatus(r) == PGRES_COMMAND_OK;
      PQclear(r);
    }
    if (!fine) return fail(PQerrorMessage(db_));
    const auto time = [](timestamp t) { return fmt::format("timestamptz '{}'", to_rfc3339(t)); };
    return take_batch_id(
        fmt::format(mirror_sql::commit, lock_call("pg_advisory_xact_lock", lock_class::journal),
                    batch_id_, number_, 1, ++batches_, rows_.size(), 0, 0, time(first_),
                    time(last_))
            .c_str(),
        2);
  }

  /// By event id: the key's index takes neighbours for less than strangers, and that saves the
  /// server more than sorting costs us. In pieces, so that the server works on one while the next
  /// is made.
  bool put_rows() {
    static_assert(sizeof(drain_row) == drain_row::size);
    order_.clear();
    for (const auto& r : rows_)
      order_.emplace_back(r.id_head(), &r);
    std::sort(order_.begin(), order_.end());
    constexpr std::size_t piece = 200;
    for (std::size_t i = 0; i < order_.size();) {
      piece_.clear();
      for (const auto end = std::min(i + piece, order_.size()); i < end; ++i)
        piece_.append(order_[i].second->bytes, drain_row::size);
      if (PQputCopyData(db_, piece_.data(), static_cast<int>(piece_.size())) != 1) return false;
    }
    return true;
  }

  bool fail(std::string_view why) {
    if (error_.empty()) error_ = fmt::format("lane {}: {}", number_, why);
    return false;
  }

  const drain_options& options_;
  std::int32_t number_;
  mosquitto* client_{};
  PGconn* db_{};
  int connected_{-1};
  int subscribed_{-1};
  std::vector<drain_row> rows_;
  std::vector<std::pair<std::uint64_t, const drain_row*>> order_;
  std::string piece_;
  std::int64_t batch_id_{};
  std::int64_t batches_{};
  timestamp received_at_{};
  timestamp first_{};
  timestamp last_{};
  std::string error_;
};

}  // namespace

result<void> drain(const drain_options& options, std::stop_token stop, void (*ready)()) {
  mosquitto_lib_init();
  std::vector<std::unique_ptr<lane>> lanes;
  for (std::int32_t i = 1; i <= options.lanes; ++i)
    lanes.push_back(std::make_unique<lane>(options, i));
  for (auto& l : lanes) {
    if (!l->open()) return failure{errc::internal, l->error()};
  }
  ready();
  std::stop_source abandon;
  const std::stop_callback forward{stop, [&] { abandon.request_stop(); }};
  {
    std::vector<std::jthread> threads;
    for (auto& l : lanes) {
      threads.emplace_back([&abandon, &l = *l] {
        pthread_setname_np(pthread_self(), "drain");  // for profilers
        if (!l.run(abandon.get_token())) abandon.request_stop();
      });
    }
  }
  for (auto& l : lanes) {
    if (!l->error().empty()) return failure{errc::internal, l->error()};
  }
  return ok();
}

}  // namespace td::bench
