"""`taylordash doctor` as people and scripts run it, and what a running service finds by itself."""

import json
import re
import signal
import subprocess

import pytest

from support.process import wait_for
from support.service import BINARY, toml


def doctor(configuration, *words, status=None):
    """(exit status, the JSON object)."""
    done = subprocess.run([BINARY, "doctor", "--config", configuration, "--json", *map(str, words)], capture_output=True,
                          text=True, timeout=60, check=False)
    assert status is None or done.returncode == status, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.returncode, json.loads(done.stdout)


def found(said, code):
    [one] = [f for f in said["findings"] if f["code"] == code]
    return one


def worries(said, but=()):
    return [(f["code"], f["what"]) for f in said["findings"]
            if f["severity"] in ("warning", "danger") and f["code"] not in but]


def alter(stack, sql):
    with stack.cluster.connect("postgres") as connection, connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def settings(stack):
    """A configuration file of the stack's servers, and a database that has its schema."""
    def write(name="doctor", **tables):
        service = stack.service(name, **tables)
        service.configuration.write_text(toml(service.settings), encoding="utf-8")
        subprocess.run([BINARY, "migrate", "--config", service.configuration], check=True, capture_output=True, timeout=60)
        return service.configuration
    return write


OF_THE_HOST = ("database_disk", "machine_memory", "machine_files")
# What the tests' servers are on purpose: fast and open.
OF_THE_TESTS = ("database_fsync", "database_synchronous_commit", "database_full_page_writes", "broker_anonymous",
                *OF_THE_HOST)


def test_a_durable_broker_gives_no_worry_and_its_configuration_is_read(stack, settings):
    status, said = doctor(settings(), "--broker-config", stack.broker.configuration)
    assert not worries(said, but=OF_THE_TESTS)
    assert found(said, "broker_queue_limit")["severity"] == "ok"
    assert found(said, "broker_persistence")["severity"] == "ok"
    assert found(said, "broker_anonymous")["where"].startswith(f"{stack.broker.configuration}:")
    assert found(said, "service_reachable")["severity"] == "note"
    assert said["looked_at"] == {"broker": True, "database": True}
    worst = {"ok": 0, "note": 0, "warning": 3, "danger": 4}[said["worst"]]
    assert status == worst


def test_a_broker_that_drops_is_a_danger_and_the_printed_line_mends_it(stack, settings):
    configuration = settings()
    file = stack.broker.configuration

    def restarted_with(line):
        stack.broker.process.send(signal.SIGTERM)
        stack.broker.process.wait(20)
        file.write_text(re.sub("^max_queued_messages .*$", line, file.read_text(), flags=re.M))
        stack.broker.start()

    restarted_with("max_queued_messages 1000")
    status, said = doctor(configuration, "--broker-config", file)
    finding = found(said, "broker_queue_limit")
    assert status == 4 and finding["severity"] == "danger" and "are gone" in finding["what"]
    number = 1 + file.read_text().splitlines().index("max_queued_messages 1000")
    assert finding["where"] == (f"{file}:{number}, then restart the broker (under systemd: systemctl restart "
                                "mosquitto)")
    restarted_with(finding["mend"])
    assert found(doctor(configuration, "--broker-config", file)[1], "broker_queue_limit")["severity"] == "ok"


def test_a_setting_of_the_database_is_named_with_the_statement_that_mends_it(stack, settings):
    configuration = settings()
    alter(stack, f"ALTER DATABASE {stack.database} SET synchronous_commit = off")
    finding = found(doctor(configuration, status=4)[1], "database_synchronous_commit")
    assert finding["severity"] == "danger"
    assert finding["mend"] == f"ALTER DATABASE {stack.database} RESET synchronous_commit;"
    alter(stack, finding["mend"])
    after = found(doctor(configuration)[1], "database_synchronous_commit")
    assert "ALTER DATABASE" not in after["mend"]


