#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bench/machine.hpp"
#include "bench/report/page.hpp"
#include "bench/target.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// What one bench's result file says.
struct bench_outcome {
  std::string bench{};
  std::string started_at{};
  std::string file{};     ///< empty when the bench failed
  std::string failure{};  ///< why there is no file
  std::vector<target> targets{};
  std::vector<std::string> remarks{};  ///< sentences: "ceilings", "remarks"
};

/// All benches of one sitting.
struct bench_summary {
  std::vector<bench_outcome> benches{};
  facts machine{};
  facts versions{};

  std::vector<target> targets() const;  ///< of all, named "bench: what"
  bool complete() const noexcept;       ///< no bench failed
};

/// Reads a result file that a bench has written ("bench", "started_at", "targets"; "machine" and
/// "versions" go to the summary when it has none yet). configuration_invalid: it is no such file,
/// and why.
result<void> add_result(bench_summary& to, const std::filesystem::path& file);

std::string to_text(const bench_summary& s);
report_page to_page(const bench_summary& s);
std::string to_json(const bench_summary& s);

}  // namespace td::bench
