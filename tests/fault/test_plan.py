"""The plan: the same seed gives the same rounds, every kind takes its turn, and faults at one place do not overlap."""

from collections import Counter

from fault.actions import ACTIONS
from fault.kinds import KINDS
from fault.plan import LATEST, PAUSE, alone, plan, plan_round


def test_the_same_seed_gives_the_same_plan():
    assert plan("7", 50) == plan("7", 50)
    assert plan("7", 50) != plan("8", 50)


def test_a_round_does_not_depend_on_how_many_there_are():
    assert plan("7", 50)[36] == plan_round("7", 37)


def test_every_kind_takes_its_turn():
    for seed in map(str, range(20)):
        seen = {kind for r in plan(seed, len(KINDS)) for kind in r.kinds}
        assert seen == set(KINDS)


def test_what_a_machine_cannot_do_is_not_planned():
    without = frozenset(k for k in KINDS if KINDS[k].needs)
    seen = {kind for r in plan("1", 200, without) for kind in r.kinds}
    assert seen == set(KINDS) - without


def test_companions_come_by_their_weight():
    counts = Counter(kind for r in plan("1", 5000) for kind in r.kinds)
    turns = 5000 / len(KINDS)  # of which each kind has its share as the first
    companions = sum(counts.values()) - 5000
    weights = sum(kind.weight for kind in KINDS.values())
    for name in ("service.kill", "clock.step", "broker.disk_full"):
        expected = turns + companions * KINDS[name].weight / weights
        assert abs(counts[name] - expected) < 0.35 * expected, (name, counts[name], expected)


def test_one_to_three_faults_within_their_lengths():
    sizes = Counter()
    for r in plan("3", 2000):
        sizes[len(r.faults)] += 1
        for f in r.faults:
            kind = KINDS[f.kind]
            assert 0 <= f.at <= LATEST and kind.shortest <= f.length <= kind.longest, f
    assert set(sizes) == {1, 2, 3} and min(sizes.values()) > 200, sizes


def test_some_strike_in_the_same_moment_and_none_twice_at_one_place():
    same = 0
    for r in plan("4", 2000):
        same += len({f.at for f in r.faults}) < len(r.faults)
        for a in r.faults:
            for b in r.faults:
                if a is not b and KINDS[a.kind].place == KINDS[b.kind].place:
                    assert a.at >= b.end + PAUSE or b.at >= a.end + PAUSE, r
    assert same > 200


def test_the_service_runs_with_one_library_at_a_time():
    for r in plan("5", 2000):
        assert not {"clock.step", "service.socket_error"} <= set(r.kinds), r


def test_every_kind_has_an_action_and_every_action_a_kind():
    assert set(ACTIONS) == set(KINDS)


def test_a_fault_alone_lasts_long_enough_to_be_noticed():
    for name, kind in KINDS.items():
        (fault,) = alone(name).faults
        assert fault.length >= min(1000, kind.longest), fault