def test_what_is_found_is_printed_for_people(stack, settings):
    configuration = settings()
    alter(stack, f"ALTER DATABASE {stack.database} SET default_transaction_read_only = on")
    done = subprocess.run([BINARY, "doctor", "--config", configuration], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "  DANGER   default_transaction_read_only is on" in done.stdout
    assert f"change: ALTER DATABASE {stack.database} RESET default_transaction_read_only;" in done.stdout
    assert "code:   database_read_only" in done.stdout
    assert done.stdout.index("database_read_only") < done.stdout.index("\nmachine")
    assert not done.stderr


def test_servers_that_are_away_are_told_apart_from_a_command_that_could_not_look(stack, settings):
    configuration = settings()
    stack.broker.process.kill()
    status, said = doctor(configuration, status=4)
    assert found(said, "broker_reachable")["severity"] == "danger"
    assert said["looked_at"] == {"broker": False, "database": True}
    configuration.write_text(configuration.read_text().replace(stack.database, "no_such_database"))
    status, said = doctor(configuration, status=1)
    assert "does not let us in" in found(said, "database_reachable")["what"]
    wrong = subprocess.run([BINARY, "doctor", "--set", "mqtt.prot=1"], capture_output=True, text=True, timeout=30, check=False)
    assert wrong.returncode == 1 and "mqtt.prot" in wrong.stderr
    assert subprocess.run([BINARY, "doctor", "--nonsense"], capture_output=True, timeout=30, check=False).returncode == 2


def test_looking_disturbs_no_event(stack, settings):
    service = stack.service().start()
    producer = stack.producer(seed=1, rate=500)
    stack.oracle.wait_for_stored(200)
    for _ in range(3):
        said = doctor(service.configuration)[1]
        assert found(said, "service_ready")["severity"] == "ok"
        assert found(said, "broker_shared_subscriptions")["severity"] == "ok"
    stack.oracle.expect_exactly(producer.finish().published)
    service.stop()


def test_a_running_service_finds_by_itself_and_stays_ready(stack):
    alter(stack, f"ALTER DATABASE {stack.database} SET synchronous_commit = off")
    service = stack.service().start()

    def pressing():
        code, said = service.readiness()
        assert code == 200, said
        return [f for f in said["findings"] if f["code"] == "database_synchronous_commit"]

    [finding] = wait_for(pressing, "the doctor's first look")
    assert finding["severity"] == "danger" and "RESET synchronous_commit" in finding["mend"]
    assert any(f["code"] == "database_synchronous_commit" for f in service.status()["findings"])
    assert service.metrics().value("taylordash_findings", severity="danger") >= 1
    shown = subprocess.run([BINARY, "status", "--url", f"http://127.0.0.1:{service.http_port}"], capture_output=True,
                           text=True, timeout=30, check=False)
    assert shown.returncode == 0 and "DANGER   synchronous_commit is off" in shown.stdout, shown.stdout
    logged = [l for l in service.log_lines() if l.get("fields", {}).get("code") == "database_synchronous_commit"]
    assert len(logged) == 1 and logged[0]["level"] == "error"
    assert "doctor" in [a["name"] for a in service.status()["actors"]]
    service.stop()


def test_a_clean_standalone_instance_gives_nothing_worse_than_a_note(binary, run_directory):
    data = run_directory / "doctor-standalone"
    with (run_directory / "doctor-standalone.log").open("w") as log:
        instance = subprocess.Popen([binary, "standalone", "--data-dir", data, "--http-port", "0", "--mqtt-port", "0"],
                                    stdout=log, stderr=log)
    try:
        wait_for(lambda: (data / "run/env").exists() or instance.poll() is not None, "the instance", timeout=120)
        assert instance.poll() is None, (run_directory / "doctor-standalone.log").read_text()
        done = subprocess.run([binary, "doctor", "--data-dir", data, "--json"], capture_output=True, text=True, timeout=60,
                              check=False)
        said = json.loads(done.stdout)
        assert not worries(said, but=OF_THE_HOST), done.stdout
        assert done.returncode == 0 or worries(said), done.stdout
        assert found(said, "broker_acl")["what"].startswith("producers may write events, and not those")
        assert found(said, "broker_probe_topic")["severity"] == "ok"
        assert found(said, "service_ready")["severity"] == "ok"
        assert "are free on the database's disk" in found(said, "database_disk")["what"]
    finally:
        instance.send_signal(signal.SIGTERM)
        instance.wait(60)
    gone = subprocess.run([binary, "doctor", "--data-dir", data], capture_output=True, text=True, timeout=30, check=False)
    assert gone.returncode == 1 and "no standalone instance runs in" in gone.stderr
