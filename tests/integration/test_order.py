"""The ordered mode: one lane, and (position, batch_index) is the broker's order."""

from support.events import Maker
from support.process import wait_for
from support.producers import publish

ORDERED = {"ingest": {"ordered": True, "lanes": 1, "batch_events": 400}}
IN_ORDER = ("SELECT (payload->>'sequence')::int FROM events_mirror JOIN mirror_batches USING (batch_id)"
            " ORDER BY position, batch_index")


def sequences(stack):
    return [row[0] for row in stack.oracle.rows(IN_ORDER)]


def test_one_lane_keeps_the_order_of_the_broker(stack):
    service = stack.service(**ORDERED).start()
    published = publish(stack.broker.port, Maker(1).many(5000)).published
    stack.oracle.expect_exactly(published)
    assert sequences(stack) == list(range(5000))
    service.stop()


def test_the_order_survives_kills_of_the_service(stack):
    service = stack.service(**ORDERED).start()
    producer = stack.producer(seed=1, rate=1500)
    for _ in range(3):
        stored = stack.oracle.stored_count()
        wait_for(lambda: stack.oracle.stored_count() > stored + 500, "progress")
        service.kill()
        service.start()
    published = producer.finish().published
    stack.oracle.expect_exactly(published)
    assert sequences(stack) == list(range(len(published)))
    service.stop()


def test_a_second_ordered_node_stands_by_and_takes_over(stack):
    """Order means one reader: the second node waits, and goes on where the first one stopped."""
    first = stack.service("first", **ORDERED).start()
    second = stack.service("second", **ORDERED).start()
    producer = stack.producer(seed=1, rate=1000)
    wait_for(lambda: stack.oracle.stored_count() > 1000, "progress")
    assert second.metrics().events("received") == 0, "the lane is the first node's"
    first.kill()
    wait_for(lambda: second.metrics().events("stored") > 500, "the second node to take over", timeout=20)
    published = producer.finish().published
    stack.oracle.expect_exactly(published)
    assert sequences(stack) == list(range(len(published)))
    second.stop()
