#pragma once

#include <boost/json.hpp>

#include "bench/latency/open_run.hpp"
#include "bench/machine.hpp"

namespace td::bench {

/// An open-loop run for programs.
boost::json::object json_of(const commit_latency& l);
boost::json::object json_of(const open_result& r);
boost::json::object json_of(const facts& all);

}  // namespace td::bench
