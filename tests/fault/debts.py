"""Which faults owe a proof that they met something: in a round, and over a run. Plain, no servers here."""

from collections import Counter

from .kinds import HARMLESS

LONG = 100  # rounds; in fewer, chance may have it that others rob a kind each time
ENOUGH = 3  # a kind that was planned this often in a long run has met something at least once


def missed(met):
    """Of [(planned fault, how much it met)] those that met nothing and have no excuse.

    The first of a round has none, and those that strike together are all first: but one can rob another, as a kill robs
    a cut of its connections. Whoever came before or in the same moment excuses the others if it met something itself
    and takes anything away.
    """
    def robbed(fault):
        return any(other is not fault and much and other.at <= fault.at and other.kind not in HARMLESS for other, much in met)

    return [fault for fault, much in met if not much and not robbed(fault)]


def counts(outcomes):
    """({kind: how often planned}, {kind: how often it met something})."""
    planned, happened = Counter(), Counter()
    for outcome in outcomes:
        for kind, met in outcome.faults:
            planned[kind] += 1
            happened[kind] += bool(met)
    return planned, happened


def never_met(outcomes):
    """Kinds that a run planned ENOUGH times, and that never met anything."""
    planned, happened = counts(outcomes)
    return sorted(kind for kind, count in planned.items() if count >= ENOUGH and not happened[kind])
