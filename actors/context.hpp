#pragma once

#include <functional>
#include <memory>

#include "config/settings.hpp"
#include "pipeline/ledger.hpp"
#include "pipeline/metrics.hpp"
#include "pipeline/progress.hpp"
#include "pipeline/recent_ids.hpp"
#include "pipeline/result.hpp"
#include "pipeline/status_board.hpp"

namespace td {

/// What every actor of a service shares: how it is set, and where it reports. Lives as long as
/// any actor; its parts are safe on any thread.
struct context {
  explicit context(settings s, std::string version, std::string node)
      : set{std::move(s)}, meters{version, node} {}

  const settings set;
  ledger books;
  status_board board;
  progress_board progress;
  metrics meters;
  recent_ids recent;
  /// The service can't go on; called from any actor, acted upon once.
  std::function<void(const failure&)> fatal = [](const failure&) {};
};

using shared_context = std::shared_ptr<context>;

}  // namespace td
