#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/schema.hpp"

namespace td {

/// What an event must keep to. Defaults and their reasons stand in config/defaults.hpp.
struct event_rules {
  std::string topic_prefix{"tracker/events/"};
  std::vector<std::string> topic_families{"projects", "components", "tasks", "auth", "plugins"};
  std::size_t max_topic_bytes{512};
  std::size_t max_body_bytes{1u << 20};
  std::size_t max_depth{64};
  std::size_t max_string_bytes{256u << 10};
  std::size_t max_source_bytes{200};
  std::chrono::hours retention{24 * 30};   ///< older events are refused before any SQL
  std::chrono::seconds allowed_skew{300};  ///< how far ahead a producer's clock may be
};

/// Checks batches: topic, bytes (size, UTF-8, JSON, our own scan), envelope (native or
/// CloudEvents 1.0), schema, in this order; the first that fails is the reason (`rejected.stage`
/// "topic", "scan", "envelope", "schema"). A retained message is an event like any other. Owns
/// parser memory that is reused; what bodies over 64 KiB needed is given back after the batch.
/// One thread at a time; give each VALIDATOR its own.
class validator {
 public:
  /// `schemas` may be shared between validators and threads; never null. Throws
  /// std::runtime_error where OpenSSL has no SHA-1.
  validator(event_rules rules, std::shared_ptr<const schema_set> schemas);
  ~validator();
  validator(validator&&) noexcept;
  validator& operator=(validator&&) noexcept;

  /// From the next batch on, another set; never null.
  void use(std::shared_ptr<const schema_set> schemas);

  /// Every message of `raw` ends in exactly one of the result's `events` and `rejects`.
  /// `at` is the time against which `occurred_at` is held. Never throws but std::bad_alloc.
  checked_batch check(std::shared_ptr<const batch> raw, timestamp at);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace td
