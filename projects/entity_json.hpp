#pragma once

#include <boost/json/object.hpp>

#include "projects/component.hpp"
#include "projects/project.hpp"
#include "projects/task.hpp"

namespace td {

/// As requests, answers and events write them: every member is there, null where it is not set;
/// times as to_rfc3339 has them; metadata as the object it is (its numbers as 64-bit integers and
/// doubles).
boost::json::object to_json(const project& p);
boost::json::object to_json(const component& c);
boost::json::object to_json(const task& t);

}  // namespace td
