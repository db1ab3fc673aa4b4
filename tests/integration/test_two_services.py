"""Two services on one broker and one database: they share the work, and either may die."""

from support.process import wait_for
from support.producers import everything_published


def test_two_services_share_the_events_and_one_is_killed(stack):
    first = stack.service("first").start()
    second = stack.service("second").start()
    assert len(stack.oracle.slots()) == 4, "each has its own two lanes"
    producers = [stack.producer(seed=seed, rate=600) for seed in range(2)]
    wait_for(lambda: min(s.metrics().events("stored") for s in (first, second)) > 500, "both to store their share")
    second.kill()
    # Its two sessions go on receiving their share; the first service adopts, drains and ends them.
    wait_for(lambda: len(stack.oracle.slots()) == 2, "the killed service's lanes to be adopted and drained", timeout=20)
    published = everything_published([p.finish() for p in producers])
    stack.oracle.expect_exactly(published)
    first.stop()


def test_a_killed_service_comes_back_beside_its_adopter(stack):
    first = stack.service("first").start()
    second = stack.service("second").start()
    producer = stack.producer(seed=1, rate=800)
    for _ in range(2):
        wait_for(lambda: second.metrics().events("stored") > 300, "the second service's share")
        second.kill()
        second.start()
    published = producer.finish().published
    stack.oracle.expect_exactly(published)
    assert not first.metrics().value("taylordash_unaccounted_events")
    first.stop()
    second.stop()


def test_one_of_two_stops_in_order_and_the_other_takes_everything(stack):
    first = stack.service("first").start()
    second = stack.service("second").start()
    producer = stack.producer(seed=1, rate=800)
    wait_for(lambda: second.metrics().events("stored") > 300, "the second service's share")
    second.stop()
    wait_for(lambda: len(stack.oracle.slots()) == 2, "its lanes to be drained", timeout=20)
    published = producer.finish().published
    journal = stack.oracle.expect_exactly(published)
    assert journal["duplicate"] == 0, "an orderly stop leaves nothing unacknowledged behind"
    first.stop()
