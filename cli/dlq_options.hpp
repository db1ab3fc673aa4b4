#pragma once

#include <string>
#include <vector>

#include <boost/system/result.hpp>

#include "cli/instance_file.hpp"
#include "pipeline/time.hpp"
#include "storage/dead_letter_filter.hpp"

namespace CLI {
class App;
}

namespace td {

/// How somebody names dead letters on the command line. Must live until the command has run.
struct dlq_selection {
  std::vector<std::string> ids{};
  std::string since{};
  std::string before{};
  std::string topic{};
  std::string kind{};
  std::string stage{};
  std::string code{};
  std::string group{};
  std::string consumer{};
  bool consumer_given{};
  std::string status{};  ///< empty: the command's own
};

/// `--since`, `--before`, `--topic`, `--kind`, `--stage`, `--code`, `--group`, `--consumer`, and
/// `--status` where `with_status`.
void add_dlq_filter(CLI::App& command, dlq_selection& selection, bool with_status);

/// What was said as a filter, the status left to the caller unless `--status` names one
/// ("any" names none). A complaint names the option and what it takes.
boost::system::result<dead_letter_filter, complaint> filter_of(const dlq_selection& selection,
                                                               dead_letter_status usual,
                                                               timestamp now);

/// Whether anything narrows it down at all, the status aside.
bool is_narrowed(const dead_letter_filter& filter);

/// What an option like --since says: a point in time, or how long ago it was; absent when empty.
boost::system::result<std::optional<timestamp>, complaint> time_of(std::string_view option,
                                                                   const std::string& text,
                                                                   timestamp now);

}  // namespace td
