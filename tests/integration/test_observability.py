"""What the service says about itself: it is the truth, it is complete, and it costs nothing when nothing happens."""

import re
import time
from datetime import datetime, timezone
from pathlib import Path

from support.events import Maker
from support.process import wait_for
from support.producers import publish, publish_raw

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs/operating.md"


def test_every_metric_is_documented_and_every_documented_metric_exists(stack):
    service = stack.service().start()
    publish(stack.broker.port, Maker(1).many(50))
    publish_raw(stack.broker.port, [("tracker/events/tasks/x", b"bad")])
    stack.oracle.wait_for_stored(50)
    wait_for(lambda: service.metrics().events("dead_lettered") == 1, "the dead letter")
    exposed = {name for name in service.metrics().types if name.startswith("taylordash_")}
    documented = set(re.findall(r"`(taylordash_\w+)", DOCUMENTED.read_text(encoding="utf-8")))
    # Families without a sample yet are not exposed: nothing was given back here.
    assert exposed <= documented, f"not documented: {exposed - documented}"
    assert documented - exposed <= {"taylordash_given_back_total"}, f"not exposed: {documented - exposed}"
    service.stop()


def test_the_ledger_tells_what_happened(stack):
    service = stack.service().start()
    events = Maker(1).many(500)
    publish(stack.broker.port, events)
    stack.oracle.wait_for_stored(500)  # the second round is all duplicates, and no batch holds some of both
    publish(stack.broker.port, events)
    publish_raw(stack.broker.port, [("tracker/events/tasks/x", b"bad %d" % i) for i in range(70)])
    wait_for(lambda: service.metrics().events("received") >= 1070, "all of it")
    wait_for(lambda: service.metrics().value("taylordash_in_flight_events") == 0, "quiet")
    metrics = service.metrics()
    outcomes = {o: metrics.events(o) for o in ("received", "stored", "duplicate", "dead_lettered", "given_back")}
    assert outcomes == {"received": 1070, "stored": 500, "duplicate": 500, "dead_lettered": 70, "given_back": 0}
    assert metrics.value("taylordash_dead_letters_total", code="not_json", stage="scan") == 70
    assert metrics.value("taylordash_publish_to_commit_seconds_count") == 500, "once for each stored event"
    assert metrics.value("taylordash_unaccounted_events") == 0
    stack.oracle.expect_exactly({e.key: e for e in events}, dead_letters=70)
    service.stop()


def test_status_shows_lanes_dependencies_and_the_same_ledger(stack):
    service = stack.service().start()
    publish(stack.broker.port, Maker(1).many(100))
    stack.oracle.wait_for_stored(100)
    wait_for(lambda: service.metrics().value("taylordash_in_flight_events") == 0, "quiet")
    status = service.status()
    assert status["ready"] is True
    assert [lane["slot"] for lane in status["lanes"]] == stack.oracle.slots()
    assert sum(lane["received"] for lane in status["lanes"]) == 100
    assert {d["name"]: d["ok"] for d in status["dependencies"]} == {"postgresql": True, "mqtt": True}
    assert status["deployment"] == stack.oracle.one("SELECT id::text FROM deployment")
    service.stop()


def finding(line):
    return line["message"].startswith("finding: ")


def test_the_log_is_json_lines_and_silent_in_the_steady_state(stack):
    service = stack.service().start()
    publish(stack.broker.port, Maker(1).many(500))
    stack.oracle.wait_for_stored(500)
    # The doctor's first look tells of the test's database, which does not wait for its disk.
    wait_for(lambda: any(finding(line) for line in service.log_lines()), "the doctor to have looked")
    before = len(service.log_lines())
    for seed in range(2, 5):
        publish(stack.broker.port, Maker(seed).many(500))
    stack.oracle.wait_for_stored(2000)
    assert len(service.log_lines()) == before, service.process.tail()
    service.stop()
    lines = service.log_lines()
    for line in lines:
        moment = datetime.fromisoformat(line["ts"].replace("Z", "+00:00"))
        assert abs((datetime.now(timezone.utc) - moment).total_seconds()) < 120
        assert line["level"] in ("debug", "info", "warning", "error") and line["message"]
    loud = [line for line in lines if line["level"] != "info" and not finding(line)]
    assert not loud, "a quiet life has no warnings"


def test_no_secret_is_ever_said(stack):
    """Also not when the connection fails, which is when libraries like to print it."""
    secret = "hunter2-s3cr3t"
    url = f"postgresql://postgres:{secret}@127.0.0.1:{stack.cluster.port}/{stack.database}?sslmode=disable"
    service = stack.service(log={"level": "debug", "format": "json"}, mqtt={"username": "me"}, database={"url": ""},
                            environment={"TAYLORDASH_MQTT__PASSWORD": secret, "TAYLORDASH_DATABASE__URL": url})
    service.settings["database"] = {}
    service.start()
    stack.cluster.stop()
    wait_for(lambda: service.get("/health/ready")[0] == 503, "the service to notice")
    said = "".join(service.get(path)[1] for path in ("/health/ready", "/api/v1/status", "/metrics"))
    stack.cluster.start()
    service.wait_ready()
    service.stop()
    assert secret not in said + service.process.text()


def test_idle_costs_next_to_nothing(stack):
    service = stack.service().start()
    publish(stack.broker.port, Maker(1).many(500))
    stack.oracle.wait_for_stored(500)
    service._watch.end()  # scraping is not idling
    seconds = 6.0
    before, start = service.cpu_seconds(), time.monotonic()
    wait_for(lambda: time.monotonic() - start > seconds, "idling", timeout=seconds + 5, interval=0.5)
    share = (service.cpu_seconds() - before) / (time.monotonic() - start)
    assert share < 0.03, f"{share:.1%} of a core while idle"
    service.stop()


def test_unknown_paths_and_methods_are_refused_politely(stack):
    service = stack.service().start()
    assert service.get("/nothing")[0] == 404
    assert service.get("/health/live")[0] == 200
    assert service.get("/metrics")[1].endswith("\n")
    service.stop()
