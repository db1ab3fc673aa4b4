"""What all faults share: how they begin, heal and prove themselves; stopped processes, failing calls."""

import os
import signal
import subprocess
from pathlib import Path

from support.process import wait_for


class Fault:
    """`begin` returns (how much it met, a sentence), `heal` a sentence."""

    def __init__(self, world, planned):
        self.world = world
        self.planned = planned

    @property
    def parameters(self):
        return self.planned.parameters

    def begin(self):
        raise NotImplementedError

    def heal(self):
        return "over"

    def proof(self):
        """How much it met, where that is known only at the end of the round; else None."""
        return None


def state_of(pid):
    """The letter that /proc has for it: T is stopped; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def freeze(pids):
    """SIGSTOP; returns those that are stopped now. Some may end meanwhile."""
    for pid in pids:
        _send(pid, signal.SIGSTOP)
    wait_for(lambda: all(state_of(pid) in ("T", "", "Z") for pid in pids), f"{pids} to be stopped", 5, interval=0.005)
    return [pid for pid in pids if state_of(pid) == "T"]


def thaw(pids):
    for pid in pids:
        _send(pid, signal.SIGCONT)


def _send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def control(path, pid, command):
    """Tells libfiu in a running process which calls are to fail."""
    done = subprocess.run(["fiu-ctrl", "-f", path, "-c", command, str(pid)], capture_output=True, text=True, timeout=10,
                          check=False)
    assert done.returncode == 0, f"fiu-ctrl {command}: {done.stdout}{done.stderr}"


class FailingCalls(Fault):
    """Calls of one process fail with an errno, each with a chance."""

    calls = ()
    number = 5  # EIO
    words = ()  # what its log says when they do

    @property
    def process(self):
        raise NotImplementedError

    def begin(self):
        self._pid = self.process.pid
        self._said = self._count()
        chance = self.parameters.get("per_cent", 100)
        for call in self.calls:
            how = f"enable name={call}" if chance == 100 else f"enable_random name={call},probability={chance / 100}"
            control(self.world.fiu_path, self._pid, f"{how},failinfo={self.number}")
        return 1, f"{', '.join(self.calls)} of {self._pid} fail with {os.strerror(self.number)}, {chance} %"

    def heal(self):
        if not self.process.running or self.process.pid != self._pid:
            return "it has ended meanwhile"
        for call in self.calls:
            control(self.world.fiu_path, self._pid, f"disable name={call}")
        return "calls succeed again"

    def proof(self):
        rare = self.parameters.get("per_cent", 100) < 5  # it may have hit nothing in a second
        return None if rare or not self.words else self._count() - self._said

    def _count(self):
        text = self.process.text()
        return sum(text.count(words) for words in self.words)
