"""Looks at the service all through a round and writes every change into the timeline."""

import json
import threading


class Watch(threading.Thread):
    def __init__(self, world, load, timeline):
        super().__init__(daemon=True)
        self._world, self._load, self._timeline = world, load, timeline
        self._end = threading.Event()
        self.most_resident = 0
        self._last_state = self._last_counts = None

    def run(self):
        ticks = 0
        while not self._end.wait(0.1):
            self._state()
            ticks += 1
            if ticks % 5 == 0:
                self._counts()

    def end(self):
        self._end.set()
        self.join(10)

    def _state(self):
        try:
            code, body = self._world.service.get("/health/ready", timeout=1.0)
            state = "ready" if code == 200 else "503: " + "; ".join(json.loads(body)["reasons"])
        except (OSError, ValueError) as error:
            state = f"no answer ({type(error).__name__})"
        if state != self._last_state:
            self._timeline.say("ready?", state)
            self._last_state = state

    def _counts(self):
        try:
            self.most_resident = max(self.most_resident, self._world.service.resident_bytes())
            metrics = self._world.service.metrics()
        except (OSError, ValueError, IndexError):
            return  # it is dead or frozen; the state says so
        counts = (f"published {len(self._load.messages)}, acknowledged {self._load.acknowledged}; the service since its"
                  f" start: stored {metrics.events('stored')}, duplicate {metrics.events('duplicate')}, dead-lettered"
                  f" {metrics.events('dead_lettered')}, in flight"
                  f" {metrics.value('taylordash_in_flight_events'):.0f}, given back"
                  f" {metrics.value('taylordash_given_back_total'):.0f}")
        if counts != self._last_counts:
            self._timeline.say("progress", counts)
            self._last_counts = counts
