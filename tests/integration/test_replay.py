"""Replay: dead letters come back, once each, whatever ends the service on the way."""

import json
import re
import signal
from pathlib import Path

import pytest

from support.events import Maker
from support.process import wait_for
from support.producers import publish

ROOT = Path(__file__).resolve().parents[2]
FAULT_POINTS = re.findall(r'"(replay\.\w+)"', (ROOT / "pipeline/fault_point.cpp").read_text(encoding="utf-8"))
STRICT = {"schemas": {"unknown_kinds": "strict"}}
EVENTS = 1200  # three steps of a job


def orders(maker, count):
    return [maker.make(kind="order_placed", topic="tracker/events/tasks/placed", payload={"order_id": maker.uuid()})
            for _ in range(count)]


def refused_orders(stack, count, seed):
    """Events of a kind that nobody knows yet: dead letters, each of them sound."""
    events = orders(Maker(seed), count)
    published = publish(stack.broker.port, events).published
    wait_for(lambda: stack.oracle.dead_letter_count() == count, f"{count} dead letters", timeout=60)
    assert stack.oracle.stored_count() == 0
    return published


def know_orders(commands, tmp_path):
    file = tmp_path / "order.json"
    file.write_text('{"type": "object", "required": ["order_id"]}', encoding="utf-8")
    commands.run("schema", "add", "order_placed", file)
    commands.run("schema", "promote", "order_placed", 1)


def passes(commands, count):
    """A dry run says that they would pass now: the promoted schema has arrived."""
    return commands.json("replay", "start", "--dry-run")[0]["passed"] == count


def job_of(commands, number):
    return commands.json("replay", "show", number)[0]


def test_what_a_new_schema_lets_pass_is_stored_once(stack, tmp_path):
    service = stack.service(**STRICT).start()
    commands = stack.commands()
    published = refused_orders(stack, 300, seed=1)
    [dry] = commands.json("replay", "start", "--dry-run")
    assert (dry["total"], dry["passed"], dry["refused"]) == (300, 0, 300)
    assert [(r["code"], r["count"]) for r in dry["reasons"]] == [("unknown_kind", 300)]
    know_orders(commands, tmp_path)
    wait_for(lambda: passes(commands, 300), "the schema to arrive")
    assert stack.oracle.stored_count() == 0, "dry runs store nothing"
    [done] = commands.json("replay", "start", "--all")
    assert (done["state"], done["passed"], done["duplicate"], done["refused"]) == ("done", 300, 0, 0)
    assert stack.oracle.stored_keys() == set(published)
    assert stack.oracle.rows("SELECT DISTINCT status FROM dlq_events") == [("replayed",)]
    assert stack.oracle.one("SELECT count(*) FROM dlq_history WHERE action = 'replayed' AND job = %s", done["id"]) == 300
    [again] = commands.json("replay", "start", "--all")
    assert again["total"] == 0
    service.stop()


@pytest.mark.parametrize("passing", [1, 2])
@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(stack, tmp_path, point, passing):
    if passing == 2 and point in ("replay.started", "replay.finishing"):
        pytest.skip("a job passes this point once")
    service = stack.service(**STRICT).start()
    commands = stack.commands()
    published = refused_orders(stack, EVENTS, seed=7)
    know_orders(commands, tmp_path)
    wait_for(lambda: passes(commands, EVENTS), "the schema to arrive")
    service.stop()
    service.environment["TAYLORDASH_FAULT_POINT"] = f"{point}:{passing}"
    service.start()
    job = int(commands.run("replay", "start", "--all", "--detach"))
    assert service.process.wait(30) == -signal.SIGKILL, "the fault point was not passed"
    del service.environment["TAYLORDASH_FAULT_POINT"]
    service.start()
    wait_for(lambda: job_of(commands, job)["state"] == "done", "the job to end", timeout=60)
    done = job_of(commands, job)
    assert stack.oracle.stored_count() == EVENTS, "stored twice, or not at all"
    assert stack.oracle.stored_keys() == set(published)
    assert done["total"] == EVENTS == done["passed"] + done["duplicate"] and done["refused"] == 0, done
    assert stack.oracle.rows("SELECT status, count(*) FROM dlq_events GROUP BY status") == [("replayed", EVENTS)]
    assert stack.oracle.one("SELECT count(*) FROM dlq_history WHERE action = 'replayed'") == EVENTS
    service.stop()


