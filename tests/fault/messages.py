"""What producers publish: sound events of many shapes, broken ones for each error code, and what is owed for each."""

import hashlib
import json
import random
import time
from dataclasses import dataclass, field

from support.events import Maker, rfc3339

# What the service is set to, so that the largest bodies stay small enough for a slow link.
MAX_BODY = 64 << 10
MAX_STRING = 16 << 10
EVENTS = {"max_body_bytes": MAX_BODY, "max_string_bytes": MAX_STRING}

BROKEN_SHARE = 0.04
AGAIN_SHARE = 0.03  # published a second time though acknowledged, as a careful producer does
LATE_SHARE = 0.1  # occurred up to two hours before
LARGE_SHARE = 0.01


def delivery_hash(topic, raw):
    """The key of a dead letter, as docs and schema have it: SHA-256(topic, 0, raw)."""
    return hashlib.sha256(topic.encode() + b"\0" + raw).digest()


@dataclass(slots=True, eq=False)
class Message:
    """Owed: one row in the mirror (`event`), or one dead letter with this `code` (`event` is what it was made from)."""

    topic: str
    body: bytes
    event: object = None  # support.events.Event
    code: str = ""
    published: float = field(default_factory=time.monotonic)  # for the first time

    @property
    def key(self):
        return self.event.key if self.event else self.hash

    @property
    def hash(self):
        return delivery_hash(self.topic, self.body)


# -- broken ones: each takes the envelope and gives a body; what is unique in it stays ---


def _changed(**changes):
    def apply(envelope):
        merged = {**envelope, **changes}
        return json.dumps({k: v for k, v in merged.items() if v is not None}).encode()
    return apply


def _payload(**more):
    return lambda e: json.dumps({**e, "payload": {**e["payload"], **more}}).encode()


def _raw_payload(text):
    """A member of the payload that json.dumps would not write."""
    return lambda e: json.dumps({**e, "payload": {**e["payload"], "x": "@@"}}).encode().replace(b'"@@"', text)


def _replaced(old, new):
    return lambda e: json.dumps(e).encode().replace(old, new, 1)


