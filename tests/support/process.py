"""Child processes that can't outlive the tests, free ports, and waiting for conditions instead of for time."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# PDEATHSIG comes when the thread that made the child ends, not the process: so one thread, which lasts, makes them all.
_maker = ThreadPoolExecutor(1, "makes-processes")


class Timeout(AssertionError):
    """A condition did not come true in time; the message says which, and what was seen last."""


def wait_for(condition, what, timeout=30.0, interval=0.05):
    """Calls `condition` until it returns something true, and returns that.

    Exceptions of the operating system's kind (a server that is not there yet) count as "not yet". `what` completes the
    sentence "waited N s for ...".
    """
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except OSError as error:
            last = error
        if time.monotonic() > deadline:
            raise Timeout(f"waited {timeout:.0f} s for {what}; last seen: {last!r}")
        time.sleep(interval)


def holds_for(condition, what, seconds, interval=0.05):
    """Fails as soon as `condition` is false within `seconds`: for claims that something does not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"{what} did not hold for {seconds} s"
        time.sleep(interval)


def free_port():
    """A loopback port nobody uses, outside the range from which the system takes ports for outgoing connections."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port between 20000 and 32000")


def work_directory():
    """A directory that other users may enter (PostgreSQL refuses to run as root) with a short path (Unix sockets)."""
    path = Path(tempfile.mkdtemp(prefix="td-", dir="/tmp"))
    path.chmod(0o755)
    return path


def remove(path):
    shutil.rmtree(path, ignore_errors=True)


class Process:
    """One child: its output in a file, ended by its own pid, and by the kernel should the tests die first."""

    def __init__(self, command, log, user=None, env=None, extra=None):
        """`env`: its environment instead of ours; `extra`: more of it for the command alone, not for what wraps it
        (a library that is preloaded must not see setpriv)."""
        self.log = Path(log)
        self.command = [str(part) for part in command]
        wrapper = ["setpriv", "--pdeathsig", "KILL"]
        if user and os.geteuid() == 0:
            wrapper += ["--reuid", user, "--regid", user, "--clear-groups"]
        with open(self.log, "ab") as output:
            own = ["env", *(f"{name}={value}" for name, value in (extra or {}).items())] if extra else []
            self._child = _maker.submit(
                subprocess.Popen, [*wrapper, *own, *self.command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=env, cwd="/").result()

    @property
    def pid(self):
        return self._child.pid

    @property
    def running(self):
        return self._child.poll() is None

    @property
    def status(self):
        """Exit status; negative: the signal that ended it; None while it runs."""
        return self._child.poll()

    def send(self, number):
        if self.running:
            self._child.send_signal(number)

    def wait(self, timeout=30.0):
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Timeout(f"{self.command[0]} (pid {self.pid}) did not end within {timeout:.0f} s\n{self.tail()}") from None

    def kill(self):
        self.send(signal.SIGKILL)
        return self.wait(10)

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=30):
        return "\n".join(self.text().splitlines()[-lines:])
