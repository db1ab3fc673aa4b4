#include "doctor/machine_judge.hpp"

#include "doctor/codes.hpp"
#include "doctor/words.hpp"

#include <sys/resource.h>

#include <fmt/format.h>

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr auto jump = 1s;  // slewing moves the clock by at most 0.5 ms a second (adjtimex(2))
constexpr const char* unit_file = "the unit of the service, or the shell that starts it";

finding judge_files(const machine_survey& found, const machine_needs& needs) {
  if (found.open_files_limit >= needs.open_files) {
    return make_finding("machine_files", severity::ok,
                        fmt::format("{} files may be open, {} are enough",
                                    words::grouped(found.open_files_limit), needs.open_files));
  }
  return make_finding(
      "machine_files", severity::warning,
      fmt::format("only {} files may be open, and lanes, database connections and HTTP clients can "
                  "take {}: then connections are refused",
                  found.open_files_limit, needs.open_files),
      fmt::format("LimitNOFILE={}   (systemd), or: ulimit -n {}", needs.open_files,
                  needs.open_files),
      unit_file);
}

finding judge_memory(const machine_survey& found, const machine_needs& needs) {
  if (!found.available_memory)
    return make_finding("machine_memory", severity::note, "free memory can't be seen here");
  const auto free = words::size(*found.available_memory);
  if (*found.available_memory >= needs.memory)
    return make_finding("machine_memory", severity::ok, free + " of memory are available");
  return make_finding(
      "machine_memory", severity::warning,
      fmt::format("only {} of memory are available; the service needs up to {} at saturation, and "
                  "the kernel ends a process when none is left",
                  free, words::size(needs.memory)),
      "free", "run it to see who takes the memory; then end that, or give the machine more");
}

finding judge_clock(const machine_survey& found) {
  if (!found.clock_synchronised)
    return make_finding("machine_clock", severity::note, "the clock's state can't be seen here");
  if (*found.clock_synchronised)
    return make_finding("machine_clock", severity::ok, "the clock is synchronised");
  return make_finding(
      "machine_clock", severity::note,
      "nothing keeps this machine's clock right (the kernel calls it unsynchronised): when it is "
      "off by more than events.allowed_skew, good events are dead-lettered",
      "apt-get install chrony", "as root; in a container: on its host");
}

}  // namespace

std::vector<finding> judge_machine(const machine_survey& found, const machine_needs& needs,
                                   std::optional<std::chrono::nanoseconds> before) {
  std::vector<finding> all{judge_files(found, needs), judge_memory(found, needs),
                           judge_clock(found)};
  if (!before) return all;
  const auto moved = found.clock_offset - *before;
  if (moved > -jump && moved < jump) {
    all.push_back(make_finding("machine_clock_jump", severity::ok, "the clock has not jumped"));
  } else {
    all.push_back(make_finding(
        "machine_clock_jump", severity::warning,
        fmt::format(
            "the clock jumped by {} since the last look: events of that time may be "
            "dead-lettered as too old or too new",
            words::signed_duration(std::chrono::duration_cast<std::chrono::microseconds>(moved))),
        "taylordash dlq groups", "look whether events were refused for their time"));
  }
  return all;
}

std::vector<finding> judge_libraries(const library_versions& v) {
  std::vector<finding> all;
  const auto pg = words::postgres_version(v.database_found);
  if (v.database_found / 10'000 >= v.database_built / 10'000) {
    all.push_back(make_finding("machine_database_library", severity::ok, "libpq is " + pg));
  } else {
    all.push_back(make_finding("machine_database_library", severity::warning,
                               fmt::format("libpq is {}, older than the {} that this program was "
                                           "built with",
                                           pg, words::postgres_version(v.database_built)),
                               "apt-get install libpq5", "as root"));
  }
  return all;
}

}  // namespace td
