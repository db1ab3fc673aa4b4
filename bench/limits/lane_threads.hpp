#pragma once

#include <memory>
#include <pthread.h>
#include <stop_token>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "pipeline/result.hpp"

namespace td::bench {

/// Runs each lane's `bool run(std::stop_token)` in a thread of its own, named for profilers, until
/// all have ended; the first that fails stops the others. internal: the first lane's `error()`.
template <class Lane>
result<void> run_lanes(const std::vector<std::unique_ptr<Lane>>& lanes, std::stop_token stop,
                       const char* name) {
  std::stop_source abandon;
  const std::stop_callback forward{stop, [&] { abandon.request_stop(); }};
  {
    std::vector<std::jthread> threads;
    for (auto& l : lanes) {
      threads.emplace_back([&abandon, name, &l = *l] {
        pthread_setname_np(pthread_self(), name);
        if (!l.run(abandon.get_token())) abandon.request_stop();
      });
    }
  }
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    if (const auto why = lanes[i]->error(); !why.empty())
      return failure{errc::internal, fmt::format("lane {}: {}", i + 1, why)};
  }
  return ok();
}

}  // namespace td::bench
