"""The oracle of obligations: everything published is stored once or dead-lettered, as it was, and nothing else is there.

Plain code over rows; `evidence` reads them. Payloads are compared as JSON values with exact decimals.
"""

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from support.oracle import micros

from .messages import STAGE_OF

CLOCK = "occurred_at_in_future"  # what a clock that was set back makes of a sound event
# What is wrong with these is judged behind the time, so that the same clock hides it.
BEHIND_TIME = {"trace_id_missing", "trace_id_invalid", "kind_missing", "kind_invalid", "source_missing", "source_invalid",
               "payload_missing", "payload_invalid", "schema_version_invalid", "unknown_kind", "schema_version_unknown",
               "schema_violation"}


@dataclass(frozen=True)
class Stored:
    key: tuple  # event_id, microseconds
    trace_id: str
    kind: str
    source: str
    topic: str
    payload: str  # JSON text
    position: int = 0  # in the journal, of its batch


@dataclass(frozen=True)
class Letter:
    hash: bytes
    code: str
    raw: bytes
    attempts: int
    status: str
    topic: str
    stage: str
    position: int = 0  # in the journal, of the batch of the last failure


def canonical(text):
    """A JSON value in which 1.0, 1 and 1e0 are equal, and no digit is lost."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


BATCHES = "JOIN mirror_batches b USING (batch_id) WHERE b.position > %s"


def evidence(cursor, after=0):
    """(rows of the mirror, dead letters) of the batches that were committed behind position `after` of the journal."""
    cursor.execute("SELECT event_id::text, occurred_at, trace_id::text, kind, source, topic, payload::text, b.position"
                   f" FROM events_mirror {BATCHES}", [after])
    rows = [Stored((r[0], micros(r[1])), *r[2:]) for r in cursor.fetchall()]
    cursor.execute("SELECT delivery_hash, code, raw, attempts, status, topic, stage, b.position"
                   f" FROM dlq_events {BATCHES}", [after])
    letters = [Letter(bytes(r[0]), r[1], bytes(r[2]), *r[3:]) for r in cursor.fetchall()]
    return rows, letters


def missing(messages, rows, letters):
    """The messages that came to rest nowhere."""
    keys = {row.key for row in rows}
    hashes = {letter.hash for letter in letters}
    return [m for m in messages if m.key not in keys and m.hash not in hashes]


def both(messages, rows, letters):
    """Sound messages that are stored and dead-lettered, each with whether it was stored first: a clock that was back
    refused one of several deliveries."""
    stored = {row.key: row for row in rows}
    refused = {letter.hash: letter for letter in letters}
    return [(m, stored[m.key].position < refused[m.hash].position)
            for m in messages if not m.code and m.key in stored and m.hash in refused]


def audit(messages, rows, letters, earlier=(), clock_was_back=False):
    """Complaints, empty when every obligation is met.

    `earlier`: messages of earlier rounds that were dead-lettered: a broker that was killed may deliver them again, which
    raises `attempts`, or stores them where a clock had been the reason. `clock_was_back`: the service's clock stood
    behind by more than the skew it allows; a sound event may then be dead-lettered as CLOCK, and stored as well if it
    was delivered again later.
    """
    complaints = []

    def complain(what, items):
        if items:
            complaints.append(f"{len(items)} {what}, for example {items[0]}")

    owed = {m.key: m for m in messages}
    by_hash = {m.hash: m for m in messages}
    before = {m.hash: m for m in earlier}
    mended = {m.key for m in earlier if not m.code}
    stored = {row.key: row for row in rows}
    broken = {m.event.event_id: m for m in messages if m.code}

    complain("lost", [f"{m.key} ({m.code or 'sound'}, {m.topic})" for m in missing(messages, rows, letters)])
    complain("stored twice", [key for key, n in Counter(row.key for row in rows).items() if n > 1])
    complain("dead-lettered twice", [h.hex() for h, n in Counter(letter.hash for letter in letters).items() if n > 1])
    complain("in the mirror that nobody published",
             [row for row in rows if row.key not in owed and row.key not in mended and row.key[0] not in broken])
    complain("dead letters that nobody published",
             [letter for letter in letters if letter.hash not in by_hash and letter.hash not in before])
    # By the id alone: what is wrong with it may be its time.
    complain("stored though broken", [f"{broken[row.key[0]].code}: {row}" for row in rows if row.key[0] in broken])

    changed, refused, handled = [], [], []
    for message in messages:
        if message.code or (row := stored.get(message.key)) is None:
            continue
        event = message.event
        if ((row.trace_id, row.kind, row.source, row.topic) != (event.trace_id, event.kind, event.source, event.topic)
                or canonical(row.payload) != canonical(json.dumps(event.payload))):
            changed.append(f"{row}, published was {event}")
    for letter in letters:
        message = by_hash.get(letter.hash) or before.get(letter.hash)
        if message is None:
            continue
        doubtful = clock_was_back or message.key in mended
        expected = message.code or (CLOCK if doubtful else "no dead letter")
        hidden = clock_was_back and letter.code == CLOCK and message.code in BEHIND_TIME
        if letter.code != expected and not hidden:
            refused.append(f"{letter.code} instead of {expected}: {letter.raw[:300]}")
        elif letter.stage != STAGE_OF.get(letter.code):
            refused.append(f"{letter.code} at stage {letter.stage} instead of {STAGE_OF.get(letter.code)}")
        for what, found, right in (("the raw bytes", letter.raw, message.body), ("the topic", letter.topic, message.topic)):
            if found != right:
                changed.append(f"{what} of {letter.code} {letter.hash.hex()}")
        if letter.status != "open":
            handled.append(f"{letter.code} {letter.hash.hex()} is {letter.status}")
    complain("stored otherwise than published", changed)
    complain("dead-lettered with the wrong reason", refused)
    complain("dead letters that somebody has dealt with", handled)
    return complaints
