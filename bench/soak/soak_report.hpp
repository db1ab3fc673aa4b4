#pragma once

#include <string>

#include "bench/soak/soak_bench.hpp"

namespace td::bench {

/// "flat", "grows" or "undecided".
std::string_view name_of(course c) noexcept;

/// True unless something grows: the bench's exit status.
bool holds(const soak_results& r);

/// For a person, for programs, and the page that stands alone.
std::string to_text(const soak_results& r);
std::string to_json(const soak_results& r);
std::string to_html(const soak_results& r);

}  // namespace td::bench
