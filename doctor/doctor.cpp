#include "doctor/doctor.hpp"

#include "doctor/codes.hpp"

#include <iterator>

#include "storage/database_survey.hpp"

namespace td {

namespace {

void add(std::vector<finding>& all, std::vector<finding> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void examine_broker(const doctor_options& options, doctor_memory* memory, examination& done) {
  const auto found = survey_broker(options.broker);
  if (!found) {
    if (found.error().code != errc::stopping)
      done.findings.push_back(broker_unreachable(found.error()));
    return;
  }
  done.broker = true;
  auto needs = options.of_broker;
  needs.quick = options.broker.quick;
  needs.queued_messages = options.broker.queued_messages;
  if (!options.broker_config.empty()) {
    auto file = read_broker_file(options.broker_config);
    if (file) {
      needs.file = *std::move(file);
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

void examine_database(const doctor_options& options, examination& done) {
  const auto found =
      survey_database(options.database, {.days_ahead = options.of_database.days_ahead});
  if (!found) {
    if (found.error().code != errc::stopping)
      done.findings.push_back(database_unreachable(found.error()));
    return;
  }
  done.database = true;
  auto needs = options.of_database;
  needs.disk = space_of(options.database_folder);
  if (!needs.disk && found->on_this_machine) needs.disk = space_of(found->data_directory);
  add(done.findings, judge_database(*found, needs));
}

}  // namespace

examination examine(const doctor_options& options, doctor_memory* memory) {
  examination done;
  if (options.look_at_broker) examine_broker(options, memory, done);
  if (options.look_at_database) examine_database(options, done);
  const auto machine = survey_machine();
  add(done.findings, judge_machine(machine, options.of_machine,
                                   memory != nullptr ? memory->clock_offset : std::nullopt));
  if (memory != nullptr) memory->clock_offset = machine.clock_offset;
  add(done.findings, judge_libraries({mqtt_library_built_with(), mqtt_library_in_use(),
                                      database_library_built_with(), database_library_in_use()}));
  return done;
}

}  // namespace td
