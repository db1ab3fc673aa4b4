"""Stops single threads of a running process, as a hang would: the others go on."""

import ctypes
import os
import queue
import threading
from pathlib import Path

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def threads_named(pid, name):
    """Ids of the process's threads of this name (at most 15 characters, as the kernel keeps them)."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            found.append(int(task.name))
    return sorted(found)


def _ptrace(request, tid):
    if _libc.ptrace(request, tid, None, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace({request:#x}) of thread {tid}: {os.strerror(error)}")


class Wedge:
    """One thread, stopped from `__init__` until `release`. ptrace wants all its calls from one thread: ours."""

    def __init__(self, tid):
        self.tid = tid
        self._release = threading.Event()
        self._said = queue.Queue()
        self._thread = threading.Thread(target=self._hold, daemon=True)
        self._thread.start()
        error = self._said.get(timeout=10)
        if error:
            raise error

    def _hold(self):
        try:
            _ptrace(PTRACE_SEIZE, self.tid)
            _ptrace(PTRACE_INTERRUPT, self.tid)
            os.waitpid(self.tid, WALL)  # it has stopped
        except OSError as error:
            self._said.put(error)
            return
        self._said.put(None)
        self._release.wait()
        _ptrace(PTRACE_DETACH, self.tid)

    def release(self):
        self._release.set()
        self._thread.join(timeout=10)
