#include "doctor/broker_survey.hpp"

#include "doctor/broker_behaviour.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "mqtt/probe_session.hpp"
#include "pipeline/uuid.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr auto quiet = 250ms;  // retained values come at once; a cluster may take a moment
constexpr std::uint32_t terms_expiry = 8 * 86400;  // judged is a week

/// Families of events that only TaylorDash's own parts write (docs/operating.md).
constexpr const char* reserved_topics[] = {"tracker/events/auth/", "tracker/events/plugins/"};
constexpr const char* producers_topic = "tracker/events/projects/";

constexpr const char* sys_version = "$SYS/broker/version";
constexpr const char* sys_uptime = "$SYS/broker/uptime";
constexpr const char* sys_dropped = "$SYS/broker/publish/messages/dropped";
constexpr const char* sys_stored = "$SYS/broker/store/messages/count";
constexpr const char* sys_stored_bytes = "$SYS/broker/store/messages/bytes";

/// The number that a $SYS value begins with: "151 seconds".
std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{}) return std::nullopt;
  return n;
}

/// "tracker/events/#" -> "tracker/events/taylordash-doctor-1f.../#": the same rights, no events.
std::string narrow_filter(std::string_view filter, const std::string& name) {
  std::string narrow{filter};
  if (narrow == "#" || narrow.ends_with("/#")) {
    narrow.resize(narrow.size() - 1);
    narrow += name + "/#";
  }
  std::replace(narrow.begin(), narrow.end(), '+', 'x');
  return narrow;
}

class visit {
 public:
  explicit visit(const broker_probe_options& options)
      : options_{options}, name_{"taylordash-doctor-" + to_string(random_uuid()).substr(0, 13)} {}

  result<broker_survey> run() {
    if (auto r = look_at_terms(); !r) return r.error();
    std::vector<void (visit::*)()> parts{&visit::look_at_subscription, &visit::look_at_statistics};
    if (!options_.quick) {
      parts.insert(parts.end(),
                   {&visit::try_anonymous, &visit::try_producer, &visit::try_behaviour});
    }
    for (const auto part : parts) {
      if (stopping()) break;
      (this->*part)();
    }
    if (stopping()) return failure{errc::stopping, "the look at the broker was given up"};
    return std::move(found_);
  }

 private:
  bool stopping() const { return options_.give_up && options_.give_up(); }

  probe_options probe(const broker_options& broker) const {
    return {.broker = broker,
            .client_id = name_,
            .give_up = options_.give_up,
            .deadline = options_.deadline};
  }

  /// A session like a lane's, without a subscription, ended at once.
  result<void> look_at_terms() {
    auto like_a_lane = probe(options_.broker);
    if (!options_.client_id.empty()) like_a_lane.client_id = options_.client_id;
    like_a_lane.keep_session = true;
    like_a_lane.receive_maximum = options_.receive_maximum;
    like_a_lane.session_expiry = terms_expiry;
    const auto session = make_probe_session(like_a_lane);
    if (auto present = session->connect(); !present) return present.error();
    found_.terms = session->terms();
    // Its answer tells nothing more: should the broker not end the session, the next look will.
    if (auto left = session->leave(true); !left && stopping()) return left;
    return ok();
  }

  /// A broker may refuse a subscription with a SUBACK or by ending the connection.
  void look_at_subscription() {
    const auto session = make_probe_session(probe(options_.broker));
    const auto present = session->connect();
    const auto granted = present ? session->subscribe(narrow_filter(options_.filter, name_))
                                 : result<std::uint8_t>{present.error()};
    if (!granted) {
      found_.subscribe_trouble = granted.error().detail;
      return;
    }
    found_.subscribe_reason = *granted;
    if (!session->leave(true)) session->drop();
  }

  void look_at_statistics() {
    if (const auto r = read_statistics(); !r) found_.statistics_trouble = r.error().detail;
  }

