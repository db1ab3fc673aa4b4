#include "verify/ledger_watch.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

#include "verify/waiting.hpp"

namespace td::verify {

namespace {

using namespace std::chrono_literals;

constexpr auto between_samples = 250ms;
constexpr auto answer_time = 2s;
constexpr std::string_view unaccounted = "taylordash_unaccounted_events";

}  // namespace

std::optional<double> metric_value(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with(name) || line.size() <= name.size() + 1 || line[name.size()] != ' ') {
      continue;
    }
    const auto number = line.substr(name.size() + 1);
    double value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    if (read.ec == std::errc{}) return value;
  }
  return std::nullopt;
}

ledger_watch::ledger_watch(http_url service) : metrics_{std::move(service)} {
  metrics_.target = "/metrics";
}

void ledger_watch::run(const std::stop_token& stop) {
  while (pause(between_samples, stop)) {
    const auto reply = http_get(metrics_, answer_time);
    if (!reply || reply->status != 200) continue;
    const auto value = metric_value(reply->body, unaccounted);
    if (!value) continue;
    const std::lock_guard lock{mutex_};
    ++counts_.samples;
    if (*value == 0) continue;
    ++counts_.off;
    if (std::abs(*value) > std::abs(counts_.worst)) counts_.worst = *value;
  }
}

ledger_watch::counts ledger_watch::count() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

}  // namespace td::verify
