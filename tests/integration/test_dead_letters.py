"""People and dead letters: list, groups, show, edit, discard, reopen and export, through the binary against a real service."""

import base64
import getpass
import hashlib
import json
import os
import pty
import socket
import stat
import subprocess

import pytest
from support.events import Maker
from support.process import wait_for
from support.producers import publish, publish_raw
from support.service import BINARY

TASKS = "tracker/events/tasks/updated"
PROJECTS = "tracker/events/projects/updated"
BINARY_BODY = bytes(range(256))


def run(*words, status=0, stdin=None, env=None):
    """One command; its exit status must be `status`. Returns what it printed to (output, error)."""
    done = subprocess.run([BINARY, *map(str, words)], input=stdin, capture_output=True, timeout=120, check=False,
                          env={**os.environ, **(env or {})})
    text = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    assert done.returncode == status, (words, done.returncode, *text)
    return text


def id_of(topic, raw):
    return hashlib.sha256(topic.encode() + b"\0" + raw).hexdigest()


class House:
    """A service that has met 30 bad events of several kinds, and three good ones."""

    def __init__(self, stack):
        self.stack = stack
        self.service = stack.service().start()
        maker = Maker(5, "dead-letters")
        self.good = maker.make(kind="task_updated", topic=TASKS)
        self.broken = self.good.body.replace(b'"payload"', b'"payload": x, "p"', 1)
        self.bad = [(TASKS, b"{\"n\": %d" % n) for n in range(20)]            # not_json
        self.bad += [(PROJECTS, b"[%d]" % n) for n in range(6)]               # not_an_object
        self.bad += [("tracker/events/users/made", b"{}")]                    # topic_not_allowed
        self.bad += [(TASKS, BINARY_BODY), (TASKS, b""), (TASKS, self.broken)]  # not_utf8, body_empty, not_json
        publish(stack.broker.port, maker.many(3))
        publish_raw(stack.broker.port, self.bad)
        wait_for(lambda: stack.oracle.dead_letter_count() == 30, "30 dead letters")

    def dlq(self, *words, **how):
        return run("dlq", *words, "--config", self.service.configuration, **how)

    def listed(self, *words):
        return [json.loads(line) for line in self.dlq("list", "--json", *words)[0].splitlines()]

    def statuses(self):
        return dict(self.stack.oracle.rows("SELECT status, count(*) FROM dlq_events GROUP BY 1"))

    def history(self, letter):
        return self.stack.oracle.rows("SELECT actor, action, detail FROM dlq_history WHERE delivery_hash = %s"
                                      " ORDER BY id", bytes.fromhex(letter))


@pytest.fixture
def house(stack):
    made = House(stack)
    yield made
    made.service.stop()


def test_lists_what_is_asked_for_and_counts_exactly(house):
    letters = house.listed()
    assert {(x["topic"], x["bytes"]) for x in letters} == {(t, len(r)) for t, r in house.bad}
    assert {x["id"] for x in letters} == {id_of(*bad) for bad in house.bad}
    assert len(house.listed("--code", "not_json")) == 21
    assert len(house.listed("--topic", "tracker/events/projects/")) == 6
    assert len(house.listed("--stage", "topic")) == 1
    assert len(house.listed("--since", "1h")) == 30
    assert house.listed("--before", "1h") == []
    assert len(house.listed("--limit", "7")) == 7
    assert house.listed("--status", "discarded") == []
    table, _ = house.dlq("list", "--limit", "5")
    assert len(table.splitlines()) == 7 and "the newest 5 of 30; more with --limit N" in table
    assert "no dead letters" in house.dlq("list", "--kind", "nothing_like_it")[0]
    assert "did you mean not_json?" in house.dlq("list", "--code", "not_jsn", status=2)[1]


