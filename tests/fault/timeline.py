"""What happened when, in milliseconds since the round began. Written by many threads, read when something has failed."""

import threading
import time


class Timeline:
    def __init__(self):
        self._begin = time.monotonic()
        self._lock = threading.Lock()
        self._lines = []

    def now(self):
        """Milliseconds since the beginning."""
        return int((time.monotonic() - self._begin) * 1000)

    def say(self, who, what):
        with self._lock:
            self._lines.append((self.now(), who, str(what).replace("\n", " | ")))

    def __str__(self):
        with self._lock:
            return "\n".join(f"{ms:>7} ms  {who:<10} {what}" for ms, who, what in sorted(self._lines, key=lambda l: l[0]))
