"""The broker is killed, restarted, frozen; it can't save; its sockets fail."""

import signal

from support.process import wait_for

from .fault import FailingCalls, Fault, freeze, thaw


class _OnBroker(Fault):
    @property
    def broker(self):
        return self.world.broker


class Kill(_OnBroker):
    """What it has not saved is lost. See kinds.FORGETFUL."""

    def begin(self):
        self.broker.kill()
        return 1, "the broker killed"

    def heal(self):
        self.broker.start()
        return f"started as {self.broker.process.pid}"


class Restart(_OnBroker):
    """It saves, and loses nothing."""

    def begin(self):
        self.broker.stop()
        return 1, "the broker ended in order"

    def heal(self):
        self.broker.start()
        return f"started as {self.broker.process.pid}"


class Freeze(_OnBroker):
    def begin(self):
        self._pids = freeze([self.broker.process.pid])
        return len(self._pids), "the broker stopped"

    def heal(self):
        thaw(self._pids)
        return "goes on"


class _SaveFails(_OnBroker):
    """It is told to save, and says that it can't."""

    complaints = ("No space left on device", "Error saving", "Input/output error")

    def fail(self):
        raise NotImplementedError

    def succeed(self):
        raise NotImplementedError

    def begin(self):
        before = self._failures()
        self.fail()
        self.broker.process.send(signal.SIGUSR1)
        wait_for(lambda: self._failures() > before, "the broker to say that it can't save", 15)
        return 1, "the broker could not save"

    def heal(self):
        self.succeed()
        self.broker.save()
        return "it has saved"

    def _failures(self):
        text = self.broker.process.text()
        return sum(text.count(words) for words in self.complaints)


class DiskFull(_SaveFails):
    def fail(self):
        self.world.disks["broker"].fill(slack=0)

    def succeed(self):
        self.world.disks["broker"].free()


class SaveError(_SaveFails, FailingCalls):
    """libfiu lets its writes to the file fail. `begin` is proof enough."""

    calls = ("posix/stdio/rw/fwrite",)
    number = 28  # ENOSPC

    @property
    def process(self):
        return self.broker.process

    certain = True  # `begin` waits for it

    def fail(self):
        FailingCalls.begin(self)

    def succeed(self):
        FailingCalls.heal(self)

    def proof(self):
        return None


class SocketError(FailingCalls):
    """EIO when it writes to a client: it takes that for a broken connection."""

    calls = ("posix/io/rw/write",)
    words = ("Input/output error", "disconnected due to")  # not what it says of a client that ends its connection

    @property
    def process(self):
        return self.world.broker.process


BROKER = {"broker.kill": Kill, "broker.restart": Restart, "broker.freeze": Freeze, "broker.disk_full": DiskFull,
          "broker.save_error": SaveError, "broker.socket_error": SocketError}
