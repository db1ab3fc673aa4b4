"""Which faults owe a proof: the first, those that strike together unless one robs the other, and each kind over a run."""

from dataclasses import dataclass

from fault.debts import counts, missed, never_met
from fault.plan import PlannedFault


def fault(kind, at=0):
    return PlannedFault(kind, at, 1000)


CUT, KILL, STEP = fault("to_broker.cut"), fault("service.kill"), fault("clock.step")
LATER = fault("to_broker.reset", 500)


def test_the_first_owes_a_proof():
    assert missed([(CUT, 0)]) == [CUT]
    assert missed([(CUT, 2)]) == []
    assert missed([(CUT, 0), (LATER, 2)]) == [CUT], "who comes later took nothing away"


def test_what_came_before_and_met_something_is_an_excuse():
    assert missed([(CUT, 2), (LATER, 0)]) == []
    assert missed([(CUT, 0), (LATER, 0)]) == [CUT, LATER]


def test_of_those_that_strike_together_one_may_rob_the_other():
    assert missed([(CUT, 0), (KILL, 1)]) == []
    assert missed([(CUT, 0), (KILL, 0)]) == [CUT, KILL]


def test_a_clock_robs_nobody():
    assert missed([(STEP, 1), (CUT, 0)]) == [CUT]
    assert missed([(STEP, 1), (LATER, 0)]) == [LATER]


@dataclass
class Round:
    faults: list


def test_a_kind_that_never_meets_anything_is_found():
    run = [Round([("net.narrow", 0), ("service.kill", 1)])] * 3 + [Round([("broker.kill", 0)])] * 2
    assert never_met(run) == ["net.narrow"], "broker.kill was planned too seldom to tell"
    assert never_met([*run, Round([("net.narrow", 4)])]) == []
    planned, met = counts(run)
    assert planned == {"net.narrow": 3, "service.kill": 3, "broker.kill": 2} and met["service.kill"] == 3