  result<void> read_statistics() {
    const auto session = make_probe_session(probe(options_.broker));
    if (auto present = session->connect(); !present) return present.error();
    for (const auto* topic : {sys_version, sys_uptime, sys_dropped, sys_stored, sys_stored_bytes}) {
      const auto taken = session->subscribe(topic, true);
      if (!taken) return taken.error();
    }
    if (auto r = session->settle(); !r) return r;
    auto values = session->receive(0, 0ms);
    if (values && values->empty()) values = session->receive(1, quiet);
    if (!values) return values.error();
    for (const auto& m : *values)
      note(m.topic, m.body);
    if (!session->leave(true)) session->drop();
    return ok();
  }

  void note(std::string_view topic, const std::string& value) {
    found_.statistics = true;
    if (topic == sys_version) found_.version = value;
    if (topic == sys_dropped) found_.dropped = number_in(value);
    if (topic == sys_stored) found_.stored = number_in(value);
    if (topic == sys_stored_bytes) found_.stored_bytes = number_in(value);
    if (topic == sys_uptime) {
      if (const auto s = number_in(value))
        found_.uptime = std::chrono::seconds{static_cast<std::int64_t>(*s)};
    }
  }

  void try_anonymous() {
    const auto broker = without_account();
    const auto in = lets_in(broker);
    // A broker that is away just now, or wants a certificate, says nothing about accounts.
    if (in || in.error().code == errc::broker_refused) found_.anonymous = static_cast<bool>(in);
    if (in) found_.open_to_anonymous = reserved_writable(broker);
  }

  /// Nor with the service's certificate, which may be an account as well.
  broker_options without_account() const {
    auto broker = options_.broker;
    broker.username.clear();
    broker.password.clear();
    broker.certificate_file.clear();
    broker.key_file.clear();
    return broker;
  }

  void try_producer() {
    if (!options_.producer) return;
    auto broker = without_account();
    broker.username = options_.producer->username;
    broker.password = options_.producer->password;
    const auto in = lets_in(broker);
    if (!in) {
      if (in.error().code == errc::broker_refused) found_.producer = false;
      found_.producer_trouble = in.error().detail;
      return;
    }
    found_.producer = true;
    found_.open_to_producer = reserved_writable(broker);
    // What the lanes do not read is nobody's to write.
    const auto event = producers_topic + name_;
    if (filter_matches(options_.filter, event))
      found_.producer_writes_events = writable(broker, event);
  }

  result<void> lets_in(const broker_options& broker) const {
    const auto session = make_probe_session(probe(broker));
    if (auto present = session->connect(); !present) return present.error();
    if (!session->leave(true)) session->drop();
    return ok();
  }

  std::vector<std::string> reserved_writable(const broker_options& broker) const {
    std::vector<std::string> open;
    for (const std::string family : reserved_topics) {
      if (writable(broker, family + name_).value_or(false)) open.push_back(family + "#");
    }
    return open;
  }

  /// Only where QoS 2 is known to be delivered at PUBREL.
  std::optional<bool> writable(const broker_options& broker, const std::string& topic) const {
    if (!found_.version.starts_with("mosquitto")) return std::nullopt;
    const auto session = make_probe_session(probe(broker));
    if (!session->connect() || session->terms().maximum_qos < 2) return std::nullopt;
    const auto may = session->may_publish(topic);
    if (!may) return std::nullopt;
    return *may;
  }

  void try_behaviour() { observe_behaviour(options_, name_, found_); }

  const broker_probe_options& options_;
  std::string name_;
  broker_survey found_;
};

}  // namespace

result<broker_survey> survey_broker(const broker_probe_options& options) {
  return visit{options}.run();
}

bool filter_matches(std::string_view filter, std::string_view topic) noexcept {
  for (;;) {
    if (filter == "#") return true;
    const auto f = filter.substr(0, filter.find('/'));
    const auto t = topic.substr(0, topic.find('/'));
    if (f != "+" && f != t) return false;
    const bool filter_ends = f.size() == filter.size();
    const bool topic_ends = t.size() == topic.size();
    if (filter_ends || topic_ends)
      return filter_ends == topic_ends || (topic_ends && filter.substr(f.size()) == "/#");
    filter.remove_prefix(f.size() + 1);
    topic.remove_prefix(t.size() + 1);
  }
}

}  // namespace td
