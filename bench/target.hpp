#pragma once

#include <string>
#include <vector>

#include "bench/report/page.hpp"

namespace td::bench {

/// One target of the design and what was measured for it.
struct target {
  std::string what{};
  double wanted{};
  double found{};
  bool at_least{};  ///< `found` must not be below `wanted`; else not above
  std::string unit{};

  bool holds() const noexcept { return at_least ? found >= wanted : found <= wanted; }
};

/// "All 5 targets hold", "1 of 5 targets is missed: rate of the limit"; without any "no targets".
std::string verdict_of(const std::vector<target>& all);

/// A table for a terminal.
std::string to_text(const std::vector<target>& all);

/// The verdict at the top of a page; a heading and a table where the page stands.
void set_verdict(report_page& page, const std::vector<target>& all);
void add_targets(report_page& page, const std::vector<target>& all);

}  // namespace td::bench
