#pragma once

namespace td {

/// Exit statuses that scripts may rely on.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;        ///< the reason was printed to standard error
inline constexpr int exit_usage = 2;         ///< the command line itself is wrong
inline constexpr int exit_not_ready = 3;     ///< `status`: it answers, but is not ready
inline constexpr int exit_does_not_fit = 3;  ///< `capacity`: the target is not kept up
inline constexpr int exit_warnings = 3;      ///< `doctor`: found warnings
inline constexpr int exit_audit_broken = 4;  ///< `audit verify`: the log was changed
inline constexpr int exit_dangers = 4;       ///< `doctor`: found dangers

/// The whole command line: parses, runs the chosen subcommand, returns the process's exit status.
int run_cli(int argc, char** argv);

}  // namespace td
