#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "bench/capacity/store_view.hpp"
#include "bench/capacity/usage.hpp"
#include "http/client.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// What can be watched from here. 0, absent: it is on another machine.
struct watched {
  http_url service_metrics{};
  pid_t service{};
  pid_t broker{};
  pid_t postgres{};
  std::optional<std::string> device{};  ///< below the database, see device_below
};

/// All counters at this moment. internal: the service doesn't answer, or not with what it should;
/// the codes of a session. One thread.
result<counters> read_counters(const watched& what, store_view& store);

/// What /metrics says of them; internal: one is missing.
result<counters> counters_in(std::string_view metrics_text);

}  // namespace td::bench