def test_groups_count_what_failed_alike(house):
    publish_raw(house.stack.broker.port, [house.bad[0]] * 2)
    wait_for(lambda: max(x["attempts"] for x in house.listed()) == 3, "the third attempt")
    groups = [json.loads(line) for line in house.dlq("groups", "--json")[0].splitlines()]
    assert [(g["newest"]["code"], g["letters"], g["attempts"], g["last_hour"]) for g in groups][:2] == [
        ("not_json", 21, 23, 21), ("not_an_object", 6, 6, 6)]
    assert sum(g["letters"] for g in groups) == 30
    assert groups[0]["newest"]["id"] == id_of(*house.bad[0]) and groups[1]["topics"] == [PROJECTS]
    assert len(house.listed("--group", groups[0]["fingerprint"][:8])) == 21
    table, _ = house.dlq("groups")
    assert len(table.splitlines()) == 1 + len(groups) and groups[0]["fingerprint"][:12] in table


def test_shows_one_with_the_place_marked(house):
    letter = id_of(TASKS, house.broken)
    shown, _ = house.dlq("show", letter[:8])
    at = house.broken.index(b"x, ")
    assert "not_json: the body is not valid JSON" in shown and f"at byte {at}, found 'x'" in shown
    lines = shown.splitlines()
    marked = next(i for i, line in enumerate(lines) if line.strip() == "^")
    assert lines[marked - 1][lines[marked].index("^")] == "x"
    raw = subprocess.run([BINARY, "dlq", "show", letter, "--raw", "--config", house.service.configuration],
                         capture_output=True, timeout=60, check=True).stdout
    assert raw == house.broken
    dump, _ = house.dlq("show", id_of(TASKS, BINARY_BODY))
    assert "80 81 82 83" in dump and not set(dump) & set(map(chr, [*range(10), *range(11, 32), 127]))
    as_json = json.loads(house.dlq("show", id_of(TASKS, BINARY_BODY), "--json")[0])
    assert as_json["raw_is_base64"] and base64.b64decode(as_json["raw"]) == BINARY_BODY
    assert "is no id" in house.dlq("show", "xyz", status=1)[1]
    assert "no dead letter's id begins with 000000" in house.dlq("show", "000000", status=1)[1]


