"""Events as producers make them. What is published and what must be stored are two views of the same object."""

import json
import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone

ENTITIES = {"projects": "project", "components": "component", "tasks": "task", "plugins": "plugin"}


def rfc3339(microseconds):
    """Six fraction digits, Z."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:06d}Z"


def now_us():
    return time.time_ns() // 1000


@dataclass(slots=True)
class Event:
    event_id: str
    occurred_at: int  # microseconds since 1970, UTC
    trace_id: str
    kind: str
    source: str
    payload: dict
    topic: str
    _body: bytes = field(default=b"", repr=False)

    @property
    def key(self):
        """The idempotency key: what makes two deliveries one event."""
        return self.event_id, self.occurred_at

    def envelope(self):
        return {
            "event_id": self.event_id,
            "occurred_at": rfc3339(self.occurred_at),
            "trace_id": self.trace_id,
            "kind": self.kind,
            "source": self.source,
            "payload": self.payload,
        }

    @property
    def body(self):
        # Made once: a resent event is the same bytes.
        if not self._body:
            self._body = json.dumps(self.envelope(), separators=(",", ":")).encode()
        return self._body


class Maker:
    """Makes events from a seed. `source` names the producer; `sequence` in the payload counts its events from 0."""

    def __init__(self, seed, source="tests"):
        self._random = random.Random(seed)
        self.source = f"{source}/{seed}"
        self.made = 0

    def uuid(self):
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def make(self, **changes):
        family, entity = self._random.choice(list(ENTITIES.items()))
        event = Event(
            event_id=self.uuid(),
            occurred_at=now_us(),
            trace_id=self.uuid(),
            kind=f"{entity}_updated",
            source=self.source,
            payload={
                f"{entity}_id": self.uuid(),
                "sequence": self.made,
                "title": f"Überprüfung {self.made}",
                "progress": self.made % 101,
                "estimate": self._random.random(),
                "labels": ["alpha", "beta"],
                "parent": None,
            },
            topic=f"tracker/events/{family}/updated",
        )
        for name, value in changes.items():
            setattr(event, name, value)
        self.made += 1
        return event

    def many(self, count):
        return [self.make() for _ in range(count)]
