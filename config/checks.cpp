#include "config/checks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/files.hpp"
#include "config/keys.hpp"
#include "config/units.hpp"

namespace td::config {
namespace {

using source_kind = setting_source::kind;

constexpr std::size_t largest_secret = 64u << 10;
constexpr std::string_view accepted_topics = "tracker/events/";

class checker {
 public:
  explicit checker(loaded_config& config) : config_{config}, s_{config.values} {}

  void credentials() {
    exclusive("mqtt.password", s_.mqtt.password, "mqtt.password_file", s_.mqtt.password_file);
    const bool has_password = !s_.mqtt.password.empty() || !s_.mqtt.password_file.empty();
    if (has_password && s_.mqtt.username.empty()) {
      problem(s_.mqtt.password.empty() ? "mqtt.password_file" : "mqtt.password",
              "is set without mqtt.username; set both or neither");
    }
    take_secret("mqtt.password", s_.mqtt.password, "mqtt.password_file", s_.mqtt.password_file);
  }

  void tls() {
    const auto& m = s_.mqtt;
    if (m.certificate_file.empty() != m.key_file.empty()) {
      const bool lone_key = m.certificate_file.empty();
      problem(lone_key ? "mqtt.key_file" : "mqtt.certificate_file",
              fmt::format("is set without mqtt.{}; set both or neither",
                          lone_key ? "certificate_file" : "key_file"));
    }
    const std::pair<std::string_view, const std::string*> files[] = {
        {"mqtt.ca_file", &m.ca_file},
        {"mqtt.certificate_file", &m.certificate_file},
        {"mqtt.key_file", &m.key_file}};
    for (const auto& [key, file] : files) {
      if (file->empty()) continue;
      if (!m.tls) problem(key, "is set while mqtt.tls is false; set mqtt.tls = true or remove it");
      const auto probe = probe_file(*file);
      if (!probe.problem.empty()) problem(key, fmt::format("{} {}", *file, probe.problem));
      if (key == "mqtt.key_file") warn_if_open(key, *file, probe);
    }
    if (m.tls && m.port == defaults::mqtt::port.value) {
      warning("mqtt.port", "is 1883 while mqtt.tls is true; brokers speak TLS on 8883 as a rule");
    }
  }

  void https() {
    const auto& h = s_.http;
    if (h.tls_certificate.empty() != h.tls_key.empty()) {
      const bool lone_key = h.tls_certificate.empty();
      problem(lone_key ? "http.tls_key" : "http.tls_certificate",
              fmt::format("is set without http.{}; set both or neither",
                          lone_key ? "tls_certificate" : "tls_key"));
    }
    const std::pair<std::string_view, const std::string*> files[] = {
        {"http.tls_certificate", &h.tls_certificate}, {"http.tls_key", &h.tls_key}};
    for (const auto& [key, file] : files) {
      if (file->empty()) continue;
      const auto probe = probe_file(*file);
      if (!probe.problem.empty()) problem(key, fmt::format("{} {}", *file, probe.problem));
      if (key == "http.tls_key") warn_if_open(key, *file, probe);
    }
  }

  void topics() {
    const std::string_view filter{s_.mqtt.filter};
    // A wildcard in front may well match accepted topics; only a different literal beginning can't.
    const auto literal = filter.substr(0, std::min(filter.find_first_of("+#"), filter.size()));
    const auto common = std::min(literal.size(), accepted_topics.size());
    if (literal.substr(0, common) != accepted_topics.substr(0, common) ||
        (literal.size() == filter.size() && literal.size() <= accepted_topics.size())) {
      warning("mqtt.filter",
              fmt::format("matches no topic below {}: whatever it brings will be dead-lettered",
                          accepted_topics));
    }
  }

  void database(database_need need) {
    exclusive("database.url", s_.database.url, "database.url_file", s_.database.url_file);
    const bool given = !s_.database.url.empty() || !s_.database.url_file.empty();
    if (need == database_need::required && !given) {
      const auto& key = *find_key("database.url");
      // Nobody set it, so it has no place; the file is where people will look for one.
      const setting_source nowhere{};
      const setting_source file{source_kind::file, config_.file, 0};
      config_.problems.push_back(
          {config_.file.empty() ? nowhere : file, key.name,
           fmt::format("is not set; allowed: {}; in the file, or as {}, or with database.url_file",
                       key.allowed, key.environment)});
    }
    take_secret("database.url", s_.database.url, "database.url_file", s_.database.url_file);
  }

