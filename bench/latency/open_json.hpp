#pragma once

#include <boost/json.hpp>

#include "bench/latency/open_run.hpp"

namespace td::bench {

/// An open-loop run for programs.
boost::json::object json_of(const commit_latency& l);
boost::json::object json_of(const open_result& r);

}  // namespace td::bench
