#include "doctor/doctor.hpp"

#include "doctor/codes.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "config/files.hpp"
#include "storage/database_survey.hpp"

namespace td {

namespace {

void add(std::vector<finding>& all, std::vector<finding> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

using clock = std::chrono::steady_clock;

constexpr std::size_t largest_acl = 1u << 20;

/// A server that took all the time of a look is there, and slow.
finding took_too_long(const char* code, const char* whom, const failure& why) {
  return make_finding(code, severity::warning,
                      fmt::format("{} could not be looked at in time: {}", whom, why.detail),
                      "taylordash doctor", "a shell; it allows more time than a running service");
}

void examine_broker(const doctor_options& options, clock::time_point until, doctor_memory* memory,
                    examination& done) {
  auto asked = options.broker;
  asked.deadline = std::min(asked.deadline, until);
  const auto found = survey_broker(asked);
  if (!found) {
    if (found.error().code == errc::stopping) return;
    done.broker_trouble = found.error().detail;
    done.findings.push_back(found.error().code == errc::broker_away && clock::now() >= until
                                ? took_too_long("broker_reachable", "the broker", found.error())
                                : broker_unreachable(found.error()));
    return;
  }
  done.broker = true;
  auto needs = options.of_broker;
  needs.username = options.broker.broker.username;
  needs.filter = options.broker.filter;
  needs.quick = options.broker.quick;
  needs.queued_messages = options.broker.queued_messages;
  if (!options.broker_config.empty()) {
    auto file = read_broker_file(options.broker_config);
    if (file) {
      needs.file = *std::move(file);
      if (const auto* acl = needs.file->find("acl_file"); acl != nullptr)
        needs.acl_text = config::read_file(acl->value, largest_acl).text;
    } else {
      done.findings.push_back(
          make_finding("broker_persistence", severity::note,
                       "the broker's configuration can't be read: " + file.error().detail,
                       "--broker-config FILE", "this command"));
    }
  }
  if (memory != nullptr) {
    needs.dropped_before = memory->dropped;
    memory->dropped = found->dropped;
  }
  add(done.findings, judge_broker(*found, needs));
}

/// Whether the server that answers is the one whose files these are: an address says little, as a
/// tunnel or a container may stand behind it. Its lock file tells (postmaster.pid, third line: when
/// it started), which the user of the server alone may read.
bool lies_in(const database_survey& found, const std::filesystem::path& folder) {
  std::ifstream lock{folder / "postmaster.pid"};
  std::string pid;
  std::string data;
  std::int64_t started = 0;
  if (!std::getline(lock, pid) || !std::getline(lock, data) || !(lock >> started)) return false;
  constexpr std::int64_t written_before = 5;  // seconds; the file comes first
  return found.server_started != 0 && std::abs(found.server_started - started) <= written_before &&
         data == found.data_directory;
}

/// The fuller of the two, where WAL lies elsewhere.
std::optional<disk_space> space_of_cluster(const std::filesystem::path& folder) {
  const auto data = space_of(folder);
  const auto wal = space_of(folder / "pg_wal");
  return data && wal && wal->free_bytes < data->free_bytes ? wal : data;
}

void examine_database(const doctor_options& options, clock::time_point until, examination& done) {
  const auto found = survey_database(
      options.database, {.days_ahead = options.of_database.days_ahead, .deadline = until});
  if (!found) {
    if (found.error().code == errc::stopping) return;
    done.database_trouble = found.error().detail;
    done.findings.push_back(found.error().code == errc::database_away && clock::now() >= until
                                ? took_too_long("database_reachable", "the database", found.error())
                                : database_unreachable(found.error()));
    return;
  }
  done.database = true;
  auto needs = options.of_database;
  if (!options.database_folder.empty()) {
    needs.disk = space_of_cluster(options.database_folder);
  } else if (found->on_this_machine && lies_in(*found, found->data_directory)) {
    needs.disk = space_of_cluster(found->data_directory);
  }
  add(done.findings, judge_database(*found, needs));
}

}  // namespace

examination examine(const doctor_options& options, doctor_memory* memory) {
  examination done;
  const auto begin = clock::now();
  if (options.look_at_broker)
    examine_broker(options, begin + options.time_limit * 3 / 4, memory, done);
  if (options.look_at_database) examine_database(options, begin + options.time_limit, done);
  const auto machine = survey_machine();
  add(done.findings, judge_machine(machine, options.of_machine,
                                   memory != nullptr ? memory->clock_offset : std::nullopt));
  if (memory != nullptr) memory->clock_offset = machine.clock_offset;
  add(done.findings, judge_libraries({database_library_built_with(), database_library_in_use()}));
  return done;
}

}  // namespace td
