"""Every kind of fault as a fact: where it strikes, how often, how long, what it needs from the machine. No servers here."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """`name`: place.what. Two faults at one place never overlap. `weight`: how often it is drawn as a companion.
    `shortest`, `longest`: of its length, in milliseconds. `draw`: takes a random.Random, returns its parameters."""

    name: str
    weight: int
    shortest: int
    longest: int
    needs: str = ""  # a key of requirements.CHECKS
    draw: object = field(default=lambda random: {})
    alone: dict = field(default_factory=dict)  # parameters when it is alone, where drawn ones might meet nothing
    slow: int = 0  # seconds that recovery may take beyond the usual bound, with the reason in kinds' comments

    @property
    def place(self):
        return self.name.split(".")[0]


# How long nothing may move, in seconds, until the service says so. Wedges last longer at times.
STALL_AFTER = 6

# As short as the product lets them be set, so that silence is noticed in test time.
KEEPALIVE = 10
# Half-open for good: noticed by the second keepalive that nobody answers, so up to two of them.
SILENT = 2 * KEEPALIVE


def _which(random):
    return {"which": random.randrange(8)}


def _thread(random):
    return {"thread": random.choice(["ingest", "mirror"]), **_which(random)}


def _step(random):
    """How far the service's clock jumps, in seconds: never near events.allowed_skew, where seconds would decide."""
    size = random.choice([2, 30, 120, 900, 3600, 6 * 3600, 30 * 3600])
    return {"seconds": random.choice([-size, size])}


def _speed(least, most):
    return lambda random: {"bytes_per_second": random.randrange(least, most, 1000)}


def _chance(random):
    return {"per_cent": random.choice([1, 5, 20, 100])}


def _ways(random):
    return {"way": random.choice(["out", "in", "both"])}


def _link(place, weight, slowest):
    return [
        Kind(f"{place}.cut", weight, 0, 0),
        Kind(f"{place}.reset", weight, 0, 0),
        Kind(f"{place}.stall", weight, 200, 4000),
        Kind(f"{place}.half_open", weight, 500, 3000),
        Kind(f"{place}.slow", weight, 500, 3000, draw=_speed(slowest, 10 * slowest)),
        Kind(f"{place}.refuse", weight, 200, 3000),
    ]


KINDS = {kind.name: kind for kind in [
    Kind("service.kill", 4, 0, 2000),
    Kind("service.freeze", 3, 200, 4000),
    Kind("service.wedge", 2, 300, 10_000, draw=_thread),
    Kind("service.restart", 1, 0, 500),
    Kind("service.socket_error", 2, 200, 2000, needs="fiu", draw=_chance, alone={"per_cent": 20}),
    Kind("postgres.kill", 3, 0, 2000),
    Kind("postgres.freeze", 2, 300, 4000),
    Kind("postgres.postmaster_freeze", 1, 300, 3000),
    Kind("postgres.backend_kill", 2, 0, 0, draw=_which),
    Kind("postgres.backend_freeze", 3, 300, 5000, draw=_which),
    Kind("postgres.backends_terminated", 1, 0, 0),
    Kind("postgres.wal_full", 2, 500, 2500, needs="mount"),
    Kind("postgres.data_full", 2, 500, 2500, needs="mount"),
    Kind("broker.kill", 3, 0, 2000),
    Kind("broker.restart", 1, 0, 1000),
    Kind("broker.freeze", 3, 200, 4000),
    Kind("broker.disk_full", 1, 300, 2000, needs="mount"),
    Kind("broker.socket_error", 2, 200, 2000, needs="fiu", draw=_chance, alone={"per_cent": 20}),
    Kind("broker.save_error", 1, 300, 2000, needs="fiu"),
    *_link("to_broker", 2, 20_000),
    # The product must notice it by itself; the network does not help with an RST later on.
    Kind("to_broker.half_open_for_good", 1, 500, 3000, slow=SILENT),
    *_link("to_database", 2, 20_000),
    Kind("to_database.half_open_for_good", 1, 500, 3000, slow=5),
    *_link("producers", 1, 20_000),
    Kind("net.drop_broker", 2, 300, 4000, needs="network", draw=_ways),
    Kind("net.drop_database", 2, 300, 4000, needs="network", draw=_ways),
    Kind("net.reject_broker", 2, 300, 3000, needs="network"),
    Kind("net.reject_database", 2, 300, 3000, needs="network"),
    Kind("net.narrow", 2, 500, 3000, needs="network", draw=_speed(10_000, 100_000)),
    Kind("clock.step", 3, 500, 3000, needs="faketime", draw=_step),
]}

# What the broker may forget with these has to be resent by producers that keep events until they are stored.
FORGETFUL = {"broker.kill"}
# After these the broker may have nobody for a message at first. In all other rounds it never says so.
BROKER_ENDS = FORGETFUL | {"broker.restart"}
# These take away nothing that another fault could strike.
HARMLESS = {"clock.step", "broker.disk_full", "broker.save_error"}