FLAWS = [
    ("body_too_large", _payload(labels=["x" * 1000] * (MAX_BODY // 1000 + 2))),
    ("not_utf8", _replaced(b'"source": "', b'"source": "\xc3\x28')),
    ("not_json", lambda e: json.dumps(e).encode()[:-1]),
    ("not_json", lambda e: json.dumps(e).encode() * 2),
    ("too_deep", _raw_payload(b"[" * 70 + b"]" * 70)),
    ("not_an_object", lambda e: json.dumps([e]).encode()),
    ("duplicate_key", _replaced(b'"kind"', b'"kind": "x", "kind"')),
    ("nul_escape", _payload(x="a\0b")),
    ("surrogate_escape", _raw_payload(b'"\\ud800"')),
    ("number_too_long", _raw_payload(b"3" * 60)),
    ("number_out_of_range", _raw_payload(b"1e-9999")),
    ("string_too_long", _payload(x="y" * (MAX_STRING + 1))),
    ("event_id_missing", _changed(event_id=None)),
    ("event_id_invalid", _replaced(b'"event_id": "', b'"event_id": "x')),
    ("occurred_at_missing", _changed(occurred_at=None)),
    ("occurred_at_invalid", _replaced(b'"occurred_at": "2', b'"occurred_at": "x')),
    ("occurred_at_too_old", _replaced(b'"occurred_at": "2', b'"occurred_at": "1')),
    ("occurred_at_in_future", _replaced(b'"occurred_at": "2', b'"occurred_at": "9')),
    ("trace_id_missing", _changed(trace_id=None)),
    ("trace_id_invalid", _replaced(b'"trace_id": "', b'"trace_id": "-')),
    ("kind_missing", _changed(kind=None)),
    ("kind_invalid", _changed(kind="not a kind")),
    ("source_missing", _changed(source=None)),
    ("source_invalid", _changed(source="s" * 300)),
    ("payload_missing", _changed(payload=None)),
    ("payload_invalid", _changed(payload=7)),
    ("schema_version_invalid", _changed(schema_version=0)),
    ("cloudevent_invalid", _changed(specversion="0.3")),
    ("unknown_kind", _changed(kind="gadget_polished")),
    ("schema_version_unknown", _changed(schema_version=99)),
    ("schema_violation", _payload(task_id="none", project_id="none", component_id="none", plugin_id="none")),
]

# These are broken by their topic. {} is unique: an empty body tells nothing apart.
TOPIC_FLAWS = [
    ("body_empty", "tracker/events/tasks/{}"),
    ("topic_not_allowed", "tracker/events/gadgets/{}"),
    ("topic_too_long", "tracker/events/tasks/" + "v" * 600 + "{}"),
]

# Where the service finds out: the topic, the bytes, what is around the payload, the payload.
STAGES = {
    "topic": ["topic_not_allowed", "topic_too_long"],
    "scan": ["body_empty", "body_too_large", "not_utf8", "not_json", "too_deep", "not_an_object", "duplicate_key", "nul_escape",
             "surrogate_escape", "number_too_long", "number_out_of_range", "string_too_long"],
    "envelope": ["event_id_missing", "event_id_invalid", "occurred_at_missing", "occurred_at_invalid", "occurred_at_too_old",
                 "occurred_at_in_future", "trace_id_missing", "trace_id_invalid", "kind_missing", "kind_invalid",
                 "source_missing", "source_invalid", "payload_missing", "payload_invalid", "schema_version_invalid",
                 "cloudevent_invalid"],
    "schema": ["unknown_kind", "schema_version_unknown", "schema_violation"],
}
STAGE_OF = {code: stage for stage, codes in STAGES.items() for code in codes}

TITLES = ["Replace the valve", "Prüfung äöü", '"quoted" and \\ and /', "line one\nline two\t!", "点検 🚀",
          "'; DROP TABLE events_mirror--", "${HOME} `id` %s %n"]


class MessageMaker:
    """For one producer: `make()` as support.producers.Producer wants it. All choices come from the seed, but the time."""

    def __init__(self, seed, source):
        self._dice = random.Random(f"{seed}/{source}")
        self._events = Maker(self._dice.getrandbits(64), source)
        self._recent = []
        self.made = []  # every message, once
        self.again = 0

    def make(self):
        if self._recent and self._dice.random() < AGAIN_SHARE:
            self.again += 1
            return self._dice.choice(self._recent)
        message = self._broken() if self._dice.random() < BROKEN_SHARE else self._sound()
        self.made.append(message)
        self._recent = [*self._recent[-199:], message]
        return message

    def _event(self):
        event = self._events.make()
        event.payload["title"] = self._dice.choice(TITLES)
        return event

    def _sound(self):
        event = self._event()
        if self._dice.random() < LATE_SHARE:
            event.occurred_at -= self._dice.randrange(7200 * 1_000_000)
        if self._dice.random() < LARGE_SHARE:
            event.payload["notes"] = ["z" * 997] * self._dice.randrange(1, MAX_BODY // 1000 - 4)
        event.payload["reading"] = self._dice.choice([self._dice.getrandbits(62), self._dice.random() * 10 ** 9, -0.5, 0])
        return Message(event.topic, event.body, event=event)

    def _broken(self):
        event = self._event()
        drawn = self._dice.randrange(len(FLAWS) + len(TOPIC_FLAWS))
        if drawn < len(FLAWS):
            code, flaw = FLAWS[drawn]
            body = flaw({**event.envelope(), "occurred_at": rfc3339(event.occurred_at)})
            return Message(event.topic, body, event=event, code=code)
        code, topic = TOPIC_FLAWS[drawn - len(FLAWS)]
        return Message(topic.format(event.event_id), b"" if code == "body_empty" else event.body, event=event,
                       code=code)
