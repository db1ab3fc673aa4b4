"""What networks do to connections: by a proxy on each link, and by packet filters in the service's own network."""

from .fault import Fault


class _OnLink(Fault):
    @property
    def link(self):
        return self.world.links[self.planned.kind.split(".")[0]]


class Cut(_OnLink):
    def begin(self):
        met = self.link.cut()
        return met, f"{met} connections ended with FIN"


class Reset(_OnLink):
    def begin(self):
        met = self.link.reset()
        return met, f"{met} connections reset"


class HalfOpen(_OnLink):
    """The server's end is gone and nobody tells; on healing the peer answers with RST."""

    def begin(self):
        met = self.link.half_open()
        return met, f"{met} connections half-open"

    def heal(self):
        return f"{self.link.answer_half_open()} answered with RST"


class HalfOpenForGood(HalfOpen):
    """Nobody ever answers: only its own time-outs help the service."""

    def heal(self):
        return "they stay half-open"


class Refuse(_OnLink):
    def begin(self):
        met = self.link.refuse()
        assert not self.link.answers(), "who is refused is not connected"
        return met, f"{met} connections ended; the next one was refused"

    def heal(self):
        self.link.heal()
        return "listens again"


class Stall(_OnLink):
    def begin(self):
        met = self.link.connections
        self.link.stall()
        return met, f"{met} connections stalled"

    def heal(self):
        self.link.heal()
        return "bytes flow again"


class Slow(_OnLink):
    def begin(self):
        met, speed = self.link.connections, self.parameters["bytes_per_second"]
        self.link.slow(speed)
        return met, f"{met} connections have {speed} bytes/s each"

    def heal(self):
        self.link.heal()
        return "full speed"


LINKS = {f"{place}.{name}": made for place in ("to_broker", "to_database", "producers") for name, made in [
    ("cut", Cut), ("reset", Reset), ("half_open", HalfOpen), ("half_open_for_good", HalfOpenForGood), ("refuse", Refuse),
    ("stall", Stall), ("slow", Slow)]}
del LINKS["producers.half_open_for_good"]  # it would only show how patient the producers of the test are


class _InNetwork(Fault):
    @property
    def network(self):
        return self.world.network

    @property
    def port(self):
        return self.world.links["to_" + self.planned.kind.rsplit("_", 1)[1]].port

    def heal(self):
        self._met = self.network.met()
        self.network.heal()
        return f"{self._met} packets had been taken or held back"

    def proof(self):
        return self._met


class Drop(_InNetwork):
    def begin(self):
        self.network.drop(self.port, self.parameters["way"])
        return 0, f"packets of port {self.port} vanish ({self.parameters['way']})"


class Reject(_InNetwork):
    def begin(self):
        self.network.reject(self.port)
        return 0, f"packets to port {self.port} are answered with RST"


class Narrow(_InNetwork):
    def begin(self):
        self.network.narrow(self.parameters["bytes_per_second"])
        return 0, f"all of the service's traffic shares {self.parameters['bytes_per_second']} bytes/s"


NETWORK = {"net.drop_broker": Drop, "net.drop_database": Drop, "net.reject_broker": Reject, "net.reject_database": Reject,
           "net.narrow": Narrow}
