"""More comes in than can be stored: the broker holds it, and the service takes no more than a batch for each lane.

Bytes are measured by the bench (peak memory): the sanitizers' own would drown them here.
"""

from support.events import Maker
from support.process import wait_for
from support.producers import everything_published

LANES, BATCH, EVENTS = 2, 500, 15_000


def test_what_is_too_much_waits_in_the_broker(stack):
    service = stack.service(ingest={"lanes": LANES, "batch_events": BATCH}).start()
    producers = [stack.producer(events=Maker(seed=seed).many(EVENTS)) for seed in range(2)]
    in_flight = []

    def everything_is_stored():
        in_flight.append(service.metrics().value("taylordash_in_flight_events"))
        return stack.oracle.stored_count() == 2 * EVENTS

    wait_for(everything_is_stored, f"{2 * EVENTS} events", timeout=90)
    assert len(in_flight) > 5 and 0 < max(in_flight) <= LANES * BATCH
    stack.oracle.expect_exactly(everything_published([p.finish() for p in producers]))
    service.stop()
