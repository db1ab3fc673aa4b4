"""Everything a round needs: servers on small disks, the service in a network of its own, proxies between, a clock to turn.

    producers -> [producers] -> Mosquitto <- [to_broker] <-+- service (network namespace, its own clock)
                                PostgreSQL <- [to_database] <-+
"""

import itertools
import json
import os
import pwd
import re
import subprocess
import time
from datetime import datetime

from support.broker import Broker
from support.fault_proxy import FaultProxy
from support.oracle import Oracle
from support.postgres import USER, Postgres
from support.process import wait_for
from support.producers import publish_raw
from support.service import BINARY, Service

from . import requirements
from .kinds import KEEPALIVE, STALL_AFTER
from .messages import EVENTS
from .network import Network
from .small_disk import SmallDisk

POSTGRES = """
log_min_messages = error
min_wal_size = 8MB
max_wal_size = 64MB
log_line_prefix = '%t [%p] '
"""

SETTINGS = {
    "mqtt": {"keepalive": f"{KEEPALIVE}s", "connect_timeout": "1s"},
    "database": {"connect_timeout": "2s", "statement_timeout": "2s", "start_timeout": "1m"},
    "ingest": {"verdict_timeout": "3s", "stall_after": f"{STALL_AFTER}s", "batch_events": 500},
    "events": EVENTS,
    "schemas": {"unknown_kinds": "strict"},
    "log": {"format": "json"},
}

_numbers = itertools.count(1)


def sanitizer_library():
    """AddressSanitizer's library if the binary has one: it wants to be loaded before all others."""
    needed = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S*libasan\S*) \(", needed)


class World:
    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()
        self._closers = []
        missing = requirements.missing()
        self.network = None if "network" in missing else self._closing(Network(directory))
        self.disks = {}
        data = wal = persistence = None
        if "mount" not in missing:
            server = pwd.getpwnam(USER).pw_uid if USER else None
            self.disks = {name: self._closing(SmallDisk(directory / f"disk-{name}", user=server if name != "broker" else None))
                          for name in ("data", "wal", "broker")}
            data, wal = directory / "disk-data/pg", directory / "disk-wal/wal"
            persistence = directory / "disk-broker"
        self.cluster = Postgres(directory / "postgres", data, wal, POSTGRES, ["--wal-segsize", "1"]).start()
        self.database = self.cluster.create_database(f"fault_{os.getpid()}_{next(_numbers)}")
        self.oracle = Oracle(self.cluster, self.database)
        self.broker = Broker(directory / "broker", persistence=persistence).start()
        inner = self.network.servers if self.network else "127.0.0.1"
        self.links = {
            "to_broker": self._closing(FaultProxy(self.broker.port, inner)),
            "to_database": self._closing(FaultProxy(self.cluster.port, inner)),
            "producers": self._closing(FaultProxy(self.broker.port)),
        }
        self.clock_file = directory / "clock"
        self.set_clock(0)
        settings = {
            **SETTINGS,
            "mqtt": {**SETTINGS["mqtt"], "host": inner, "port": self.links["to_broker"].port},
            "database": {**SETTINGS["database"],
                         "url": self.cluster.url(self.database, inner, self.links["to_database"].port)},
            "http": {"listen": self.network.service if self.network else "127.0.0.1"},
        }
        self.service = Service(directory, "service", settings, inside=self.network.inside if self.network else (),
                               address=settings["http"]["listen"])
        self.equipped = {"service": "", "broker": ""}
        self.service.start()
        # Mosquitto takes no notice when the last few kilobytes of a save fail. With more than that to save it does.
        publish_raw(self.broker.port, [(f"ballast/{i}", bytes(1000), True) for i in range(100)])
        # A broker that has run for a while has saved its sessions; a kill would take them otherwise.
        self.broker.save()
        self.dead_lettered = []  # messages of earlier rounds that came to rest as dead letters
        self.keys = set()  # of all events that rounds have found stored
        self.totals = {"stored": 0, "dead_lettered": 0}
        self.rounds = 0
        self.fit = True  # for another round

    def _closing(self, thing):
        self._closers.append(thing.close)
        return thing

    # -- what faults are made with ---

    def set_clock(self, seconds):
        """Steps the service's clock to `seconds` beside the true time; it must be equipped with a clock."""
        draft = self.clock_file.with_suffix(".new")
        draft.write_text(f"{seconds:+d}\n")
        draft.rename(self.clock_file)

    def clock_shows(self, seconds):
        """Whether the service's present is `seconds` beside ours, to a tenth of a second. OSError: it does not say."""
        before = time.time()
        code, body = self.service.get("/api/v1/status", timeout=1.0)
        after = time.time()
        if code != 200:
            return False
        told = json.loads(body)["taken_at"]
        taken = datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp() - seconds
        return before - 0.1 <= taken <= after + 0.1 and after - before < 1

    def _libraries(self, what):
        first = sanitizer_library() if what else []
        if what == "faketime":
            return {"LD_PRELOAD": " ".join(map(str, [*first, requirements.FAKETIME])),
                    "FAKETIME_TIMESTAMP_FILE": str(self.clock_file), "FAKETIME_NO_CACHE": "1",
                    # A clock step moves the wall clock only.
                    "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        if what == "fiu":
            return {"LD_PRELOAD": " ".join(map(str, [*first, *requirements.FIU])), "FIU_CTRL_FIFO": str(self.fiu_path)}
        return {}

    @property
    def fiu_path(self):
        return self.directory / "fiu"

    def equip(self, round_):
        """The service and the broker run with libraries that fake clocks or errors only in rounds that need them, so
        that all other rounds run the plain programs. Changing that is an orderly restart."""
        wanted = {"service": "", "broker": ""}
        for kind in round_.kinds:
            place, what = kind.split(".")
            if place == "clock":
                wanted["service"] = "faketime"
            elif what.endswith("_error") and wanted.get(place) == "":
                wanted[place] = "fiu"
        if wanted["broker"] != self.equipped["broker"]:
            self.broker.stop()
            self.broker.environment = self._libraries(wanted["broker"])
            self.broker.start()
        if wanted["service"] != self.equipped["service"]:
            self.set_clock(0)
            self.end_service()
            self.service.extra = self._libraries(wanted["service"])
            self.service.start(wait=False)
        self.equipped = wanted
        self.service.wait_ready()

    def end_service(self):
        """In order. A thread of libfiu takes SIGTERM for itself, as it was: then with SIGKILL."""
        if self.equipped["service"] == "fiu":
            self.service.kill()
        else:
            self.service.stop()

    # -- what is known ---

    def position(self):
        """Of the last batch in the journal."""
        return self.oracle.one("SELECT coalesce(max(position), 0) FROM mirror_batches")

    def audit(self):
        """What rounds have found stored is all still there, and nothing else."""
        stored = self.oracle.stored_keys()
        assert stored == self.keys, f"{len(self.keys - stored)} are gone, {len(stored - self.keys)} came by themselves"

    def logs(self, lines=25):
        return "\n\n".join(f"-- {name} ---\n{process.tail(lines) if process else ''}" for name, process in [
            ("service", self.service.process), ("PostgreSQL", self.cluster.process), ("Mosquitto", self.broker.process)])

    def heal(self):
        """After a failure, so that everything can be ended."""
        for link in self.links.values():
            link.heal()
        for disk in self.disks.values():
            disk.free()

    def end(self):
        self.heal()
        self.service.end()
        for process in (self.broker.process, self.cluster.process):
            if process and process.running:
                process.kill()
        wait_for(lambda: not self.service.process.running, "the service to end")
        for close in reversed(self._closers):
            close()
