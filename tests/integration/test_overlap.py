"""Two services are fed the same events in opposite order: each is stored once, and nobody deadlocks."""

from support.broker import Broker
from support.events import Maker
from support.process import wait_for
from support.producers import Producer


def test_overlapping_events_in_opposite_order(stack):
    """Two brokers, one database: batches meet on the same keys from both ends. Sorted writes can't deadlock."""
    other = Broker(stack.directory / "other-broker").start()
    stack.closing(other.process.kill)
    batches = {"ingest": {"batch_events": 1000, "lanes": 2}}
    services = [stack.service("one", **batches), stack.service("two", mqtt={"port": other.port}, **batches)]
    for service in services:
        service.start()
    events = Maker(1).many(6000)
    producers = [Producer(stack.broker.port, events=events), Producer(other.port, events=list(reversed(events)))]
    for producer in producers:
        producer.start()
    for producer in producers:
        producer.finish()
    wait_for(lambda: sum(s.metrics().events("stored") + s.metrics().events("duplicate") for s in services)
             >= 2 * len(events), "both services to be done")
    journal = stack.oracle.expect_exactly({e.key: e for e in events})
    assert journal["duplicate"] >= len(events), "each event came twice"
    deadlocks = stack.oracle.one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert deadlocks == 0
    for service in services:
        service.stop()
