"""`taylordash capacity`: a real search in short windows, and bottlenecks that the test makes."""

import json
import signal
import subprocess
import threading
import time

import pytest
from support.process import wait_for
from support.service import BINARY, toml


def capacity(*words, timeout=150):
    return subprocess.run([BINARY, "capacity", *words], capture_output=True, text=True, timeout=timeout, check=False)


def config(stack, **tables):
    file = stack.directory / "capacity.toml"
    file.write_text(toml({**stack.base_settings, **tables}))
    return str(file)


def quick(stack, file, *words):
    """A search on the stack's servers, and what it found."""
    done = capacity("--config", file, "--quick", "--json", "--from", "200", *words)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


SLOW_COMMIT = """
    CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow_flush AFTER INSERT ON mirror_batches DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pause()"""


def slow_commits(stack):
    """COMMIT takes 50 ms, as on a disk whose flush does: deferred triggers run within it."""
    stack.commands().run("migrate", "--skip-lanes")
    with stack.cluster.connect(stack.database) as connection, connection.cursor() as cursor:
        cursor.execute(SLOW_COMMIT)


class Slowed(threading.Thread):
    """Lets a process run only now and then, until the test ends."""

    def __init__(self, process, run=0.004, stop=0.196):
        super().__init__(daemon=True)
        self._process, self._runs, self._stands = process, run, stop
        self._end = threading.Event()

    def run(self):
        while not self._end.is_set():
            self._process.send(signal.SIGSTOP)
            self._end.wait(self._stands)
            self._process.send(signal.SIGCONT)
            self._end.wait(self._runs)

    def end(self):
        self._end.set()
        self.join()
        self._process.send(signal.SIGCONT)


@pytest.fixture
def place(binary, run_directory, request):
    """Where an instance may be made: not there yet; a short path, open to the servers' accounts."""
    return run_directory / f"capacity-{request.node.name[:20]}"


def test_finds_a_rate_and_writes_a_report_that_stands_alone(place, tmp_path):
    done = capacity("--quick", "--target", "500/s", "--up-to", "1k/s", "--p99", "2s", "--report", str(tmp_path),
                    "--data-dir", str(place))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "500/s fits" in done.stdout and "Bottleneck:" in done.stdout and "Sizing" in done.stdout
    data = json.loads((tmp_path / "capacity.json").read_text())
    assert data["fits"] and data["rate"] >= 500 and data["trials"][0]["why"] == "target"
    answer = next(t for t in data["trials"] if t["why"] == "confirm" and t["finding"] == "sustained")
    for stage in ("cpu", "broker", "read", "validate", "write", "commit", "lane"):
        assert 0 < answer["utilisation"][stage] <= 1, stage
    for cost in ("broker_cpu_s", "postgres_cpu_s", "service_cpu_s", "wal_bytes", "disk_bytes"):
        assert answer["cost_per_event"][cost] > 0, cost
    page = (tmp_path / "capacity.html").read_text()
    assert data["answer"] in page and "<svg" in page and "http://" not in page.replace("http://www.w3.org", "")
    assert answer["commit_ms"] > 0 and answer["p50_ms"] > answer["commit_ms"] and not answer["cut"]
    assert not place.exists(), "something is left behind"


def test_says_3_when_the_target_does_not_fit(stack):
    slow_commits(stack)
    file = config(stack, ingest={"lanes": 1, "batch_events": 20},
                  database={**stack.base_settings["database"], "connections": 1})
    done = capacity("--config", file, "--quick", "--target", "1000/s", "--json")
    assert done.returncode == 3, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["answer"].startswith("1,000/s does not fit") and found["fits"] is False
    # 400/s at most: less than half of it is stored, and that is no noise
    assert [t["rate"] for t in found["trials"]].count(1000) == 1


