#pragma once

#include <string_view>

#include "pipeline/result.hpp"

namespace td::bench {

/// "20000/s", "20000", "20k/s", "1.5M/s" in events per second; from 1 to 100 million.
/// configuration_invalid: what is wrong, with an example.
result<double> parse_rate(std::string_view text);

}  // namespace td::bench
