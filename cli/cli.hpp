#pragma once

namespace td {

/// The whole command line: parses, runs the chosen subcommand, returns the process's exit status.
int run_cli(int argc, char** argv);

}  // namespace td
