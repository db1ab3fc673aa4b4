#include "http/service_schemas.hpp"

namespace td {
namespace {

constexpr const char* live = R"({
  "type": "object",
  "properties": {"status": {"const": "alive"}},
  "required": ["status"]
})";

constexpr const char* readiness = R"({
  "type": "object",
  "properties": {
    "ready": {"type": "boolean"},
    "reasons": {"type": "array", "items": {"type": "string"}, "description": "Empty when ready."},
    "dependencies": {"type": "array", "items": {"$ref": "#/components/schemas/dependency"}},
    "findings": {
      "type": "array",
      "items": {"$ref": "#/components/schemas/finding"},
      "description": "Warnings and dangers; they never change ready."
    }
  },
  "required": ["ready", "reasons", "dependencies", "findings"]
})";

constexpr const char* dependency = R"({
  "type": "object",
  "properties": {
    "name": {"type": "string"},
    "ok": {"type": "boolean"},
    "reason": {"type": "string", "description": "Empty when ok."},
    "since": {"type": "string", "format": "date-time", "description": "Of this condition."},
    "latency_us": {"type": "integer", "description": "Microseconds, of the last use or probe."}
  },
  "required": ["name", "ok", "reason", "since", "latency_us"]
})";

constexpr const char* finding = R"({
  "type": "object",
  "properties": {
    "area": {"enum": ["broker", "database", "machine", "service"]},
    "code": {"type": "string"},
    "severity": {"enum": ["ok", "note", "warning", "danger"]},
    "what": {"type": "string"},
    "mend": {"type": "string", "description": "The exact lines; empty: nothing to change."},
    "where": {"type": "string"}
  },
  "required": ["area", "code", "severity", "what", "mend", "where"]
})";

constexpr const char* ledger = R"({
  "type": "object",
  "description": "received = stored + duplicate + dead_lettered + given_back + in_flight.",
  "properties": {
    "received": {"type": "integer", "minimum": 0},
    "stored": {"type": "integer", "minimum": 0},
    "duplicate": {"type": "integer", "minimum": 0},
    "dead_lettered": {"type": "integer", "minimum": 0},
    "given_back": {"type": "integer", "minimum": 0},
    "in_flight": {"type": "integer", "minimum": 0},
    "unaccounted": {"type": "integer", "description": "Always 0."}
  },
  "required": ["received", "stored", "duplicate", "dead_lettered", "given_back", "in_flight",
               "unaccounted"]
})";

constexpr const char* lane = R"({
  "type": "object",
  "properties": {
    "slot": {"type": "integer", "minimum": 0},
    "client_id": {"type": "string"},
    "state": {"type": "string",
              "description": "connecting, reading, waiting, paused, draining, restarting, stopping"},
    "reason": {"type": "string", "description": "Why it does not read; empty when it does."},
    "since": {"type": "string", "format": "date-time"},
    "epoch": {"type": "integer", "minimum": 0},
    "in_flight": {"type": "integer", "minimum": 0},
    "received": {"type": "integer", "minimum": 0}
  },
  "required": ["slot", "client_id", "state", "reason", "since", "epoch", "in_flight", "received"]
})";

constexpr const char* actor = R"({
  "type": "object",
  "properties": {
    "name": {"type": "string"},
    "state": {"type": "string", "description": "running, restarting, gave_up"},
    "restarts": {"type": "integer", "minimum": 0}
  },
  "required": ["name", "state", "restarts"]
})";

constexpr const char* stall = R"({
  "type": "object",
  "description": "Unacknowledged work that does not move, and who holds it.",
  "properties": {
    "lane": {"type": "integer"},
    "connection": {"type": "integer", "minimum": 0},
    "batch": {"type": "integer", "minimum": 0},
    "events": {"type": "integer", "minimum": 0},
    "holder": {"type": "string"},
    "doing": {"type": "string"},
    "dependency": {"type": "string"},
    "reason": {"type": "string"},
    "since": {"type": "string", "format": "date-time"},
    "lasted_ms": {"type": "integer"},
    "held_for_ms": {"type": "integer"},
    "given_back": {"type": "integer", "minimum": 0},
    "held": {"type": "boolean"}
  },
  "required": ["lane", "connection", "batch", "events", "holder", "doing", "dependency", "reason",
               "since", "lasted_ms", "held_for_ms", "given_back", "held"]
})";

constexpr const char* service_status = R"({
  "type": "object",
  "properties": {
    "version": {"type": "string"},
    "node": {"type": "string", "description": "This process."},
    "deployment": {"type": "string", "description": "The database's id."},
    "started_at": {"type": "string", "format": "date-time"},
    "taken_at": {"type": "string", "format": "date-time"},
    "ready": {"type": "boolean"},
    "stopping": {"type": "boolean"},
    "counts": {"$ref": "#/components/schemas/ledger"},
    "lanes": {"type": "array", "items": {"$ref": "#/components/schemas/lane"}},
    "dependencies": {"type": "array", "items": {"$ref": "#/components/schemas/dependency"}},
    "actors": {"type": "array", "items": {"$ref": "#/components/schemas/actor"}},
    "stalls": {"type": "array", "items": {"$ref": "#/components/schemas/stall"}},
    "findings": {"type": "array", "items": {"$ref": "#/components/schemas/finding"}}
  },
  "required": ["version", "node", "deployment", "started_at", "taken_at", "ready", "stopping",
               "counts", "lanes", "dependencies", "actors", "stalls", "findings"]
})";

}  // namespace

std::vector<schema_component> service_schemas() {
  return {{"live", live},       {"readiness", readiness}, {"dependency", dependency},
          {"finding", finding}, {"ledger", ledger},       {"lane", lane},
          {"actor", actor},     {"stall", stall},         {"service_status", service_status}};
}

}  // namespace td
