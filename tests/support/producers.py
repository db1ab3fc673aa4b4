"""QoS 1 producers that keep the product's promise from their side: hold an event until PUBACK, resend it unchanged."""

import itertools
import threading
import time
from collections import Counter, deque

from . import mqtt
from .events import Maker
from .process import wait_for

_numbers = itertools.count(1)


class Producer(threading.Thread):
    """Publishes in a thread of its own until it is told to stop, then until everything is acknowledged.

    Either `events` (a list, published once) or a seed for endless events at `rate` per second. After a lost connection
    it connects again and resends what was not acknowledged, same id, same time, same bytes.

    `maker` takes the place of the events that `seed` would make: its `make()` gives whatever has `key`, `topic` and
    `body`. `patience`: seconds without a word from the broker, while it owes acknowledgements, after which the
    connection counts as dead; None waits for ever.
    """

    def __init__(self, port, events=None, seed=None, rate=None, window=500, maker=None, patience=None):
        super().__init__(name=f"producer-{next(_numbers)}", daemon=True)
        self._port = port
        self._maker = maker or (Maker(seed, self.name) if events is None else None)
        self._patience = patience
        self._queue = deque(events or [])
        self._rate = rate
        self._window = window
        self._stopping = threading.Event()
        self._failure = None
        self._in_flight = {}
        self._packet_ids = itertools.cycle(range(1, 65536))
        self.published = {}  # key -> Event, everything that was ever handed to the broker
        self.acknowledged = set()  # keys
        # key -> monotonic time before which the connection began that brought its last PUBACK. A broker that was killed
        # later may have given it; one that was started later gave it if the connection began later.
        self.acknowledged_over = {}
        self.sent = Counter()  # key -> how often it was handed to the broker
        self.refused = {}  # key -> reason code
        self.unheard = 0  # PUBACKs that said "no matching subscribers": nobody had the event, it went out again
        self.connections = 0
        self._connected_at = 0.0
        self._pause_until = 0.0

    # -- for the test ---

    def stop(self):
        """No new events; returns at once."""
        self._stopping.set()

    def finish(self, timeout=60.0):
        """Stops and returns when every event is acknowledged. All of them, or the test fails."""
        self.stop()
        self.join(timeout)
        assert not self.is_alive(), (
            f"{self.name} still waits for {len(self.published) - len(self.acknowledged)} acknowledgements")
        if self._failure:
            raise self._failure
        return self

    def wait_for_acknowledged(self, count, timeout=30.0):
        wait_for(lambda: len(self.acknowledged) >= count, f"{count} acknowledged events of {self.name}", timeout)

    # -- the thread ---

    def run(self):
        try:
            while not self._done():
                try:
                    self._session()
                except OSError:
                    # The broker is away. Everything unacknowledged goes out again, first and in order.
                    self._queue.extendleft(reversed(self._in_flight.values()))
                    self._in_flight.clear()
                    time.sleep(0.05)
        except BaseException as failure:  # noqa: B902 - shown by finish()
            self._failure = failure

    def _done(self):
        empty = not self._queue and not self._in_flight
        return empty and (self._maker is None or self._stopping.is_set())

    def _session(self):
        self._connected_at = time.monotonic()
        with mqtt.Connection("127.0.0.1", self._port, f"{self.name}-{id(self):x}") as connection:
            self.connections += 1
            start, sent = time.monotonic(), 0
            heard = start
            while not self._done():
                while (len(self._in_flight) < self._window and connection.unsent < 1 << 20
                       and time.monotonic() >= self._pause_until):
                    due = self._rate is None or sent < (time.monotonic() - start) * self._rate
                    event = self._next() if due else None
                    if event is None:
                        break
                    self._send(connection, event)
                    sent += 1
                packets = connection.poll(0.002 if self._rate else 0.02)
                if packets or not self._in_flight:
                    heard = time.monotonic()
                elif self._patience and time.monotonic() - heard > self._patience:
                    connection.abandon()
                    raise mqtt.ConnectionLost(f"the broker has been silent for {self._patience} s")
                for kind, _, body in packets:
                    if kind == mqtt.PUBACK:
                        self._settle(body)
                    elif kind == mqtt.DISCONNECT:
                        raise mqtt.ConnectionLost(f"the broker said DISCONNECT {body!r}")

    def _next(self):
        if self._queue:
            return self._queue.popleft()
        if self._maker and not self._stopping.is_set():
            return self._maker.make()
        return None

    def _send(self, connection, event):
        packet_id = next(i for i in self._packet_ids if i not in self._in_flight)
        self._in_flight[packet_id] = event
        self.published[event.key] = event
        self.sent[event.key] += 1
        connection.send(mqtt.publish(event.topic, event.body, packet_id))

    def _settle(self, body):
        event = self._in_flight.pop(int.from_bytes(body[:2], "big"))
        reason = body[2] if len(body) > 2 else 0
        if reason == mqtt.NO_MATCHING_SUBSCRIBERS:
            # The broker has restarted and the lanes are not back yet: nobody has the event, so it goes out again.
            self.unheard += 1
            self._queue.append(event)
            self._pause_until = time.monotonic() + 0.05
            return
        if reason >= 128:
            self.refused[event.key] = reason
        self.acknowledged.add(event.key)
        self.acknowledged_over[event.key] = self._connected_at


def publish(port, events, timeout=60.0):
    """Publishes a list of events and returns when the broker has acknowledged each of them."""
    producer = Producer(port, events=list(events))
    producer.start()
    return producer.finish(timeout)


def publish_raw(port, messages, timeout=30.0):
    """Publishes (topic, body) or (topic, body, retain) as they are; returns the reason codes in order."""
    reasons = []
    with mqtt.Connection("127.0.0.1", port, f"raw-{next(_numbers)}") as connection:
        for number, (topic, body, *retain) in enumerate(messages, 1):
            connection.send(mqtt.publish(topic, body, number, retain=bool(retain and retain[0])))
        deadline = time.monotonic() + timeout
        while len(reasons) < len(messages):
            assert time.monotonic() < deadline, f"{len(reasons)} of {len(messages)} acknowledged"
            reasons += [body[2] if len(body) > 2 else 0
                        for kind, _, body in connection.poll(0.1) if kind == mqtt.PUBACK]
    return reasons


def everything_published(producers):
    """All events of several producers, by key."""
    return {key: event for producer in producers for key, event in producer.published.items()}
