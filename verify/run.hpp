#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "pipeline/result.hpp"
#include "verify/outcome.hpp"

namespace td::verify {

enum class stage : std::uint8_t {
  starting,    ///< the instance: database made, broker up, service ready
  publishing,  ///< and killing
  settling,    ///< everything is published; the last of it is on its way
  auditing,    ///< reading everything back
  stopping,    ///< the instance, in order
};

/// Whoever looks on.
class observer {
 public:
  virtual ~observer() = default;

  /// Something happened, in one line. Any thread.
  virtual void say(const std::string& line) = 0;

  /// Where the run stands, several times a second. The caller's thread, as is the next.
  virtual void show(stage at, const tally& now) = 0;

  /// Waits for up to `wait`; true once the run should end early.
  virtual bool stop_requested(std::chrono::milliseconds wait) = 0;
};

/// Makes an instance, publishes to it, kills its parts, reads everything back, stops it, and
/// removes it unless something was wrong (or asked otherwise). Blocks; needs the process's working
/// threads and /proc/self/exe to be this product. A failure: the run could not even begin; nothing
/// of it still runs, and the detail says where its log lies.
result<outcome> run(const run_options& options, observer& watcher);

}  // namespace td::verify
