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


def await_stall(service):
    wait_for(lambda: service.status()["stalls"], "the stall to be seen", timeout=20)
    return service.status()["stalls"][0]


def recovered(stack, service, producer):
    """It moves again, it says so, and nothing was lost."""
    wait_for(lambda: not service.status()["stalls"], "the stall to be over", timeout=60)
    service.wait_ready()
    stored = stack.oracle.stored_count()
    wait_for(lambda: stack.oracle.stored_count() > stored + 100, "progress")
    stack.oracle.expect_exactly(producer.finish().published)
    assert service.metrics().value("taylordash_stalled_lanes") == 0
    said = [line["message"] for line in service.log_lines()]
    assert "events do not move" in said and "events move again" in said
    service.stop()


def test_a_wedged_mirror_is_named(stack, service, producer, wedge):
    mirror = wedge("mirror")
    stall = await_stall(service)
    assert stall["holder"].startswith("mirror ")
    assert stall["doing"] in ("has it in its mailbox", "writes it")
    assert stall["batch"] > 0 and stall["events"] > 0
    code, ready = service.readiness()
    assert code == 503
    assert any(f"lane {stall['lane']}: {stall['events']} events unacknowledged" in r for r in ready["reasons"]), ready
    metrics = service.metrics()
    assert metrics.value("taylordash_stalled_lanes") == 1
    assert metrics.value("taylordash_lane_unacknowledged_seconds", lane=str(stall["lane"])) >= 4
    mirror.release()
    recovered(stack, service, producer)


def test_a_wedged_lane_is_named(stack, service, producer, wedge):
    lane = wedge("ingest")
    stall = await_stall(service)
    # It holds a batch whose verdict it does not take, or it sits in its own loop.
    assert stall["holder"].startswith("lane ") or "the lane has not taken" in stall["doing"]
    assert len(service.status()["stalls"]) == 1, "the other lane moves"
    assert service.readiness()[0] == 503
    lane.release()
    recovered(stack, service, producer)


def test_a_database_that_hangs_is_named(stack, service, producer):
    backends = stack.oracle.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'taylordash'")
    for (pid,) in backends:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: len(service.status()["stalls"]) == 2, "both lanes to stall", timeout=20)
        stalls = service.status()["stalls"]
        assert {s["dependency"] for s in stalls} == {"postgresql"}
        assert all(s["holder"].startswith("mirror ") and s["doing"] == "writes it" for s in stalls), stalls
    finally:
        for (pid,) in backends:
            os.kill(pid, signal.SIGCONT)
    recovered(stack, service, producer)