  void lanes() {
    auto& i = s_.ingest;
    if (i.ordered && i.lanes > 1) {
      auto& source = source_of("ingest.lanes");
      if (source.what == source_kind::built_in) {
        i.lanes = 1;
        source = {source_kind::implied, "ingest.ordered", 0};
      } else {
        problem("ingest.lanes",
                fmt::format("is {} while ingest.ordered is true; order is kept by one lane: set "
                            "ingest.lanes = 1 or ingest.ordered = false",
                            i.lanes));
      }
    }
    if (i.batch_events > i.receive_maximum) {
      problem(later("ingest.batch_events", "ingest.receive_maximum"),
              fmt::format("a batch of {} events can't fill with a receive_maximum of {}; set "
                          "ingest.batch_events to at most ingest.receive_maximum",
                          i.batch_events, i.receive_maximum));
    }
    // The broker bears one and a half keepalives of silence (MQTT 5.0, 3.1.2.10), and up to 0.95 of
    // one may have passed when a batch begins (wire_connection::keep_alive).
    if (2 * i.verdict_timeout > s_.mqtt.keepalive) {
      problem(later("ingest.verdict_timeout", "mqtt.keepalive"),
              fmt::format("a lane that waits {} for its batch may miss the keepalive of {}; set "
                          "ingest.verdict_timeout to at most half of mqtt.keepalive",
                          format_duration(i.verdict_timeout), format_duration(s_.mqtt.keepalive)));
    }
    if (i.stall_after <= 3 * s_.mqtt.connect_timeout) {
      problem(
          later("ingest.stall_after", "mqtt.connect_timeout"),
          fmt::format("a lane that ends its session waits up to three times {}, and "
                      "would be an alarm after {}; set ingest.stall_after above three times "
                      "mqtt.connect_timeout",
                      format_duration(s_.mqtt.connect_timeout), format_duration(i.stall_after)));
    }
  }

 private:
  setting_source& source_of(std::string_view key) {
    const auto keys = setting_keys();
    return config_.sources[static_cast<std::size_t>(find_key(key) - keys.data())];
  }

  /// Of two keys that contradict each other, the one that somebody set, with more weight.
  std::string_view later(std::string_view a, std::string_view b) {
    return source_of(a).what >= source_of(b).what ? a : b;
  }

  void problem(std::string_view key, std::string what) {
    config_.problems.push_back({source_of(key), std::string{key}, std::move(what)});
  }
  void warning(std::string_view key, std::string what) {
    config_.warnings.push_back({source_of(key), std::string{key}, std::move(what)});
  }

  void warn_if_open(std::string_view key, const std::string& file, const file_content& content) {
    if (!content.open_to_others) return;
    warning(key, fmt::format("every user of this machine may read {}; mend with: chmod o= {}", file,
                             file));
  }

  void exclusive(std::string_view key, const std::string& value, std::string_view file_key,
                 const std::string& file) {
    if (value.empty() || file.empty()) return;
    problem(file_key,
            fmt::format("is set, and {} ({}) too; set one of them", key, source_of(key).text()));
  }

  /// Reads the file into the value beside it, as `assign` would take it from the environment.
  void take_secret(std::string_view key, const std::string& value, std::string_view file_key,
                   const std::string& file) {
    if (file.empty()) return;
    auto content = read_file(file, largest_secret);
    if (!content.problem.empty()) {
      problem(file_key, fmt::format("{} {}", file, content.problem));
      return;
    }
    warn_if_open(file_key, file, content);
    while (content.text.ends_with('\n') || content.text.ends_with('\r'))
      content.text.pop_back();
    if (content.text.empty()) {
      problem(file_key, fmt::format("{} is empty; allowed: the secret on one line", file));
      return;
    }
    if (!value.empty()) return;  // reported by `exclusive`
    if (auto wrong = find_key(key)->assign(s_, plain{std::move(content.text)})) {
      problem(file_key, fmt::format("{} {}", file, *wrong));
      return;
    }
    source_of(key) = {source_kind::secret_file, std::string{file_key}, 0};
  }

  loaded_config& config_;
  settings& s_;
};

}  // namespace

void check_as_a_whole(loaded_config& config, database_need need) {
  checker check{config};
  check.credentials();
  check.tls();
  check.https();
  check.topics();
  check.database(need);
  check.lanes();
}

}  // namespace td::config
