"""The broker restarts, is killed, or forgets: the service resumes, and says what was lost before it could see it."""

from support.events import Maker
from support.process import wait_for
from support.producers import everything_published, publish


def test_restarted_under_load(stack):
    service = stack.service().start()
    producers = [stack.producer(seed=seed, rate=500) for seed in range(2)]
    for _ in range(3):
        stored = stack.oracle.stored_count()
        wait_for(lambda: stack.oracle.stored_count() > stored + 300, "progress")
        stack.broker.restart()
    published = everything_published([p.finish() for p in producers])
    stack.oracle.expect_exactly(published)
    assert service.metrics().value("taylordash_sessions_lost_total") == 0
    service.stop()


def test_killed_under_load_and_producers_hold_events_until_they_are_stored(stack):
    """What the broker acknowledged and lost is outside the promise, unless producers keep events until they are stored:
    then everything arrives, once."""
    service = stack.service().start()
    # Sessions that were never saved are lost by a kill; a broker that has run for a while has saved them.
    stack.broker.save()
    producers = [stack.producer(seed=seed, rate=500) for seed in range(2)]
    for _ in range(3):
        stored = stack.oracle.stored_count()
        wait_for(lambda: stack.oracle.stored_count() > stored + 300, "progress")
        stack.broker.kill()
        stack.broker.start()
    published = everything_published([p.finish() for p in producers])
    wait_for(lambda: service.metrics().value("taylordash_in_flight_events") == 0, "quiet")
    lost_by_broker = stack.oracle.missing(published)
    publish(stack.broker.port, [published[key] for key in lost_by_broker])
    stack.oracle.expect_exactly(published)
    print(f"{len(lost_by_broker)} of {len(published)} were acknowledged and lost by the killed broker, and resent")
    service.stop()


def test_away_for_a_while_and_named(stack):
    service = stack.service().start()
    published = publish(stack.broker.port, Maker(1).many(200)).published
    stack.oracle.expect_exactly(published)
    stack.broker.stop()
    _, body = wait_for(lambda: service.readiness() if service.readiness()[0] == 503 else None, "the 503")
    broken = {d["name"]: d for d in body["dependencies"] if not d["ok"]}
    assert list(broken) == ["mqtt"] and broken["mqtt"]["reason"] and broken["mqtt"]["since"]
    stack.broker.start()
    wait_for(service.ready, "the service to reconnect", timeout=5)
    published |= publish(stack.broker.port, Maker(2).many(200)).published
    stack.oracle.expect_exactly(published)
    service.stop()


def test_a_broker_that_forgot_everything_is_reported_and_ingest_goes_on(stack):
    service = stack.service().start()
    published = publish(stack.broker.port, Maker(1).many(200)).published
    stack.oracle.expect_exactly(published)
    stack.broker.stop()
    (stack.broker.directory / "mosquitto.db").unlink()
    stack.broker.start()
    wait_for(lambda: service.metrics().value("taylordash_sessions_lost_total") == 2, "both lost sessions to be reported")
    service.wait_ready()
    published |= publish(stack.broker.port, Maker(2).many(200)).published
    stack.oracle.expect_exactly(published)
    service.stop()


def test_a_service_may_start_before_its_broker(stack):
    stack.broker.stop()
    service = stack.service().start(wait=False)
    wait_for(lambda: service.get("/health/live")[0] == 200, "the process to be alive")
    assert service.get("/health/ready")[0] == 503
    stack.broker.start()
    service.wait_ready()
    published = publish(stack.broker.port, Maker(1).many(200)).published
    stack.oracle.expect_exactly(published)
    service.stop()
