"""The commands that people and scripts watch the service with."""

import json
import signal
import subprocess

from support.process import wait_for
from support.service import BINARY


def run(*words, timeout=120):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=timeout, check=False)


def received_in(screen):
    rows = (line.split() for line in screen.read_text().splitlines())
    return [int(row[1].replace(",", "")) for row in rows if row[:1] == ["received"]]


def test_status_watch_shows_what_moves_until_it_is_interrupted(stack, tmp_path):
    service = stack.service().start()
    producer = stack.producer(seed=1, rate=300)
    url = f"http://127.0.0.1:{service.http_port}"
    screen = tmp_path / "screen"
    with screen.open("w") as out, subprocess.Popen([BINARY, "status", "--watch", "--url", url], stdout=out) as watching:
        wait_for(lambda: len(received_in(screen)) >= 3, "three looks")
        watching.send_signal(signal.SIGINT)
        assert watching.wait(5) in (0, -signal.SIGINT)
    received = received_in(screen)
    assert received == sorted(received) and received[-1] > received[0]
    producer.finish()
    service.stop()


def test_status_tells_scripts_how_it_is(stack):
    service = stack.service().start()
    url = f"http://127.0.0.1:{service.http_port}"
    assert run("status", "--url", url, "--ready").returncode == 0
    assert json.loads(run("status", "--url", url, "--json").stdout)["ready"] is True
    stack.cluster.stop()
    wait_for(lambda: service.get("/health/ready")[0] == 503, "the service to notice")
    away = run("status", "--url", url)
    assert away.returncode == 3 and "not ready" in away.stdout and "postgresql" in away.stdout, away.stdout
    stack.cluster.start()
    service.wait_ready()
    service.stop()
    gone = run("status", "--url", url)
    assert gone.returncode == 1 and url in gone.stderr, gone.stderr


def test_verify_kills_everything_and_passes(binary):
    done = run("verify", "--events", "3000", "--rounds", "1", "--seed", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout + done.stderr
    assert "PASS  (seed 3" in text and "kill -9: service 1" in text
    lines = {line.split("  ")[1].strip(): line for line in text.splitlines() if line.startswith("  ") and "  " in line}
    assert lines["lost"].split()[1] == "0" and lines["duplicates"].split()[1] == "0", text


def test_verify_says_in_json_what_it_says_in_words(binary):
    done = run("verify", "--events", "2000", "--faults", "none", "--seed", "4", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said["result"] == "pass" and said["lost"] == said["duplicates"] == 0
    assert said["stored"] + said["dead_lettered"] == said["published"] >= 2000
