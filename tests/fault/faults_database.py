"""PostgreSQL is killed and frozen, whole and in parts; its disks become full."""

import os
import signal
import socket
import struct
import time

import psycopg2

from support.process import wait_for

from .fault import Fault, freeze, state_of, thaw


class _OnDatabase(Fault):
    @property
    def cluster(self):
        return self.world.cluster

    def backends(self):
        """The service's sessions. PostgreSQL may still recover from what came before."""
        return wait_for(lambda: self._asked(lambda: [self.cluster.backends(self.world.database)]), "PostgreSQL to answer")[0]

    @staticmethod
    def _asked(question):
        try:
            return question()
        except psycopg2.Error:
            return None

    def backend(self):
        """One of them, or None."""
        backends = self.backends()
        return backends[self.parameters["which"] % len(backends)] if backends else None


class Kill(_OnDatabase):
    def begin(self):
        count = len(self.cluster.children())
        self.cluster.kill()
        return 1, f"the postmaster and {count} children killed"

    def heal(self):
        self.cluster.start()
        return f"started as {self.cluster.process.pid}"


class Freeze(_OnDatabase):
    """Every process of it, as a machine that swaps or a paused container."""

    def begin(self):
        postmaster = self.cluster.process.pid
        self._pids = freeze([postmaster])
        self._pids += freeze(self.cluster.children())
        return len(self._pids), f"{len(self._pids)} processes stopped"

    def heal(self):
        thaw(reversed(self._pids))
        wait_for(self.cluster.answers, "PostgreSQL to answer again")
        return "they go on"


class PostmasterFreeze(_OnDatabase):
    """Sessions go on, but nobody gets a new one: a guest knocks, who is answered only after it."""

    KNOCK = struct.pack(">II", 8, 80877103)  # SSLRequest, which PostgreSQL answers with one byte

    def begin(self):
        self._pids, self._met = freeze([self.cluster.process.pid]), 0
        self._guest = socket.create_connection(("127.0.0.1", self.cluster.port), timeout=0.2)
        self._guest.sendall(self.KNOCK)
        try:
            self._guest.recv(1)
        except TimeoutError:
            return len(self._pids), "the postmaster stopped; a guest knocks in vain"
        raise AssertionError("the postmaster answers although it is stopped")

    def heal(self):
        thaw(self._pids)
        with self._guest:
            self._guest.settimeout(10)
            self._met = int(self._guest.recv(1) in (b"N", b"S"))
        return "the postmaster goes on, and answers the guest" if self._met else "the guest was sent away"

    def proof(self):
        return self._met


class BackendKill(_OnDatabase):
    """The postmaster ends all other sessions and recovers."""

    READY = "database system is ready to accept connections"

    def begin(self):
        self._pid, self._starts = self.backend(), self._said(self.READY)
        if self._pid is None or state_of(self._pid) in ("", "Z"):
            self._pid = None
            return 0, "the service has no session"
        os.kill(self._pid, signal.SIGKILL)
        noticed = f"(PID {self._pid}) was terminated by signal 9"
        wait_for(lambda: self._said(noticed), "the postmaster to notice")
        return 1, f"backend {self._pid} killed"

    def heal(self):
        if self._pid:
            wait_for(lambda: self._said(self.READY) > self._starts, "PostgreSQL to recover")
        wait_for(self.cluster.answers, "PostgreSQL to answer")
        return "recovered"

    def _said(self, words):
        return self.cluster.process.text().count(words)


class BackendFreeze(_OnDatabase):
    """One session stops, with all its locks."""

    def begin(self):
        pid = self.backend()
        self._pids = freeze([pid]) if pid else []
        return len(self._pids), f"backend {self._pids} stopped"

    def heal(self):
        thaw(self._pids)
        return "it goes on"


class BackendsTerminated(_OnDatabase):
    def begin(self):
        count = wait_for(lambda: self._asked(lambda: [self.cluster.terminate_backends(self.world.database)]),
                         "PostgreSQL to answer")[0]
        return count, f"{count} sessions ended by an administrator"


class _Full(_OnDatabase):
    """Done when PostgreSQL itself has said so, or the time is over: while nothing is written nothing fails."""

    disk = ""

    def begin(self):
        said = self._said()
        self.world.disks[self.disk].fill()
        deadline = time.monotonic() + max(self.planned.length / 1000, 2.5)
        while self._said() == said and time.monotonic() < deadline:
            self.press()
        met = self._said() - said
        return met, f"no room left for {self.disk}; PostgreSQL has said so {met} times"

    def press(self):
        time.sleep(0.02)  # the load fills it

    def _said(self):
        return self.cluster.process.text().count("No space left on device")

    def heal(self):
        self.world.disks[self.disk].free()
        # It may have given up for good: then somebody starts it again, once there is room.
        deadline = time.monotonic() + 30
        while True:
            if not self.cluster.process.running:
                self.cluster.start()
                return f"there is room; started again as {self.cluster.process.pid}"
            if self._works():
                return "there is room, it works"
            assert time.monotonic() < deadline, f"PostgreSQL does not recover:\n{self.cluster.process.tail()}"
            time.sleep(0.05)

    def _works(self):
        try:
            with self.cluster.connect("postgres") as c, c.cursor() as cursor:
                cursor.execute("SELECT 1")
                return True
        except psycopg2.Error:
            return False


class DataFull(_Full):
    """Statements fail with disk_full."""

    disk = "data"


class WalFull(_Full):
    """PANIC: all sessions end, and recovery needs room as well."""

    disk = "wal"

    def press(self):
        try:
            with self.cluster.connect("postgres") as c, c.cursor() as cursor:
                cursor.execute("SELECT pg_logical_emit_message(false, 'fault', repeat('x', 600000))")
        except psycopg2.Error:
            time.sleep(0.02)


DATABASE = {
    "postgres.kill": Kill, "postgres.freeze": Freeze, "postgres.postmaster_freeze": PostmasterFreeze,
    "postgres.backend_kill": BackendKill, "postgres.backend_freeze": BackendFreeze,
    "postgres.backends_terminated": BackendsTerminated, "postgres.wal_full": WalFull, "postgres.data_full": DataFull,
}
