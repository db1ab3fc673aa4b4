#include "bench/limits/limit_drain.hpp"

#include "bench/limits/bare_lane.hpp"
#include "bench/limits/drain_lane.hpp"

namespace td::bench {

result<void> drain(const drain_options& options, std::stop_token stop, void (*ready)()) {
  return drain_through<bare_lane>(options, "bench-drain", stop, ready);
}

}  // namespace td::bench
