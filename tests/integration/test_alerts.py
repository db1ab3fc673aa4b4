"""The shipped alert rules: valid, right on series of their own, and seen by a real Prometheus when a real service stalls."""

import os
import re
import signal
import subprocess
from pathlib import Path

from support.process import wait_for
from support.prometheus import ALERTS, Prometheus

ROOT = Path(__file__).resolve().parents[2]


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_valid_and_fire_when_they_should():
    promtool("check", "rules", str(ALERTS))
    promtool("test", "rules", str(ALERTS.with_name("alerts_test.yml")))


def test_every_rule_asks_for_metrics_that_exist():
    declared = (ROOT / "pipeline/metrics.cpp").read_text(encoding="utf-8")
    for expression in re.findall(r"taylordash_\w+", ALERTS.read_text(encoding="utf-8")):
        assert f'"{expression.removesuffix("_bucket")}"' in declared, expression


def test_a_stall_is_an_alert_and_recovery_ends_it(stack):
    service = stack.service(ingest={"stall_after": "4s"}, mqtt={"connect_timeout": "1s"}).start()
    producer = stack.producer(seed=1, rate=200)
    stack.oracle.wait_for_stored(50)
    prometheus = Prometheus(service.directory, service.http_port)
    stack.closing(prometheus.close)
    assert all(rule["health"] != "err" for rule in prometheus.rules())
    backends = [pid for (pid,) in stack.oracle.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'taylordash'")]
    for pid in backends:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: "TaylorDashEventsDoNotMove" in prometheus.firing(), "the alert to fire", timeout=30)
    finally:
        for pid in backends:
            os.kill(pid, signal.SIGCONT)
    wait_for(lambda: not prometheus.firing(), "the alert to end", timeout=60)
    stack.oracle.expect_exactly(producer.finish().published)
    service.stop()
