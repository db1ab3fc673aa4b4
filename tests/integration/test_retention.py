"""Retention policies: what a dry run says is what a run takes, and the service takes it by itself."""

import json
import os
import subprocess

from support.events import Maker, now_us
from support.process import wait_for
from support.producers import publish, publish_raw
from support.service import BINARY

DAY = 86_400_000_000
TASKS, PROJECTS = "tracker/events/tasks/updated", "tracker/events/projects/updated"


class Desk:
    """The command, for one service's database."""

    def __init__(self, service):
        self.configuration = service.configuration

    def run(self, *words, status=0, env=None, config=True):
        done = subprocess.run([BINARY, "retention", *words, *(["--config", self.configuration] if config else [])],
                              capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **(env or {})})
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def lines(self, *words, **how):
        return [json.loads(line) for line in self.run(*words, "--json", **how).splitlines()]


def filled(stack, **settings):
    """A service that has stored, for each of the last eight days, 20 tasks and 5 projects; and two dead letters."""
    service = stack.service(**settings).start()
    maker = Maker(3, "retention")
    now = now_us()
    events = [maker.make(kind=kind, topic=topic, occurred_at=now - age * DAY + n,
                         payload={kind.replace("_updated", "_id"): maker.uuid(), "note": f"{maker.uuid()} " * 40})
              for age in range(8) for kind, topic, count in (("task_updated", TASKS, 20), ("project_updated", PROJECTS, 5))
              for n in range(count)]
    publish(stack.broker.port, events)
    publish_raw(stack.broker.port, [(TASKS, b"x"), (PROJECTS, b"y")])
    stack.oracle.expect_exactly({e.key: e for e in events}, dead_letters=2)
    return service, Desk(service)


def counts(stack):
    return dict(stack.oracle.rows("SELECT kind, count(*) FROM events_mirror GROUP BY 1"))


def test_a_dry_run_says_what_a_run_takes(stack):
    service, desk = filled(stack)
    assert "refused all the same" not in desk.run("set", "--keep", "3d", "--topic", "tracker/events/tasks/")
    assert "refused all the same" in desk.run("set", "--keep", "365", "--kind", "project_updated")
    desk.run("set", "--keep", "1d", "--dead-letters", "--topic", PROJECTS)
    stack.oracle.rows("UPDATE dlq_events SET last_failure = now() - interval '26 hours' RETURNING 1")
    listed = desk.run("list")
    assert "tracker/events/tasks/" in listed and "365 days" in listed and "settings" in listed
    assert [x["keep_days"] for x in desk.lines("list") if "keep_days" in x] == [3, 365, 1]

    planned = desk.lines("run", "--dry-run")
    refused = desk.run("run", status=1)
    assert "does this work" in refused and "taylordash (process" in refused
    assert counts(stack) == {"task_updated": 160, "project_updated": 40}
    service.stop()

    assert desk.lines("run", "--dry-run") == planned
    total = planned[-1]
    # Days 4 to 7 have 20 tasks each.
    assert (total["events"], total["dead_letters"], total["estimated"]) == (80, 1, True)
    assert {step["how"] for step in planned[:-2]} == {"rewrite"} and len(planned) == 4 + 1 + 1
    human = desk.run("run", "--dry-run")
    assert "~" in human and "total" in human

    taken = desk.lines("run")[0]
    assert (taken["events"], taken["dead_letters"], taken["days_dropped"]) == (80, 1, 0) and taken["bytes"] > 0
    assert counts(stack) == {"task_updated": 80, "project_updated": 40}
    assert stack.oracle.rows("SELECT convert_from(raw, 'UTF8') FROM dlq_events") == [("x",)]
    assert "nothing has expired" in desk.run("run", "--dry-run")
    assert "nothing has expired" in desk.run("run")
    history = desk.lines("history")
    assert [(h["events"], h["error"]) for h in history] == [(80, "")] and "@" in history[0]["actor"]
    assert "80" in desk.run("history")


def test_whole_days_go_with_their_real_size(stack):
    service, desk = filled(stack)
    service.stop()
    sized = stack.oracle.one("SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent ="
                             " 'events_mirror'::regclass AND right(inhrelid::regclass::text, 8) <"
                             " to_char((now() AT TIME ZONE 'UTC')::date - 4, 'YYYYMMDD')")
    # Shorter than the settings for all: every day before is dropped whole.
    stack.oracle.rows("UPDATE retention_defaults SET events_days = 4 RETURNING 1")
    total = desk.lines("run", "--dry-run")[-1]
    assert (total["events"], total["bytes"], total["estimated"]) == (75, sized, False)
    taken = desk.lines("run")[0]
    assert (taken["events"], taken["bytes"]) == (75, sized) and taken["days_dropped"] >= 3
    assert counts(stack) == {"task_updated": 100, "project_updated": 25}


def test_the_service_takes_it_by_itself_and_ingest_goes_on(stack):
    service, desk = filled(stack)
    desk.run("set", "--keep", "2d", "--kind", "task_updated")
    service.stop()
    service.start()
    producer = stack.producer(seed=9, rate=200)
    wait_for(lambda: stack.oracle.one("SELECT count(*) FROM events_mirror WHERE source = 'retention/3'") == 100,
             "three days of tasks and all projects to be left")
    producer.finish()
    wait_for(lambda: not producer.published.keys() - stack.oracle.stored_keys(), "every event of the producer")
    runs = desk.lines("history")
    assert [(r["actor"], r["events"], r["error"]) for r in runs] == [("the service", 100, "")]
    assert "finished_at" in runs[0]
    service.stop()


def test_what_the_services_keep_is_not_taken_by_a_command_with_other_settings(stack):
    service, desk = filled(stack, retention={"events": "60d"})
    service.stop()
    other = {"TAYLORDASH_DATABASE__URL": stack.cluster.url(stack.database), "TAYLORDASH_RETENTION__EVENTS": "1d"}
    assert desk.lines("list", env=other, config=False)[-1]["events_days"] == 60
    assert "nothing has expired" in desk.run("run", env=other, config=False)
    assert counts(stack) == {"task_updated": 160, "project_updated": 40}


def test_mistakes_are_answered_with_what_is_right(stack):
    stack.service().start().stop()
    desk = Desk(stack.service())
    for wrong in ("0", "36h", "soon", "40000d"):
        assert "allowed: 1d to 36500d" in desk.run("set", "--keep", wrong, status=2)
    assert "--keep" in desk.run("set", status=2)
    assert "retention list" in desk.run("remove", "--kind", "nothing", status=1)
    desk.run("set", "--keep", "5", "--kind", "k")
    assert "removed" in desk.run("remove", "--kind", "k")