def test_names_commit_and_the_lines_to_change_when_the_disk_is_slow(stack):
    slow_commits(stack)
    file = config(stack, ingest={"lanes": 1, "batch_events": 50},
                  database={**stack.base_settings["database"], "connections": 1})
    found = quick(stack, file)
    assert found["bottleneck"]["stage"] == "commit", found["bottleneck"]
    assert found["bottleneck"]["certain"]
    lines = [c["text"] for c in found["bottleneck"]["change"]]
    assert "lanes = 2" in lines and "connections = 2" in lines, lines
    # 50 events in 50 ms or more
    assert 100 < found["rate"] < 1100, found["answer"]
    assert stack.oracle.slots() == [], "the lanes it made are ended"


def test_names_the_broker_when_it_is_slow(stack):
    file = config(stack)
    slowed = Slowed(stack.broker.process)
    slowed.start()
    stack.closing(slowed.end)
    found = quick(stack, file, "--p99", "2s")
    assert found["bottleneck"]["stage"] == "broker", found["bottleneck"]


def test_refuses_a_database_with_events_and_a_service_that_runs(stack):
    service = stack.service().start()
    producer = stack.producer(seed=1, rate=200)
    wait_for(lambda: stack.oracle.stored_count() > 10, "events")
    file = config(stack)
    done = capacity("--config", file, "--quick")
    assert done.returncode == 1 and "a service runs on this database" in done.stderr, done.stderr
    producer.finish()
    service.stop()
    done = capacity("--config", file, "--quick")
    assert done.returncode == 1 and "holds events" in done.stderr and "--allow-used" in done.stderr, done.stderr


def test_refuses_a_broker_that_others_use_and_takes_none_of_their_events(stack):
    """A group of the production's own waits at the broker; the configuration names the same group."""
    owner = stack.service().start()
    owner.stop()  # its session stays, and events wait in it
    used = stack.database
    empty = stack.cluster.create_database(f"{used}_capacity")
    file = config(stack, database={"url": stack.cluster.url(empty)})
    producer = stack.producer(seed=1, rate=100)
    done = capacity("--config", file, "--quick")
    assert done.returncode == 1 and "somebody else publishes" in done.stderr, done.stderr
    assert "tracker/events/" in done.stderr
    with stack.cluster.connect(empty) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchone()[0] == 0, "it refuses before it makes a table"
    sent = producer.finish()
    owner.start()
    wait_for(lambda: stack.oracle.stored_count() == len(sent.published), "every event with the service it was for")


def test_refuses_lanes_that_stand(stack):
    service = stack.service().start()
    service.stop()
    done = capacity("--config", config(stack), "--quick")
    assert done.returncode == 1 and "lanes of a service" in done.stderr, done.stderr


def test_takes_no_words_that_contradict_each_other(binary):
    done = capacity("--target", "500/s", "--from", "100/s")
    assert done.returncode == 2 and "--from: goes without --target" in done.stderr, done.stderr
    done = capacity("--invalid", "60", "--duplicate", "60")
    assert done.returncode == 2 and done.stderr, done.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGHUP], ids=["interrupt", "hangup"])
def test_a_stop_removes_everything(place, ending):
    with subprocess.Popen([BINARY, "capacity", "--quick", "--data-dir", str(place)], stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if "climb" in line:
                break
        assert place.exists(), "it works somewhere"
        run.send_signal(ending)
        _, error = run.communicate(timeout=60)
        assert run.returncode == 1 and "stopped; everything it made is removed" in error, error
    assert not place.exists()


def test_a_stop_with_a_backlog_ends_its_lanes(stack):
    """On servers that are given: their sessions would collect every later event, for ever."""
    words = [BINARY, "capacity", "--config", config(stack), "--from", "200"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if "filling the broker" in line:
                break
        time.sleep(1)  # of the two seconds that filling takes: some thousand events wait
        run.send_signal(signal.SIGINT)
        _, error = run.communicate(timeout=120)
    assert run.returncode == 1 and "stopped; its lanes are ended" in error, error
    assert stack.oracle.slots() == []
