"""A TCP proxy that fails on demand: what networks do to connections, without a network."""

import asyncio
import socket
import struct
import threading

from .process import free_port


class _End:
    """One of the two sockets of a proxied connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        end = writer.get_extra_info("socket")
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A server's keepalives end here, so that we look as it would whether the other end is still there.
        end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in ((socket.TCP_KEEPIDLE, 2), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 3),
                              (socket.TCP_USER_TIMEOUT, 5000)):
            end.setsockopt(socket.IPPROTO_TCP, option, value)

    def finish(self):
        """FIN, as a program that closes its socket sends it."""
        self.writer.close()

    def reset(self):
        """RST, as a crashed peer or an impatient firewall sends it."""
        if not self.writer.is_closing():
            linger = struct.pack("ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


class _Pair:
    """`near` is the service's end, `far` the server's."""

    def __init__(self, near, far):
        self.near, self.far = near, far
        self.half_open = False


class FaultProxy:
    """Passes bytes between the service and a server until told otherwise. Every fault can be taken back by `heal`.

    The proxy runs in a thread of its own; each method returns when the fault has happened.
    """

    def __init__(self, target_port, address="127.0.0.1"):
        """`address`: where it listens."""
        self._target = target_port
        self._address = address
        self.port = free_port()
        self.accepted = 0  # connections so far
        self.moved = 0  # bytes so far, both ways
        self._bytes_per_second = None
        self._pairs = []
        self._orphans = []  # near ends whose far end is gone without their knowing
        self._server = None
        self._loop = asyncio.new_event_loop()
        self._gate = None
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(self._begin)

    def _do(self, function):
        """Runs a coroutine function in the proxy's thread, waits for it and returns what it returns."""
        return asyncio.run_coroutine_threadsafe(function(), self._loop).result(10)

    async def _begin(self):
        self._gate = asyncio.Event()
        self._gate.set()
        await self._listen()

    async def _listen(self):
        self._server = await asyncio.start_server(self._serve, self._address, self.port)

    async def _serve(self, reader, writer):
        near = _End(reader, writer)
        try:
            far = _End(*await asyncio.open_connection("127.0.0.1", self._target))
        except OSError:
            near.finish()
            return
        pair = _Pair(near, far)
        self.accepted += 1
        self._pairs.append(pair)
        await asyncio.gather(self._move(pair, near, far), self._move(pair, far, near))
        if pair in self._pairs:
            self._pairs.remove(pair)

    async def _move(self, pair, source, target):
        try:
            while True:
                data = await source.reader.read(65536)
                await self._gate.wait()
                if pair.half_open:
                    if data and source is pair.near:
                        continue  # into the void
                    return  # nobody tells the other end
                if not data:
                    break
                if self._bytes_per_second:
                    await asyncio.sleep(len(data) / self._bytes_per_second)
                self.moved += len(data)
                target.writer.write(data)
                await target.writer.drain()
        except OSError:
            if pair.half_open:
                return
        source.finish()
        target.finish()

    def _each(self, fault):
        async def run():
            pairs, self._pairs = self._pairs, []
            for pair in pairs:
                fault(pair)
            return len(pairs)
        return self._do(run)

    @property
    def connections(self):
        """How many stand now."""
        return len(self._pairs)

    def answers(self):
        """Whether it can be connected to now; does so once."""
        try:
            socket.create_connection((self._address, self.port), timeout=5).close()
            return True
        except ConnectionRefusedError:
            return False

    # -- faults: those that end connections return how many ---

    def cut(self):
        """Ends every connection with FIN; new ones are welcome."""
        return self._each(lambda pair: (pair.near.finish(), pair.far.finish()))

    def reset(self):
        """Ends every connection with RST on both sides; new ones are welcome."""
        return self._each(lambda pair: (pair.near.reset(), pair.far.reset()))

    def half_open(self):
        """The server's end is gone, the service's end hears nothing of it and its bytes vanish. New ones are welcome."""
        def fault(pair):
            pair.half_open = True
            pair.far.reset()
            self._orphans.append(pair.near)
        return self._each(fault)

    def answer_half_open(self):
        """The way is whole again: who still talks on a half-open connection gets the RST of a peer that knows nothing
        of it. Returns how many."""
        async def run():
            orphans, self._orphans = self._orphans, []
            for near in orphans:
                near.reset()
            return len(orphans)
        return self._do(run)

    def refuse(self):
        """Cuts, and nobody listens any more."""
        async def run():
            self._server.close()
        self._do(run)
        return self.cut()

    def stall(self):
        """Connections stay, bytes stop, in both directions; they go on where they stopped after `heal`."""
        async def run():
            self._gate.clear()
        self._do(run)

    def slow(self, bytes_per_second):
        self._bytes_per_second = bytes_per_second

    def heal(self):
        async def run():
            self._bytes_per_second = None
            self._gate.set()
            if not self._server.is_serving():
                await self._listen()
        self._do(run)

    def close(self):
        async def run():
            self._server.close()
            self._gate.set()
            for pair in self._pairs:
                pair.near.reset()
                pair.far.reset()
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
        self._do(run)
        self._loop.call_soon_threadsafe(self._loop.stop)
