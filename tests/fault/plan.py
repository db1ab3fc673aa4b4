"""Seed -> rounds of faults. Plain and deterministic: the same seed gives the same plan, each round by itself."""

import random
from dataclasses import dataclass, field

from .kinds import KINDS

LATEST = 2000  # ms: a fault begins this long after the load has settled at the latest
PAUSE = 300  # ms between two faults at one place
COMPANIONS = [0, 1, 1, 2, 2]  # beside the first fault; drawn evenly


@dataclass(frozen=True)
class PlannedFault:
    kind: str
    at: int  # ms after the load has settled
    length: int  # ms
    parameters: dict = field(default_factory=dict)

    @property
    def end(self):
        return self.at + self.length

    def __str__(self):
        words = "".join(f" {name}={value}" for name, value in self.parameters.items())
        return f"{self.kind}{words} at {self.at} ms for {self.length} ms"


@dataclass(frozen=True)
class Round:
    number: int  # from 1
    faults: tuple

    @property
    def kinds(self):
        return [fault.kind for fault in self.faults]

    def __str__(self):
        return f"{self.number}:" + "+".join(self.kinds)


def _draw(dice, name, at):
    kind = KINDS[name]
    return PlannedFault(name, at, dice.randint(kind.shortest, kind.longest), kind.draw(dice))


def _collides(fault, others):
    place = KINDS[fault.kind].place
    if any({o.kind, fault.kind} == {"clock.step", "service.socket_error"} for o in others):
        return True  # the service runs with the library of one of them
    return any(KINDS[o.kind].place == place and fault.at < o.end + PAUSE and o.at < fault.end + PAUSE for o in others)


def plan_round(seed, number, without=frozenset()):
    """Round `number` of `seed`: one to three faults, in the order of their begin. `without`: kinds that this machine
    can't do; leaving them out changes no other choice of the turn, but the turn is shorter."""
    names = [name for name in KINDS if name not in without]
    # The first fault of each round takes its turn, so that every kind comes once in len(names) rounds.
    lap, turn = divmod(number - 1, len(names))
    order = names[:]
    random.Random(f"{seed}/lap/{lap}").shuffle(order)
    dice = random.Random(f"{seed}/round/{number}")
    faults = [_draw(dice, order[turn], dice.randint(0, LATEST))]
    weights = [KINDS[name].weight for name in names]
    for _ in range(dice.choice(COMPANIONS)):
        # A third of the companions strikes in the very same moment as the first.
        at = faults[0].at if dice.random() < 1 / 3 else dice.randint(0, LATEST)
        drawn = _draw(dice, dice.choices(names, weights)[0], at)
        if not _collides(drawn, faults):
            faults.append(drawn)
    return Round(number, tuple(sorted(faults, key=lambda f: (f.at, f.kind))))


def plan(seed, rounds, without=frozenset()):
    return [plan_round(seed, number, without) for number in range(1, rounds + 1)]


def alone(name, seed=1):
    """A round of this one fault, of at least a second where it has a length."""
    kind = KINDS[name]
    dice = random.Random(f"{seed}/alone/{name}")
    length = min(kind.longest, max(1000, kind.shortest))
    return Round(0, (PlannedFault(name, 0, length, {**kind.draw(dice), **kind.alone}),))
