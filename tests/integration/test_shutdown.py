"""SIGTERM drains; kill -9 loses nothing either."""

import signal

import pytest
from support.process import wait_for
from support.producers import everything_published


def under_load(stack, producers=2, rate=800):
    service = stack.service().start()
    made = [stack.producer(seed=seed, rate=rate) for seed in range(producers)]
    wait_for(lambda: stack.oracle.stored_count() > 500, "progress")
    return service, made


def test_sigterm_drains_within_five_seconds(stack):
    service, producers = under_load(stack)
    took = service.stop()
    assert took < 5.0
    service.start()
    published = everything_published([p.finish() for p in producers])
    journal = stack.oracle.expect_exactly(published)
    assert journal["duplicate"] == 0, "what was read was committed and acknowledged before the end"
    service.stop()


def test_sigint_is_the_same(stack):
    service, producers = under_load(stack, producers=1)
    service.process.send(signal.SIGINT)
    assert service.process.wait(6) == 0
    service.start()
    published = everything_published([p.finish() for p in producers])
    assert stack.oracle.expect_exactly(published)["duplicate"] == 0
    service.stop()


def test_kill_9_again_and_again(stack):
    service, producers = under_load(stack)
    for _ in range(5):
        stored = stack.oracle.stored_count()
        wait_for(lambda: stack.oracle.stored_count() > stored + 300, "progress")
        service.kill()
        service.start()
    published = everything_published([p.finish() for p in producers])
    stack.oracle.expect_exactly(published)
    service.stop()


@pytest.mark.parametrize("server", ["database", "broker"])
def test_sigterm_while_a_server_is_away(stack, server):
    service, producers = under_load(stack)
    stop = {"database": stack.cluster.stop, "broker": stack.broker.stop}[server]
    start = {"database": stack.cluster.start, "broker": stack.broker.start}[server]
    stop()
    wait_for(lambda: service.get("/health/ready")[0] == 503, "the service to notice")
    assert service.stop() < 5.5
    start()
    service.start()
    published = everything_published([p.finish() for p in producers])
    stack.oracle.expect_exactly(published)
    service.stop()


def test_sigterm_while_the_database_holds_every_write(stack):
    """A lock that nobody gives up: the stop ends the waits itself, in order and in time."""
    service, producers = under_load(stack)
    with stack.cluster.connect(stack.database) as c, c.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE events_mirror IN SHARE MODE")
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        wait_for(lambda: stack.oracle.one(waiting) > 0, "writes to wait for the lock")
        assert service.stop() < 5.0
        assert "actor killed" not in service.process.text()
        c.rollback()
    service.start()
    published = everything_published([p.finish() for p in producers])
    stack.oracle.expect_exactly(published)
    service.stop()
