"""The product meets its obligations whatever fails around it: each kind of fault alone, then seeded rounds of several."""

import pytest

from fault.conftest import left_out
from fault.plan import alone


def test_alone(lone_kind, run_round, request):
    if lone_kind in left_out():
        pytest.skip(left_out()[lone_kind])
    outcome = run_round(alone(lone_kind, request.config.getoption("--seed")), f"-k 'test_alone and {lone_kind}'")
    assert outcome.met[lone_kind] > 0, "the fault has met something"


def test_round(planned_round, run_round, request):
    rounds = max(request.config.getoption("--rounds"), planned_round.number)
    outcome = run_round(planned_round, f"--rounds {rounds} --only-round {planned_round.number}")
    assert outcome.published == outcome.stored + outcome.dead_lettered or "clock.step" in outcome.kinds
