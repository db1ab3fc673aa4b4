"""Lanes come and go, and no event is stranded in the session of a lane that nobody reads any more."""

import subprocess

import pytest
from support.events import Maker
from support.process import wait_for
from support.producers import everything_published, publish
from support.service import BINARY


@pytest.fixture(autouse=True)
def no_actor_fails(stack):
    """An actor that fails is started again and loses nothing, so only the log tells: a drain needs none of that."""
    yield
    for log in stack.directory.glob("*.log"):
        failed = [line for line in log.read_text(errors="replace").splitlines() if "actor failed" in line]
        assert not failed, f"{log.name}: {failed[:3]}"


def lanes(count):
    return {"ingest": {"lanes": count}}


def wait_for_slots(stack, count):
    wait_for(lambda: len(stack.oracle.slots()) == count, f"{count} slots", timeout=25)


def test_four_lanes_become_two_under_load(stack):
    service = stack.service("four", **lanes(4)).start()
    wait_for_slots(stack, 4)
    producer = stack.producer(seed=1, rate=1000)
    wait_for(lambda: stack.oracle.stored_count() > 500, "progress")
    service.stop()
    # While nobody reads, the broker deals to all four sessions.
    held = len(producer.acknowledged)
    producer.wait_for_acknowledged(held + 1000)
    service = stack.service("two", **lanes(2)).start()
    wait_for_slots(stack, 2)
    published = producer.finish().published
    stack.oracle.expect_exactly(published)
    service.stop()


def test_two_lanes_become_four(stack):
    service = stack.service("two", **lanes(2)).start()
    producer = stack.producer(seed=1, rate=1000)
    wait_for(lambda: stack.oracle.stored_count() > 300, "progress")
    service.stop()
    service = stack.service("four", **lanes(4)).start()
    wait_for_slots(stack, 4)
    published = producer.finish().published
    stack.oracle.expect_exactly(published)
    service.stop()


def test_lanes_become_one_ordered_lane_and_back(stack):
    service = stack.service("shared", **lanes(2)).start()
    service.stop()
    published = publish(stack.broker.port, Maker(1).many(500)).published
    service = stack.service("ordered", ingest={"ordered": True, "lanes": 1}).start()
    wait_for_slots(stack, 1)
    published |= publish(stack.broker.port, Maker(2).many(500)).published
    stack.oracle.expect_exactly(published)
    service.stop()
    published |= publish(stack.broker.port, Maker(3).many(500)).published
    service = stack.service("shared-again", **lanes(2)).start()
    wait_for_slots(stack, 2)
    stack.oracle.expect_exactly(published)
    service.stop()


def test_a_renamed_node_goes_on_with_its_lanes(stack):
    """Client ids come from the database, never from the host: a new name changes nothing."""
    service = stack.service("node", hostname="node-before").start()
    names = {lane["client_id"] for lane in service.status()["lanes"]}
    service.stop()
    published = publish(stack.broker.port, Maker(1).many(1000)).published
    service = stack.service("node", hostname="node-after").start()
    stack.oracle.expect_exactly(published)
    assert {lane["client_id"] for lane in service.status()["lanes"]} == names
    assert not any("node" in name for name in names)
    assert service.metrics().value("taylordash_sessions_lost_total") == 0
    service.stop()


def test_a_node_that_is_gone_for_good_strands_nothing(stack):
    gone = stack.service("gone", hostname="gone", **lanes(3)).start()
    producer = stack.producer(seed=1, rate=1000)
    wait_for(lambda: gone.metrics().events("stored") > 500, "progress")
    gone.kill()
    held = len(producer.acknowledged)
    producer.wait_for_acknowledged(held + 1500)
    other = stack.service("other", hostname="other", **lanes(1)).start()
    wait_for_slots(stack, 1)
    published = producer.finish().published
    stack.oracle.expect_exactly(published)
    other.stop()


def test_migrate_beside_a_running_service_makes_no_lane_that_nobody_reads(stack):
    service = stack.service().start()
    before = stack.oracle.slots()
    done = subprocess.run([BINARY, "migrate", "--config", service.configuration], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert stack.oracle.slots() == before
    producer = stack.producer(seed=1, events=Maker(seed=1).many(500))
    stack.oracle.expect_exactly(everything_published([producer.finish()]))
    service.stop()
