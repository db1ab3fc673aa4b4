"""The product meets its obligations whatever fails around it: each kind of fault alone, then seeded rounds of several."""

import pytest

from fault.conftest import left_out
from fault.plan import PlannedFault, Round, alone


def test_alone(lone_kind, run_round, request):
    if lone_kind in left_out():
        pytest.skip(left_out()[lone_kind])
    outcome = run_round(alone(lone_kind, request.config.getoption("--seed")), f"-k 'test_alone and {lone_kind}'")
    assert outcome.met[lone_kind] > 0, "the fault has met something"


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
