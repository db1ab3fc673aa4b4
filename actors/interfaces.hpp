#pragma once

// Every message of the program and who takes it, in the order in which events flow.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "actors/caf.hpp"
#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"
#include "storage/consumer_store.hpp"

namespace td {

struct identity_task;

// -- messages ---

/// INGEST -> VALIDATOR: a burst was read; nothing of it is acknowledged.
struct burst {
  std::shared_ptr<const batch> raw;
};

/// VALIDATOR -> MIRROR: the burst, each message marked as event or reject.
struct checked {
  std::shared_ptr<const checked_batch> events;
};

/// MIRROR -> INGEST: the commit (`refused` absent), or why there is none.
struct outcome {
  verdict done{};
  std::optional<failure> refused{};
};

/// CONSUMER -> its handler: what the journal brought, or what is due once more.
struct deliver {
  std::shared_ptr<const std::vector<delivery>> events;
};

/// The handler -> CONSUMER: everything is handled, but for `failed`. `away`: none of it was looked
/// at, the handler can't work now; all of it comes again.
struct handled {
  std::vector<delivery_failure> failed{};
  std::optional<failure> away{};
};

/// INGEST to itself: take the next turn of your loop. Old turns are dropped.
struct pump {
  std::uint64_t turn{};
};

/// LANES -> INGEST: unsubscribe, drain the session to empty, end it.
struct retire {};

/// INGEST -> LANES: the session of this slot is drained and ended at the broker.
struct lane_drained {
  std::int32_t slot{};
};

/// Who asks -> SESSION -> IDENTITY WORKER: something to do with the stores of identity.
struct identity_work {
  std::shared_ptr<identity_task> task;
};

/// IDENTITY WORKER -> SESSION: it is done, or was refused; whoever asked knows.
struct worked {};

/// To oneself: look around. Old turns are dropped.
struct tick {
  std::uint64_t turn{};
};

/// GATE -> READER: something waits for you.
struct wake {};

/// A supervisor to itself: the back-off of this child is over.
struct respawn {
  std::size_t child{};
};

/// Service -> SUPERVISOR: stop everything in order.
struct stop_all {};

/// SUPERVISOR -> service: everything has ended; `forced` children had to be killed.
struct stopped {
  std::uint32_t forced{};
};

// -- who takes what, in flow order ---

/// INGEST (one per lane): reads bursts, waits for their verdict, acknowledges.
using ingest_actor = handle<void(pump), void(retire)>;

/// VALIDATOR: checks a burst and passes it on; the answer comes from the MIRROR.
using validator_actor = handle<outcome(burst)>;

/// MIRROR: commits a checked batch, answers with the outcome.
using mirror_actor = handle<outcome(checked), void(tick)>;

/// What a VALIDATOR needs of the MIRRORs.
using mirror_sink = handle<outcome(checked)>;

/// LANES: owns slots, runs one INGEST for each.
using lanes_actor = handle<void(tick), void(lane_drained), void(respawn)>;

/// What an INGEST needs of LANES.
using drained_sink = handle<void(lane_drained)>;

/// Who handles deliveries: a plugin, say. Idempotent: the same event may come again. An empty
/// delivery asks whether it is free.
using consumer_handler = handle<handled(deliver)>;

/// CONSUMER (one per consumer): follows the journal, remembers how far, repeats what failed.
using consumer_actor = handle<void(tick)>;

/// SCHEMAS: brings changes of the schemas to the VALIDATORs, and what candidates say to the store.
using schemas_actor = handle<void(tick)>;

/// DEAD LETTER: runs the replay jobs.
using replay_actor = handle<void(tick)>;

/// OUTBOX: publishes what writes have put into the outbox, and follows it until it is stored.
using outbox_actor = handle<void(tick)>;
/// SESSION: passes work on to its IDENTITY WORKERs, and answers when they don't in time.
using session_actor = handle<void(identity_work)>;

/// IDENTITY WORKER (several): does the work, on its own connection; looks after keys.
using identity_worker = handle<worked(identity_work), void(tick)>;

/// IDENTITY WATCH: hears what is revoked, and lets the cache forget it.
using identity_watch_actor = handle<void(tick)>;

/// AUDIT CHAIN: gives audit rows their place in the chain.
using audit_chain_actor = handle<void(tick)>;

/// MAINTENANCE: partitions ahead, retention, closed-day indexes.
using maintenance_actor = handle<void(tick)>;

/// DOCTOR: looks at broker, database and machine from time to time.
using doctor_actor = handle<void(tick)>;

/// READER (one per connection of the gate): runs what HTTP handlers ask of the database.
using reader_actor = handle<void(wake), void(tick)>;

/// SUPERVISOR: restarts children within their budget, stops them in order.
using supervisor_actor = handle<stopped(stop_all), void(respawn), void(tick)>;

}  // namespace td

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::burst)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::checked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::deliver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::handled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::pump)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::retire)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::lane_drained)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::identity_work)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::worked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::wake)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::respawn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::stop_all)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(td::stopped)