def test_it_can_be_paused_resumed_and_cancelled(stack, tmp_path):
    service = stack.service(**STRICT).start()
    commands = stack.commands()
    refused_orders(stack, 300, seed=3)
    know_orders(commands, tmp_path)
    wait_for(lambda: passes(commands, 300), "the schema to arrive")
    job = int(commands.run("replay", "start", "--all", "--detach", "--rate", 40))
    wait_for(lambda: job_of(commands, job)["passed"] > 0, "a first step")
    commands.run("replay", "pause", job)
    wait_for(lambda: job_of(commands, job)["passed"] == stack.oracle.stored_count(), "the step to end")
    held = stack.oracle.stored_count()
    assert 0 < held < 300
    service.stop()
    service.start()  # a pause outlives the process
    assert job_of(commands, job)["state"] == "paused"
    assert stack.oracle.stored_count() == held
    commands.run("replay", "resume", job)
    wait_for(lambda: stack.oracle.stored_count() > held, "it to go on")
    commands.run("replay", "cancel", job)
    wait_for(lambda: job_of(commands, job)["passed"] == stack.oracle.stored_count(), "the step to end")
    assert job_of(commands, job)["state"] == "cancelled"
    assert "is cancelled" in commands.run("replay", "resume", job, status=1)
    stored = stack.oracle.stored_count()
    assert stack.oracle.one("SELECT count(*) FROM dlq_events WHERE status = 'open'") == 300 - stored
    actions = [row[0] for row in stack.oracle.rows("SELECT action FROM replay_audit WHERE job = %s ORDER BY id", job)]
    assert actions == ["created", "started", "paused", "resumed", "started", "cancelled"]
    service.stop()


def test_the_database_goes_away_in_the_middle(stack, tmp_path):
    service = stack.service(**STRICT).start()
    commands = stack.commands()
    published = refused_orders(stack, 600, seed=4)
    know_orders(commands, tmp_path)
    wait_for(lambda: passes(commands, 600), "the schema to arrive")
    job = int(commands.run("replay", "start", "--all", "--detach", "--rate", 300))
    wait_for(lambda: stack.oracle.stored_count() > 0, "a first step")
    stack.cluster.kill()
    stack.cluster.start()
    wait_for(lambda: job_of(commands, job)["state"] == "done", "the job to end", timeout=60)
    assert stack.oracle.stored_count() == 600
    assert stack.oracle.stored_keys() == set(published)
    service.stop()


def test_two_services_run_a_job_once(stack, tmp_path):
    services = [stack.service(name=f"node{n}", **STRICT).start() for n in range(2)]
    commands = stack.commands()
    published = refused_orders(stack, 500, seed=5)
    know_orders(commands, tmp_path)
    wait_for(lambda: passes(commands, 500), "the schema to arrive")
    job = int(commands.run("replay", "start", "--all", "--detach", "--rate", 200))
    wait_for(lambda: stack.oracle.stored_count() > 0, "a first step")
    services[0].kill()  # one of them had the job; the other ends it
    wait_for(lambda: job_of(commands, job)["state"] == "done", "the job to end", timeout=60)
    assert stack.oracle.stored_keys() == set(published)
    assert job_of(commands, job)["passed"] + job_of(commands, job)["duplicate"] == 500
    services[1].stop()


@pytest.mark.parametrize("point", [p for p in FAULT_POINTS if p not in ("replay.copied", "replay.verified")])
def test_a_kill_while_stored_events_go_to_a_consumer_orders_each_once(stack, point):
    service = stack.service().start()
    commands = stack.commands()
    published = publish(stack.broker.port, orders(Maker(8), EVENTS)).published
    stack.oracle.wait_for_stored(EVENTS)
    service.stop()
    with stack.cluster.connect(stack.database) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO consumers (name, position, batch_index, topic_prefix, kinds, created_at, moved_at)"
                       " VALUES ('billing', 0, -1, '', '{}', now(), now())")
    service.environment["TAYLORDASH_FAULT_POINT"] = point
    service.start()
    job = int(commands.run("replay", "start", "--mirror", "--consumer", "billing", "--all", "--detach"))
    assert service.process.wait(30) == -signal.SIGKILL, "the fault point was not passed"
    del service.environment["TAYLORDASH_FAULT_POINT"]
    service.start()
    wait_for(lambda: job_of(commands, job)["state"] == "done", "the job to end", timeout=60)
    done = job_of(commands, job)
    assert done["total"] == EVENTS == done["passed"] + done["duplicate"], done
    ordered = stack.oracle.rows("SELECT event_id::text FROM consumer_deliveries WHERE consumer = 'billing'")
    assert sorted(row[0] for row in ordered) == sorted(event_id for event_id, _ in published)
    service.stop()


def test_everything_is_sent_only_when_it_is_asked_for(stack):
    service = stack.service(**STRICT).start()
    commands = stack.commands()
    refused_orders(stack, 3, seed=9)
    assert "--all" in commands.run("replay", "start", status=2)
    assert "no dead letter's id begins with" in commands.run("replay", "start", "--id", "0123456789", status=1)
    assert commands.json("replay", "list") == []
    service.stop()


def test_a_job_without_a_service_waits_and_says_so(stack):
    stack.service().start().stop()
    commands = stack.commands()
    job = int(commands.run("replay", "start", "--all", "--detach"))
    assert job_of(commands, job)["state"] == "waiting"
    assert "no replay job 99" in commands.run("replay", "show", 99, status=1)
    assert "how long ago" in commands.run("replay", "start", "--since", "yesterday", status=2)
    assert json.loads(commands.run("replay", "list", "--json"))["state"] == "waiting"
