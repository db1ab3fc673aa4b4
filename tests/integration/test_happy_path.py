"""Published once, stored once: the promise without faults."""

import json
import time

from support.events import Maker, rfc3339
from support.process import wait_for
from support.producers import everything_published, publish, publish_raw


def test_every_event_of_several_producers_is_stored_once(stack):
    service = stack.service().start()
    producers = [stack.producer(events=Maker(seed).many(1500)) for seed in range(3)]
    published = everything_published([p.finish() for p in producers])
    assert len(published) == 4500
    stack.oracle.expect_exactly(published)
    metrics = service.metrics()
    assert metrics.events("received") == metrics.events("stored") == 4500
    service.stop()


def test_one_event_alone_is_committed_at_once(stack):
    service = stack.service().start()
    published = {}
    slowest = 0.0
    for event in Maker(1).many(10):
        start = time.monotonic()
        published |= publish(stack.broker.port, [event]).published
        wait_for(lambda: stack.oracle.stored_count() == len(published), "one event", timeout=5, interval=0.005)
        slowest = max(slowest, time.monotonic() - start)
    assert slowest < 1.0, "no linger timer holds a lone event back"
    assert stack.oracle.expect_exactly(published)["batches"] == 10
    service.stop()


def test_events_published_while_the_service_is_stopped_wait_for_it(stack):
    service = stack.service().start()
    service.stop()
    published = publish(stack.broker.port, Maker(1).many(1000)).published
    assert stack.oracle.stored_count() == 0
    service.start()
    stack.oracle.expect_exactly(published)
    service.stop()


def test_a_full_batch_and_one_more_event(stack):
    service = stack.service(ingest={"lanes": 1, "batch_events": 500, "receive_maximum": 1000}).start()
    service.stop()
    published = publish(stack.broker.port, Maker(1).many(2001)).published
    service.start()
    journal = stack.oracle.expect_exactly(published)
    assert journal["batches"] >= 5
    assert stack.oracle.one("SELECT max(stored) FROM mirror_batches") <= 500
    service.stop()


def test_cloud_events_are_the_same_events(stack):
    service = stack.service().start()
    maker = Maker(1)
    event = maker.make(kind="task_updated", topic="tracker/events/tasks/updated", payload={"task_id": maker.uuid()})
    trace = event.trace_id.replace("-", "")
    cloud = {"specversion": "1.0", "id": event.event_id, "time": rfc3339(event.occurred_at), "type": event.kind,
             "source": event.source, "data": event.payload, "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    publish_raw(stack.broker.port, [(event.topic, json.dumps(cloud).encode())])
    stack.oracle.expect_exactly({event.key: event})
    # And the native form of it is a duplicate, not a second event.
    publish_raw(stack.broker.port, [(event.topic, event.body)])
    wait_for(lambda: service.metrics().events("duplicate") == 1, "the duplicate")
    stack.oracle.expect_exactly({event.key: event})
    service.stop()


def test_a_cloud_event_with_an_id_that_is_no_uuid_is_stored_once(stack):
    service = stack.service().start()
    event = Maker(1).make()
    cloud = {"specversion": "1.0", "id": "order-7", "time": rfc3339(event.occurred_at), "type": event.kind,
             "source": event.source, "data": event.payload, "traceparent": "00-" + "ab" * 16 + "-00f067aa0ba902b7-01"}
    body = json.dumps(cloud).encode()
    publish_raw(stack.broker.port, [(event.topic, body), (event.topic, body)])
    wait_for(lambda: service.metrics().events("duplicate") == 1, "the duplicate")
    assert stack.oracle.rows("SELECT substr(event_id::text, 15, 1), kind, source FROM events_mirror") == [
        ("5", event.kind, event.source)]
    service.stop()
