"""The service is killed, frozen, restarted, can't use its sockets; its clock is turned."""

import json
import time
from datetime import datetime

from support.process import wait_for
from support.wedge import Wedge as HeldThread
from support.wedge import threads_named

from .fault import FailingCalls, Fault, freeze, thaw


class Kill(Fault):
    def begin(self):
        pid = self.world.service.process.pid
        self.world.service.kill()
        assert self.world.service.process.status == -9
        return 1, f"service {pid} killed"

    def heal(self):
        self.world.service.start(wait=False)
        return f"started as {self.world.service.process.pid}"


class Freeze(Fault):
    def begin(self):
        self._pids = freeze([self.world.service.process.pid])
        return len(self._pids), f"service {self._pids} stopped"

    def heal(self):
        thaw(self._pids)
        return "goes on"


class Wedge(Fault):
    """One thread hangs, all others go on: a lane, or the writer of batches."""

    lasted = 0.0  # s

    def begin(self):
        self._begun = time.monotonic()
        name = self.parameters["thread"]
        threads = threads_named(self.world.service.process.pid, name)
        self._held = HeldThread(threads[self.parameters["which"] % len(threads)]) if threads else None
        return int(bool(threads)), f"{name}: one of {len(threads)} threads hangs"

    def heal(self):
        if self._held:
            self.lasted = time.monotonic() - self._begun
            self._held.release()
        return "it goes on"


class Restart(Fault):
    """SIGTERM in the middle of everything: it ends in order, with status 0, whatever its servers do meanwhile."""

    def begin(self):
        self.world.end_service()
        return 1, "service ended"

    def heal(self):
        self.world.service.start(wait=False)
        return f"started as {self.world.service.process.pid}"


class SocketError(FailingCalls):
    """EIO when it writes to the broker or to the database. libpq tells of a write that failed only when nothing is left
    to be read, so that the patience of the lane shows it: the log counts until then, and no further."""

    PATIENCE = 4.0  # s: ingest.verdict_timeout, and one for the turn

    calls = ("posix/io/rw/write", "posix/io/net/send")
    words = ("lane lost the broker", "lost the database", "lane gives its batch back")

    @property
    def process(self):
        return self.world.service.process

    def begin(self):
        self._begun = time.time()
        return super().begin()

    def heal(self):
        self._healed = time.time()
        return super().heal()

    def proof(self):
        return sum(self._begun <= at <= self._healed + self.PATIENCE for at in moments(self.process.text(), self.words))


def moments(log, words):
    """Seconds since 1970 of the lines of the service's JSON log that have one of these messages."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{") and any(w in line for w in words)]
    return [datetime.fromisoformat(line["ts"].replace("Z", "+00:00")).timestamp() for line in lines]


class Step(Fault):
    """The wall clock of the service is moved. Its own word for the present, in /api/v1/status, has to show that."""

    def begin(self):
        seconds = self.parameters["seconds"]
        self.world.set_clock(seconds)
        try:
            wait_for(lambda: self.world.clock_shows(seconds), "the service to tell another time",
                     max(3.0, self.planned.length / 1000))
        except AssertionError as none:  # it is killed or frozen, perhaps
            return 0, f"the service's clock steps by {seconds} s; {none}"
        return 1, f"the service's clock steps by {seconds} s, as it says itself"

    def heal(self):
        self.world.set_clock(0)
        return "the clock is right again"


SERVICE = {"service.kill": Kill, "service.freeze": Freeze, "service.wedge": Wedge, "service.restart": Restart,
           "service.socket_error": SocketError, "clock.step": Step}
