"""The real binary, run as users run it, and watched: its metrics from start to end, its log, its exit status."""

import http.client
import json
import os
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from .process import Process, free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("TAYLORDASH_BIN", ROOT / "build/debug/taylordash"))

SANITIZER = re.compile(r"(ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer)")
SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def toml(tables):
    """{"mqtt": {"port": 1}} as TOML. JSON's strings, numbers, booleans and lists of strings are TOML's."""
    lines = []
    for table, keys in tables.items():
        lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""]
    return "\n".join(lines)


def merged(tables, changes):
    return {t: {**tables.get(t, {}), **changes.get(t, {})} for t in {**tables, **changes}}


class Metrics:
    """One scrape. `value(name, label=...)` sums the samples that carry these labels."""

    def __init__(self, text):
        self.text = text
        self.types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        self.samples = []
        for line in text.splitlines():
            found = SAMPLE.match(line)
            if found:
                name, labels, value = found.groups()
                self.samples.append((name, dict(LABEL.findall(labels or "")), float(value)))

    def matching(self, name, **labels):
        return [(l, v) for n, l, v in self.samples if n == name and labels.items() <= l.items()]

    def value(self, name, **labels):
        return sum(v for _, v in self.matching(name, **labels))

    def events(self, outcome):
        return int(self.value("taylordash_events_total", outcome=outcome))


class _LedgerWatch(threading.Thread):
    """Scrapes while the service lives; every scrape must balance."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self._service = service
        self._end = threading.Event()
        self.scrapes = 0
        self.scrapes_with_ledger = 0
        self.imbalances = []

    def run(self):
        while not self._end.wait(0.4):
            try:
                scrape = self._service.metrics()
            except OSError:
                continue  # not there yet, or not any more
            self.scrapes += 1
            off = [v for _, v in scrape.matching("taylordash_unaccounted_events")]
            if not off and not self.scrapes_with_ledger:
                continue  # the window is open, the pipeline waits for its servers
            self.scrapes_with_ledger += 1
            if off != [0]:
                self.imbalances.append((self.scrapes, off))

    def end(self):
        self._end.set()
        self.join(5)


class Service:
    """`taylordash serve --config FILE`. Start it several times: it keeps its configuration and its log."""

    def __init__(self, directory, name, settings, environment=None, hostname=None, inside=(), address="127.0.0.1"):
        """`inside`: a command that runs the rest of its line elsewhere (nsenter); `address`: where its HTTP is from here."""
        self.directory = Path(directory)
        self.name = name
        self.http_port = settings.get("http", {}).get("port") or free_port()
        self.settings = merged(settings, {"http": {"port": self.http_port}})
        self.configuration = self.directory / f"{name}.toml"
        self.environment = {**os.environ, **(environment or {})}
        # A node with another name, in a UTS namespace of its own.
        own = ["unshare", "--uts", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        self._address = address
        self._wrapper = [*inside, *own, "sh", "-c", 'hostname "$0" && exec "$@"', hostname] if hostname else [*inside]
        self.extra = {}  # more of the environment for the binary alone, at the next start
        self.process = None
        self._watch = None

    # -- life ---

    def start(self, wait=True):
        self.configuration.write_text(toml(self.settings), encoding="utf-8")
        own = ["env", *(f"{name}={value}" for name, value in self.extra.items())]
        self.process = Process([*self._wrapper, *own, BINARY, "serve", "--config", self.configuration],
                               self.directory / f"{self.name}.log", env=self.environment)
        self._watch = _LedgerWatch(self)
        self._watch.start()
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=30.0):
        wait_for(self.ready, f"{self.name} to be ready", timeout)

    def ready(self):
        assert self.process.running, f"{self.name} ended with {self.process.status}\n{self.process.tail()}"
        return self.get("/health/ready")[0] == 200

    def stop(self, timeout=20.0):
        """SIGTERM; returns how long the ordered stop took, in seconds. The exit status must be 0."""
        start = time.monotonic()
        self.process.send(signal.SIGTERM)
        status = self.process.wait(timeout)
        took = time.monotonic() - start
        self._stopped()
        assert status == 0, f"{self.name} ended with {status}\n{self.process.tail()}"
        return took

    def kill(self):
        self.process.kill()
        self._stopped()

    def _stopped(self):
        if self._watch:
            self._watch.end()
        self.check()

    def check(self):
        """No scrape was out of balance and no sanitizer had anything to say."""
        assert not self._watch.imbalances, f"{self.name}: ledger out of balance: {self._watch.imbalances[:5]}"
        found = SANITIZER.search(self.process.text())
        assert not found, self.process.text()[found.start():][:6000]

    def end(self):
        """For fixtures: however the test went, nothing is left running."""
        if self.process and self.process.running:
            self.process.kill()
        if self._watch:
            self._watch.end()

    # -- what it says ---

    def get(self, path, timeout=5.0):
        """(status, body) of a GET; OSError when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{self._address}:{self.http_port}{path}", timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except http.client.HTTPException as error:
            raise ConnectionError(f"the answer broke off: {error!r}") from None  # killed in the middle of it

    def metrics(self):
        return Metrics(self.get("/metrics")[1])

    def status(self):
        return json.loads(self.get("/api/v1/status")[1])

    def readiness(self):
        """(HTTP status, parsed body) of /health/ready."""
        code, body = self.get("/health/ready")
        return code, json.loads(body)

    def log_lines(self):
        """The log as objects; a line that is no JSON object fails the test."""
        lines = []
        for text in self.process.text().splitlines():
            value = json.loads(text)
            assert isinstance(value, dict), text
            lines.append(value)
        return lines

    # -- what it costs ---

    def cpu_seconds(self):
        """User and system time of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
