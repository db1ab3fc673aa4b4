"""The product meets its obligations whatever fails around it: each kind of fault alone, then seeded rounds of several."""

import pytest

from fault.conftest import left_out
from fault.debts import LONG, never_met
from fault.kinds import STALL_AFTER
from fault.plan import PlannedFault, Round, alone
from fault.rounds import NOTICED


def test_alone(lone_kind, run_round, request):
    if lone_kind in left_out():
        pytest.skip(left_out()[lone_kind])
    outcome = run_round(alone(lone_kind, request.config.getoption("--seed")), f"-k 'test_alone and {lone_kind}'")
    assert outcome.met[lone_kind] > 0, "the fault has met something"


@pytest.mark.parametrize("lone_thread", ["ingest", "mirror"])
def test_a_thread_that_hangs_for_long_is_named(lone_thread, run_round):
    """A round sees to it that it is told; here too by whom."""
    length = int((STALL_AFTER + NOTICED + 1) * 1000)
    planned = PlannedFault("service.wedge", 0, length, {"thread": lone_thread, "which": 0})
    outcome = run_round(Round(0, (planned,)), f"-k 'hangs_for_long and {lone_thread}'")
    assert outcome.stalls > 0


def test_a_clock_far_back_is_seen_and_its_code_named(run_round):
    if "clock.step" in left_out():
        pytest.skip(left_out()["clock.step"])
    outcome = run_round(Round(0, (PlannedFault("clock.step", 0, 1500, {"seconds": -6 * 3600}),)), "--rounds 0 -k clock_far_back")
    assert outcome.met["clock.step"] and outcome.dead_lettered > 0


def test_what_a_killed_broker_lost_is_resent_and_counted(run_round):
    """The database stands still, so that the broker is killed with a backlog that it has not saved."""
    faults = PlannedFault("postgres.freeze", 0, 2500), PlannedFault("broker.kill", 1500, 500)
    outcome = run_round(Round(0, faults), "--rounds 0 -k killed_broker")
    assert outcome.lost_by_broker > 0
    assert outcome.published == outcome.stored + outcome.dead_lettered


def test_round(planned_round, run_round, request):
    rounds = max(request.config.getoption("--rounds"), planned_round.number)
    outcome = run_round(planned_round, f"--rounds {rounds} --only-round {planned_round.number}")
    assert outcome.published == outcome.stored + outcome.dead_lettered or "clock.step" in outcome.kinds


def test_each_kind_has_met_something(request):
    """Over the whole run; the last test of it."""
    outcomes = request.config.figures.outcomes
    if len(outcomes) < LONG:
        pytest.skip(f"{len(outcomes)} rounds are too few to tell: of {LONG} each kind has its share")
    assert never_met(outcomes) == []
