#include "doctor/codes.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace td {

namespace {

constexpr std::array codes{
    // -- broker ---
    finding_code{"broker", "broker_reachable", "it answers and lets the service in"},
    finding_code{"broker", "broker_version", "its version, and what is known about it"},
    finding_code{"broker", "broker_queue_limit", "what it keeps for a lane that is away"},
    finding_code{"broker", "broker_window", "unacknowledged messages on the way"},
    finding_code{"broker", "broker_packet_size", "the largest event that it takes"},
    finding_code{"broker", "broker_silent_bounds", "limits that drop without a word"},
    finding_code{"broker", "broker_sessions", "how long it keeps a lane's session"},
    finding_code{"broker", "broker_shared_subscriptions", "several lanes on one subscription"},
    finding_code{"broker", "broker_persistence", "whether a restart keeps sessions and backlog"},
    finding_code{"broker", "broker_dropped", "messages dropped since its start"},
    finding_code{"broker", "broker_backlog", "messages that wait at the broker"},
    finding_code{"broker", "broker_statistics", "its $SYS topics"},
    finding_code{"broker", "broker_anonymous", "clients without an account"},
    finding_code{"broker", "broker_acl", "who may write and read which topics"},
    finding_code{"broker", "broker_probe_topic", "the doctor's own topic"},
    // -- database ---
    finding_code{"database", "database_reachable", "it answers and lets the service in"},
    finding_code{"database", "database_version", "its version"},
    finding_code{"database", "database_schema", "the schema's version"},
    finding_code{"database", "database_rights", "what the role may do"},
    finding_code{"database", "database_superuser", "whether the role may do too much"},
    finding_code{"database", "database_read_only", "whether it takes writes"},
    finding_code{"database", "database_fsync", "commits reach the disk"},
    finding_code{"database", "database_synchronous_commit", "a commit waits for the disk"},
    finding_code{"database", "database_full_page_writes", "pages survive a torn write"},
    finding_code{"database", "database_damage_hidden", "settings that hide damage"},
    finding_code{"database", "database_unlogged", "tables that a crash empties"},
    finding_code{"database", "database_checksums", "damage on the disk is noticed"},
    finding_code{"database", "database_archiver", "WAL archiving"},
    finding_code{"database", "database_slots", "replication slots without a reader"},
    finding_code{"database", "database_disk", "space on the disk, and how long it lasts"},
    finding_code{"database", "database_partitions", "days ahead that have their partition"},
    finding_code{"database", "database_autovacuum", "dead rows are cleaned up"},
    finding_code{"database", "database_idle_in_transaction", "sessions that hold a transaction"},
    finding_code{"database", "database_idle_timeout", "a limit for such sessions"},
    finding_code{"database", "database_long_running", "long transactions"},
    finding_code{"database", "database_prepared", "forgotten prepared transactions"},
    finding_code{"database", "database_connections", "free connections"},
    finding_code{"database", "database_pooler", "a pooler in between"},
    finding_code{"database", "database_clock", "its clock and ours"},
    finding_code{"database", "database_unread", "what could not be looked at"},
    // -- machine ---
    finding_code{"machine", "machine_files", "the limit of open files"},
    finding_code{"machine", "machine_memory", "free memory"},
    finding_code{"machine", "machine_clock", "whether the clock is kept right"},
    finding_code{"machine", "machine_clock_jump", "jumps of the clock"},
    finding_code{"machine", "machine_database_library", "the version of libpq"},
    // -- service ---
    finding_code{"service", "service_reachable", "whether one runs"},
    finding_code{"service", "service_ready", "its readiness"},
    finding_code{"service", "service_ledger", "its ledger"},
    finding_code{"service", "service_actors", "its parts"},
};

}  // namespace

std::span<const finding_code> finding_codes() noexcept {
  return codes;
}

finding make_finding(std::string_view code, severity level, std::string what, std::string mend,
                     std::string where) {
  const auto row = std::find_if(codes.begin(), codes.end(),
                                [code](const finding_code& c) { return c.name == code; });
  if (row == codes.end()) throw std::logic_error("no such finding: " + std::string{code});
  return {std::string{row->area}, std::string{code}, level,
          std::move(what),        std::move(mend),   std::move(where)};
}

}  // namespace td
