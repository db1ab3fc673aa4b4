"""PostgreSQL stops, crashes, loses connections and stalls: ingest pauses, and goes on by itself."""

import time

from support.process import wait_for
from support.producers import everything_published

BATCH = {"ingest": {"batch_events": 1000}}


def expect_recovery(stack, service, producers):
    """The service is ready again, everything published so far and from now on is stored once."""
    service.wait_ready()
    before = stack.oracle.stored_count()
    wait_for(lambda: stack.oracle.stored_count() > before, "events to flow again")
    published = everything_published([p.finish() for p in producers])
    journal = stack.oracle.expect_exactly(published)
    assert service.metrics().value("taylordash_in_flight_events") == 0
    return journal


def test_stopped_under_load_for_a_while(stack, outage):
    service = stack.service(**BATCH).start()
    producers = [stack.producer(seed=seed, rate=500) for seed in range(2)]
    wait_for(lambda: stack.oracle.stored_count() > 500, "progress")
    memory = service.resident_bytes()
    stack.cluster.stop()
    stopped = time.monotonic()

    code, body = wait_for(lambda: service.readiness() if service.readiness()[0] == 503 else None, "the 503")
    database = next(d for d in body["dependencies"] if d["name"] == "postgresql")
    assert database["ok"] is False and database["reason"] and database["since"]
    since = database["since"]
    wait_for(lambda: time.monotonic() - stopped > outage, f"{outage} s without a database", timeout=outage + 10)
    assert service.get("/health/live")[0] == 200
    assert next(d for d in service.readiness()[1]["dependencies"] if d["name"] == "postgresql")["since"] == since
    assert service.metrics().value("taylordash_in_flight_events") <= 2 * 1000, "at most one batch for each lane"
    assert service.resident_bytes() - memory < 100 << 20, "the broker holds the events, not the service"

    stack.cluster.start()
    expect_recovery(stack, service, producers)
    service.stop()


def test_away_when_the_service_starts(stack):
    first = stack.service(**BATCH).start()
    first.stop()
    stack.cluster.stop()
    producer = stack.producer(seed=1, rate=500)
    service = stack.service(**BATCH).start(wait=False)
    wait_for(lambda: "start waits for a server" in service.process.text(), "the service to say that it waits")
    assert service.get("/health/live")[0] == 200 and service.readiness()[0] == 503
    assert service.process.running
    stack.cluster.start()
    expect_recovery(stack, service, [producer])
    service.stop()


def test_a_service_that_waits_for_its_database_can_be_stopped(stack):
    stack.cluster.stop()
    service = stack.service(**BATCH).start(wait=False)
    wait_for(lambda: "start waits for a server" in service.process.text(), "the service to say that it waits")
    begin = time.monotonic()
    service.stop()
    assert time.monotonic() - begin < 5
    stack.cluster.start()


def test_killed_with_all_its_processes(stack):
    service = stack.service(**BATCH).start()
    producer = stack.producer(seed=1, rate=1000)
    for _ in range(2):
        stored = stack.oracle.stored_count()
        wait_for(lambda: stack.oracle.stored_count() > stored + 300, "progress")
        stack.cluster.kill()
        stack.cluster.start()
    expect_recovery(stack, service, [producer])
    service.stop()


def test_backends_are_terminated_again_and_again(stack):
    service = stack.service(**BATCH).start()
    producer = stack.producer(seed=1, rate=1000)
    ended = 0
    for _ in range(8):
        stored = stack.oracle.stored_count()
        wait_for(lambda: stack.oracle.stored_count() > stored + 100, "progress")
        ended += stack.cluster.terminate_backends(stack.database)
    assert ended >= 8
    expect_recovery(stack, service, [producer])
    service.stop()


def test_a_lock_that_outlasts_the_verdict_timeout(stack):
    """The commit may still happen after the lane has given its batch back; the events come again and are stored once."""
    service = stack.service(database={"statement_timeout": "10s"}, ingest={"verdict_timeout": "1s"}).start()
    producer = stack.producer(seed=1, rate=500)
    wait_for(lambda: stack.oracle.stored_count() > 300, "progress")
    with stack.cluster.connect(stack.database) as c, c.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE events_mirror IN ACCESS EXCLUSIVE MODE")
        wait_for(lambda: service.metrics().value("taylordash_given_back_total") > 0, "a batch to be given back")
        cursor.execute("COMMIT")
    expect_recovery(stack, service, [producer])
    service.stop()


def test_statements_that_take_too_long_are_given_up(stack):
    service = stack.service(database={"statement_timeout": "1s"}).start()
    producer = stack.producer(seed=1, rate=500)
    wait_for(lambda: stack.oracle.stored_count() > 300, "progress")
    with stack.cluster.connect(stack.database) as c, c.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE events_mirror IN ACCESS EXCLUSIVE MODE")
        wait_for(lambda: service.metrics().value("taylordash_given_back_total") > 0, "a batch to be given back")
        cursor.execute("COMMIT")
    expect_recovery(stack, service, [producer])
    service.stop()
