#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/report/page.hpp"
#include "bench/soak/soak_bench.hpp"
#include "bench/target.hpp"

namespace td::bench {

/// "flat", "grows" or "undecided".
std::string_view name_of(course c) noexcept;

/// True unless something grows: the bench's exit status.
bool holds(const soak_results& r);

/// How much memory and descriptors grew and may. What is undecided is none, so that all hold
/// exactly when `holds`.
std::vector<target> targets_of(const soak_results& r);

/// For a person, for programs, and the page that stands alone.
std::string to_text(const soak_results& r);
std::string to_json(const soak_results& r);
report_page to_page(const soak_results& r);

}  // namespace td::bench
