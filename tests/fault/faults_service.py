"""The service is killed, frozen, restarted, can't use its sockets; its clock is turned."""

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

    def begin(self):
        name = self.parameters["thread"]
        threads = threads_named(self.world.service.process.pid, name)
        self._held = HeldThread(threads[self.parameters["which"] % len(threads)]) if threads else None
        return int(bool(threads)), f"{name}: one of {len(threads)} threads hangs"

    def heal(self):
        if self._held:
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
    """EIO when it writes to the broker or to the database."""

    calls = ("posix/io/rw/write", "posix/io/net/send")
    words = ("lane lost the broker", "lost the database", "lane gives its batch back")

    @property
    def process(self):
        return self.world.service.process


class Step(Fault):
    """The wall clock of the service is moved; a probe shows what it thinks of the present."""

    def begin(self):
        seconds = self.parameters["seconds"]
        self.world.set_clock(seconds)
        return 1, f"the service's clock steps by {seconds} s"

    def heal(self):
        self.world.set_clock(0)
        return "the clock is right again"


SERVICE = {"service.kill": Kill, "service.freeze": Freeze, "service.wedge": Wedge, "service.restart": Restart,
           "service.socket_error": SocketError, "clock.step": Step}
