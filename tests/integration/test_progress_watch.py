"""Events that do not move are noticed and named: a wedged lane, a wedged mirror, a database that hangs."""

import os
import signal

import pytest
from support.process import wait_for
from support.wedge import Wedge, threads_named

# As short as they may be set, so that a stall is one in test time. Batches are given back late: the stall comes first.
QUICK = {"mqtt": {"connect_timeout": "1s"}, "ingest": {"stall_after": "4s", "verdict_timeout": "30s", "lanes": 2},
         "database": {"connections": 2, "statement_timeout": "40s"}}


@pytest.fixture
def service(stack):
    return stack.service(**QUICK).start()


@pytest.fixture
def producer(stack, service):
    producer = stack.producer(seed=1, rate=300)
    stack.oracle.wait_for_stored(50)
    return producer


@pytest.fixture
def wedge(service):
    held = []

    def make(name, index=0):
        threads = threads_named(service.process.pid, name)
        assert len(threads) == 2, f"two threads are called {name}: {threads}"
        held.append(Wedge(threads[index]))
        return held[-1]

    yield make
    for one in held:
        one.release()


def await_stall(service, wanted):
    """The first stall that `wanted` is true of, as the waiting saw it. There may be others for a moment: on a machine that
    is busy a lane may well be late by as much as the shortest stall."""
    return wait_for(lambda: next(filter(wanted, service.status()["stalls"]), None), "the stall to be seen", timeout=20)


def recovered(stack, service, producer):
    """It moves again, it says so, and nothing was lost."""
    wait_for(lambda: not service.status()["stalls"], "the stall to be over", timeout=60)
    service.wait_ready()
    stored = stack.oracle.stored_count()
    wait_for(lambda: stack.oracle.stored_count() > stored + 100, "progress")
    stack.oracle.expect_exactly(producer.finish().published)
    wait_for(lambda: service.metrics().value("taylordash_stalled_lanes") == 0, "no lane to be stalled")
    said = [line["message"] for line in service.log_lines()]
    assert "events do not move" in said and "events move again" in said
    service.stop()


def test_a_wedged_mirror_is_named(stack, service, producer, wedge):
    mirror = wedge("mirror")
    stall = await_stall(service, lambda s: s["holder"].startswith("mirror "))
    assert stall["doing"] in ("has it in its mailbox", "writes it")
    assert stall["batch"] > 0 and stall["events"] > 0
    # It lasts until it is released, so that whatever is asked for now still tells of it.
    code, ready = service.readiness()
    assert code == 503
    assert any(f"lane {stall['lane']}: {stall['events']} events unacknowledged" in r for r in ready["reasons"]), ready
    metrics = service.metrics()
    assert metrics.value("taylordash_stalled_lanes") >= 1
    assert metrics.value("taylordash_lane_unacknowledged_seconds", lane=str(stall["lane"])) >= 4
    mirror.release()
    recovered(stack, service, producer)


def test_a_wedged_lane_is_named(stack, service, producer, wedge):
    lane = wedge("ingest")
    # It holds a batch whose verdict it does not take, or it sits in its own loop.
    stall = await_stall(service, lambda s: s["holder"].startswith("lane ") or "the lane has not taken" in s["doing"])
    assert service.readiness()[0] == 503

    def only_it():
        stalls = service.status()["stalls"]
        assert stall["lane"] in [s["lane"] for s in stalls], "it is still held"
        return len(stalls) == 1

    wait_for(only_it, "the other lane to move", timeout=20)
    lane.release()
    recovered(stack, service, producer)


def test_a_database_that_hangs_is_named(stack, service, producer):
    backends = stack.oracle.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'taylordash'")
    for (pid,) in backends:
        os.kill(pid, signal.SIGSTOP)
    try:
        def waits_for_it(stall):
            return stall["dependency"] == "postgresql" and stall["holder"].startswith("mirror ") and stall["doing"] == "writes it"

        wait_for(lambda: len([s for s in service.status()["stalls"] if waits_for_it(s)]) == 2, "both lanes to wait for it",
                 timeout=20)
    finally:
        for (pid,) in backends:
            os.kill(pid, signal.SIGCONT)
    recovered(stack, service, producer)
