#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/truth.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// What a figure needs beside it: name and value, in the order in which they are printed. What
/// can't be found out is "unknown".
using facts = std::vector<std::pair<std::string, std::string>>;

/// Processor, cores, memory, kernel, file system below `folder`, load before the bench.
facts machine_facts(const std::string& folder);

/// The line that `program --version` writes.
std::string version_line(const std::string& program, stop_signal& stop);

/// Versions of the service, PostgreSQL, Mosquitto, libpq and the compiler.
facts version_facts(truth_reader& truth, const std::string& service, stop_signal& stop);

/// How this process was called, quoted where a shell needs it.
std::string own_command_line();

}  // namespace td::bench