def test_raw_bytes_do_not_go_to_a_terminal_unasked(house):
    ours, theirs = pty.openpty()
    words = [BINARY, "dlq", "show", id_of(TASKS, BINARY_BODY), "--raw", "--config", house.service.configuration]
    refused = subprocess.run(words, stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False)
    assert refused.returncode == 1 and b"--force" in refused.stderr
    forced = subprocess.run([*words, "--force"], stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(theirs)
    assert forced.returncode == 0 and b"\x01\x02" in os.read(ours, 4096)
    os.close(ours)


def test_an_edit_is_judged_stored_and_remembered(house):
    letter = id_of(TASKS, house.broken)
    script = "sed -i 's/\"payload\": x, \"p\"/\"payload\"/'"
    said, _ = house.dlq("edit", letter[:10], env={"EDITOR": script, "VISUAL": ""})
    assert said == f"{letter[:12]} is edited ({len(house.good.body)} bytes); it would pass now\n"
    stored = house.stack.oracle.rows("SELECT raw, edited FROM dlq_events WHERE delivery_hash = %s", bytes.fromhex(letter))
    assert [tuple(map(bytes, row)) for row in stored] == [(house.broken, house.good.body)]
    who = f"{os.environ.get('SUDO_USER') or getpass.getuser()}@{socket.gethostname()}"
    assert house.history(letter) == [
        (who, "edited", f"{len(house.good.body)} bytes; {len(house.broken)} were delivered")]
    shown, _ = house.dlq("show", letter)
    assert "would pass now" in shown and "open, edited" in shown and who in shown

    assert "nothing is changed" in house.dlq("edit", letter, env={"VISUAL": "true"})[0]
    said, _ = house.dlq("edit", letter, "--file", "-", stdin=b"{}")
    assert "it would still be refused: event_id_missing" in said
    failed = house.dlq("edit", letter, status=1, env={"VISUAL": "false"})[1]
    assert "ended with status 1; nothing is changed" in failed
    assert [h[1] for h in house.history(letter)] == ["edited", "edited"]
    house.dlq("edit", letter, "--file", "-", stdin=house.broken)
    assert house.history(letter)[-1][2] == "back to what was delivered"
    assert house.listed("--code", "not_json")[0].keys() >= {"edited"} and not any(x["edited"] for x in house.listed())


def test_discards_by_id_and_by_filter_and_takes_it_back(house):
    first, second = id_of(*house.bad[0]), id_of(*house.bad[1])
    assert "--reason" in house.dlq("discard", first, status=2)[1]
    assert "discarded 2 dead letters" in house.dlq("discard", first[:9], second, "--reason", "test data")[0]
    assert house.statuses() == {"open": 28, "discarded": 2}
    assert [h[1:] for h in house.history(first)] == [("discarded", "test data")]
    house.dlq("discard", first, "--reason", "again")  # is discarded already: no harm, no second row
    assert len(house.history(first)) == 1
    assert "is discarded" in house.dlq("edit", first, "--file", "-", stdin=b"{}", status=1)[1]

    assert "which ones?" in house.dlq("discard", "--reason", "r", status=2)[1]
    said = house.dlq("discard", "--code", "not_json", "--reason", "old device", status=1)[1]
    assert "discard 19 dead letters" in said and "--yes" in said
    assert house.statuses() == {"open": 28, "discarded": 2}
    assert "discarded 19 dead letters" in house.dlq("discard", "--code", "not_json", "--reason", "old device",
                                                    "--yes")[0]
    assert house.statuses() == {"open": 9, "discarded": 21}
    assert len(house.listed("--status", "any")) == 30

    assert "reopened 1 dead letter\n" in house.dlq("reopen", second)[0]
    assert "reopened 20 dead letters" in house.dlq("reopen", "--all", "--yes")[0]
    assert house.statuses() == {"open": 30}
    assert [h[1] for h in house.history(second)] == ["discarded", "reopened"]
    house.stack.oracle.expect_journal()


def test_an_answer_at_the_terminal_confirms(house):
    for answer, status, left in ((b"n\n", 1, 30), (b"y\n", 0, 24)):
        ours, theirs = pty.openpty()
        with subprocess.Popen([BINARY, "dlq", "discard", "--code", "not_an_object", "--reason", "r", "--config",
                               house.service.configuration], stdin=theirs, stderr=subprocess.PIPE,
                              stdout=subprocess.PIPE) as asking:
            os.close(theirs)
            os.write(ours, answer)
            _, error = asking.communicate(timeout=60)
        os.close(ours)
        assert b"discard 6 dead letters? [y/N]" in error
        assert asking.returncode == status and house.statuses()["open"] == left


def test_exports_every_byte(house, tmp_path):
    file = tmp_path / "letters.ndjson"
    said, _ = house.dlq("export", "--output", file)
    assert said == f"exported 30 dead letters to {file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    bodies = {x["id"]: base64.b64decode(x["raw"]) if x["raw_is_base64"] else x["raw"].encode() for x in lines}
    assert bodies == {id_of(t, r): r for t, r in house.bad}
    assert "File exists" in house.dlq("export", "--output", file, status=1)[1]
    out, _ = house.dlq("export", "--code", "not_an_object", "--topic", "tracker/events/projects/")
    assert [json.loads(line)["code"] for line in out.splitlines()] == ["not_an_object"] * 6
    one, _ = house.dlq("export", id_of(*house.bad[3])[:8])
    assert json.loads(one)["raw"] == house.bad[3][1].decode()
    full = subprocess.run([BINARY, "dlq", "export", "--config", house.service.configuration, "--output", "/dev/full"],
                          capture_output=True, timeout=60, check=False)
    assert full.returncode == 1


def test_a_database_that_is_not_there_is_named_with_what_to_do(binary, cluster, run_directory):
    error = run("dlq", "list", status=1, env={"TAYLORDASH_DATABASE__URL": ""})[1]
    assert "--data-dir" in error and "TAYLORDASH_DATABASE__URL" in error
    error = run("dlq", "list", status=1, env={"TAYLORDASH_DATABASE__URL": "postgresql://u:secret@127.0.0.1:1/d"})[1]
    assert "cannot be reached" in error and "secret" not in error
    bare = cluster.create_database("td_not_migrated")
    error = run("dlq", "list", status=1, env={"TAYLORDASH_DATABASE__URL": cluster.url(bare)})[1]
    assert "taylordash migrate" in error
    assert "no standalone instance runs in" in run("dlq", "groups", "--data-dir", run_directory, status=1)[1]
