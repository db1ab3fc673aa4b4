#include "cli/standalone_view.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace td {
namespace {

using namespace terminal;

/// A word for a shell; quoted only where it has to be.
std::string shell_word(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '.' || c == '-' || c == '_';
  });
  return plain ? text : shell_quoted(text);
}

}  // namespace

std::string render_banner(const output& to, const standalone_banner& b) {
  const auto in = [&](const std::filesystem::path& path) { return visible(path.string()); };
  const auto word = [&](const std::filesystem::path& path) {
    return visible(shell_word(path.string()));
  };
  std::vector<row> rows;
  const auto say = [&](const char* what, std::string text) {
    rows.push_back({{what, colour::dim}, {std::move(text)}});
  };
  const auto credentials = fmt::format("user {}, password in {}", b.producer_user,
                                       in(b.layout.secrets() / "mqtt-producer"));
  say("sign in", fmt::format("user admin, first password in {}", in(b.layout.admin_password())));
  say("health", b.http_url + "/health/ready");
  say("metrics", b.http_url + "/metrics");
  say("MQTT", b.mqtt_url + "  " + credentials);
  if (!b.devices_url.empty()) {
    say("devices", fmt::format("{}  the same user, CA certificate {}", b.devices_url,
                               in(tls_files::in(b.layout.tls()).ca_certificate)));
  }
  say("status", fmt::format("taylordash status --data-dir {} --watch", word(b.layout.root)));
  say("psql", fmt::format(". {} && psql \"$DATABASE_URL\"", word(b.layout.env())));
  say("logs", fmt::format("{}/postgresql.log, mosquitto.log", in(b.layout.log())));
  if (b.demo) say("demo", "a producer publishes 5 to 20 events a second, some of them broken");
  return fmt::format("\n{}\n\n{}\nCtrl-C stops everything in order; the data stays in {}\n\n",
                     paint(to, colour::bold, fmt::format("TaylorDash {} is ready", b.version)),
                     aligned(to, rows), in(b.layout.root));
}

std::string render_stop(const stop_report& report, const std::string& data_dir, after_stop then) {
  std::string text = report.service   ? fmt::format("stopped the instance in {}\n", data_dir)
                     : report.servers ? fmt::format(
                                            "stopped the servers that a killed service had "
                                            "left in {}\n",
                                            data_dir)
                                      : fmt::format("nothing runs in {}\n", data_dir);
  if (then == after_stop::keep_data) return visible(text.substr(0, text.size() - 1)) + "\n";
  if (report.left.empty()) return text + fmt::format("removed {}\n", data_dir);
  text += fmt::format("removed its data from {}; left alone what is not its own:", data_dir);
  for (const auto& name : report.left)
    text += " " + visible(name);
  return text + "\n";
}

}  // namespace td
