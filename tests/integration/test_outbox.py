"""The outbox: what a write says is stored exactly once, whatever ends the service, the broker or the database on the way."""

import re
import signal
from pathlib import Path

import pytest

from support.events import Maker
from support.outbox import Outbox
from support.process import holds_for, wait_for
from support.prometheus import Prometheus

ROOT = Path(__file__).resolve().parents[2]
FAULT_POINTS = re.findall(r'"(outbox\.\w+)"', (ROOT / "pipeline/fault_point.cpp").read_text(encoding="utf-8"))
SOON = {"outbox": {"confirm_within": "2s"}, "mqtt": {"connect_timeout": "2s"}}
EVENTS = 30


def tasks(seed, count=EVENTS):
    maker = Maker(seed)
    return [maker.make(kind="task_updated", topic="tracker/events/tasks/updated", payload={"task_id": maker.uuid(), "n": n})
            for n in range(count)]


@pytest.fixture
def outbox(stack):
    return Outbox(stack.cluster, stack.database, stack.oracle)


def expect_confirmed(stack, outbox, published, timeout=60):
    wait_for(lambda: outbox.states() == {"confirmed": len(published)}, "everything to be confirmed", timeout)
    stack.oracle.expect_exactly(published)


def test_what_is_put_is_stored_in_the_order_of_its_entity(stack, outbox):
    service = stack.service(**SOON).start()
    entity = Maker(99).uuid()
    published = outbox.put(tasks(1), entity)
    expect_confirmed(stack, outbox, published)
    order = stack.oracle.rows("SELECT (m.payload ->> 'n')::int FROM events_mirror m JOIN mirror_batches b USING (batch_id)"
                              " ORDER BY b.position, m.batch_index")
    assert [n for (n,) in order] == list(range(EVENTS))
    assert service.metrics().value("taylordash_outbox_confirmed_total") == EVENTS
    service.stop()


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_kill_at_any_step_stores_each_event_once(stack, outbox, point):
    """outbox.read: committed and not published; .published: at the broker, and the row does not say so; .marked: it
    does, and nobody has confirmed it."""
    service = stack.service(**SOON)
    service.environment["TAYLORDASH_FAULT_POINT"] = point
    service.start()
    published = outbox.put(tasks(2))
    assert service.process.wait(30) == -signal.SIGKILL, "the fault point was not passed"
    assert outbox.states().get("confirmed", 0) == 0
    del service.environment["TAYLORDASH_FAULT_POINT"]
    service.start()
    expect_confirmed(stack, outbox, published)
    service.stop()


def test_a_kill_between_commit_and_publish_while_the_broker_is_away(stack, outbox):
    service = stack.service(**SOON).start()
    stack.broker.stop()
    published = outbox.put(tasks(3))
    wait_for(lambda: service.metrics().value("taylordash_outbox_pending_events") == EVENTS, "the gauge")
    service.kill()
    assert outbox.states() == {"pending": EVENTS}
    assert stack.oracle.stored_count() == 0
    stack.broker.start()
    service.start()
    expect_confirmed(stack, outbox, published)
    service.stop()


def test_a_kill_between_publish_and_confirmation_while_no_batch_can_commit(stack, outbox):
    service = stack.service(**SOON).start()
    with stack.cluster.connect(stack.database) as holder, holder.cursor() as cursor:
        # The lock under which a batch takes its place in the journal: rows are written, nothing commits.
        cursor.execute("SELECT pg_advisory_lock(x'54440006'::int, 0)")
        published = outbox.put(tasks(4))
        wait_for(lambda: outbox.states() == {"published": EVENTS}, "the broker to have them all")
        assert stack.oracle.stored_count() == 0
        service.kill()
        stack.cluster.terminate_backends(stack.database)  # or they would commit for it once they have the lock
    service.start()
    expect_confirmed(stack, outbox, published)
    service.stop()


def test_the_broker_forgets_what_it_acknowledged_and_it_is_published_again(stack, outbox):
    """Killed before it has saved: what it had, and nobody had stored, is gone. Only the outbox still has it."""
    service = stack.service(**SOON).start()
    stack.broker.save()
    with stack.cluster.connect(stack.database) as holder, holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(x'54440006'::int, 0)")
        published = outbox.put(tasks(5))
        wait_for(lambda: outbox.states() == {"published": EVENTS}, "the broker to have them all")
        service.kill()
        stack.broker.kill()
        stack.cluster.terminate_backends(stack.database)
    stack.broker.start()
    service.start()
    expect_confirmed(stack, outbox, published)
    assert stack.oracle.one("SELECT min(attempts) FROM outbox_events") >= 2
    service.stop()


def test_the_database_is_killed_while_the_outbox_works(stack, outbox):
    service = stack.service(**SOON).start()
    published = {}
    for seed in range(6, 9):
        published |= outbox.put(tasks(seed))
        stack.cluster.kill()
        stack.cluster.start()
    expect_confirmed(stack, outbox, published)
    service.stop()


def test_two_services_publish_each_event_once(stack, outbox):
    services = [stack.service(name=f"node{n}", **SOON).start() for n in range(2)]
    published = outbox.put(tasks(10))
    expect_confirmed(stack, outbox, published)
    assert stack.oracle.one("SELECT max(attempts) FROM outbox_events") == 1
    services[0].kill()  # one of them had it; the other goes on
    published |= outbox.put(tasks(11))
    expect_confirmed(stack, outbox, published)
    services[1].stop()


def test_a_dead_letter_of_our_own_is_an_alert_until_it_is_replayed(stack, outbox):
    service = stack.service(**SOON).start()
    maker = Maker(12)
    order = maker.make(kind="task_updated", topic="tracker/events/tasks/updated", payload={"task_id": "none"})
    outbox.put([order])
    wait_for(lambda: outbox.states() == {"dead_lettered": 1}, "the dead letter")
    prometheus = Prometheus(service.directory, service.http_port)
    stack.closing(prometheus.close)
    wait_for(lambda: "TaylorDashOutboxDeadLetters" in prometheus.firing(), "the alert to fire", timeout=30)
    assert "an event of TaylorDash's own was dead-lettered" in service.process.text()
    commands = stack.commands()
    letter = stack.oracle.one("SELECT encode(delivery_hash, 'hex') FROM dlq_events")
    commands.run("dlq", "discard", letter, "--reason", "a test")
    wait_for(lambda: not prometheus.firing(), "the alert to end", timeout=90)
    service.stop()


def test_with_nothing_to_publish_it_costs_nothing(stack, outbox):
    service = stack.service(**SOON).start()
    sessions = len(stack.broker.sessions())
    holds_for(lambda: not any("taylordash-outbox" in s for s in stack.broker.sessions()[sessions:]),
              "an idle outbox without a connection to the broker", 6)
    published = outbox.put(tasks(13, 1))
    expect_confirmed(stack, outbox, published)
    assert sum("taylordash-outbox" in s for s in stack.broker.sessions()) == 1
    service.stop()
