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

    @property
    def certain(self):
        """It is sure to meet something, if nothing else took that away before."""
        return True


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
    """Calls of one process fail with an errno, each with a chance. What counts is what its log says in that time."""

    calls = ()
    number = 5  # EIO
    words = ()  # what its log says when they do
    ENOUGH = 20_000  # per cent times milliseconds: a few dozen calls a second are made, and some of them are to fail

    @property
    def process(self):
        raise NotImplementedError

    def begin(self):
        self._pid, self._said_before, self._said = self.process.pid, self.said(), 0
        chance = self.parameters.get("per_cent", 100)
        for call in self.calls:
            how = f"enable name={call}" if chance == 100 else f"enable_random name={call},probability={chance / 100}"
            control(self.world.fiu_path, self._pid, f"{how},failinfo={self.number}")
        return 0, f"{', '.join(self.calls)} of {self._pid} fail with {os.strerror(self.number)}, {chance} %"

    def heal(self):
        ended = not self.process.running or self.process.pid != self._pid
        for call in () if ended else self.calls:
            control(self.world.fiu_path, self._pid, f"disable name={call}")
        self._said = self.said() - self._said_before
        return "it has ended meanwhile" if ended else "calls succeed again"

    def proof(self):
        return self._said

    @property
    def certain(self):
        return self.parameters.get("per_cent", 100) * self.planned.length >= self.ENOUGH

    def said(self):
        """How often its log has said so up to now."""
        text = self.process.text()
        return sum(text.count(words) for words in self.words)
