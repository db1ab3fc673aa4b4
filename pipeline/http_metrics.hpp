#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace td {

/// What the HTTP window counts, declared in metrics.cpp beside the others. A registry of its own,
/// because the window opens before the service is there. Any thread may count.
class http_metrics {
  // First, because every member below is registered in it.
  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();

 public:
  http_metrics();

  std::shared_ptr<prometheus::Registry> registry() const { return registry_; }

  /// One row of the route table. Counters of statuses are made as they occur.
  class route {
   public:
    void observe(unsigned status, std::chrono::nanoseconds took);

   private:
    friend class http_metrics;
    route(http_metrics& all, std::string method, std::string path);

    static constexpr unsigned first_status = 100;
    static constexpr unsigned statuses = 500;

    http_metrics& all_;
    std::string method_;
    std::string path_;
    prometheus::Histogram& seconds_;
    std::array<std::atomic<prometheus::Counter*>, statuses> by_status_{};
  };

  /// `path` is the template, never what a client wrote: labels come from a closed set. Before the
  /// first request; lives as long as this.
  route& add(std::string_view method, std::string_view path);

  /// For requests that no route was found for.
  route& unmatched() { return *unmatched_; }

  prometheus::Gauge& in_flight;
  prometheus::Gauge& connections;

 private:
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  std::list<std::unique_ptr<route>> routes_;
  route* unmatched_{};
};

}  // namespace td
