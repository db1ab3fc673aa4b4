#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "storage/replay_store.hpp"

namespace td {

/// A job as the API and `taylordash replay --json` show it. Times are RFC 3339.
boost::json::object replay_object(const replay_job& job);
std::string replay_json(const replay_job& job);

}  // namespace td
