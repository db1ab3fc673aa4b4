"""The oracle is held to its claims: each error that is planted, in rows or in a real database, is seen and named."""

import json
import re
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from support.events import Maker

from fault.messages import BROKEN_SHARE, FLAWS, STAGE_OF, TOPIC_FLAWS, Message, MessageMaker
from fault.obligations import CLOCK, Letter, Stored, audit, both, canonical, evidence, missing
from fault.plan import PlannedFault, Round
from fault.rounds import RoundFailed, Runner

ROOT = Path(__file__).resolve().parents[2]


def stored(message):
    event = message.event
    return Stored(event.key, event.trace_id, event.kind, event.source, event.topic, json.dumps(event.payload))


def letter(message, code=None):
    code = code or message.code
    return Letter(message.hash, code, message.body, 1, "open", message.topic, STAGE_OF[code])


@pytest.fixture
def truth():
    """(messages, rows, letters) of a product that meets every obligation."""
    maker = MessageMaker("oracle", "fault-oracle")
    while len(maker.made) < 300 or not {"payload_missing", "not_json"} <= {m.code for m in maker.made}:
        maker.make()
    sound = [m for m in maker.made if not m.code]
    return maker.made, [stored(m) for m in sound], [letter(m) for m in maker.made if m.code]


def test_what_is_right_is_accepted(truth):
    assert audit(*truth) == []


def test_a_lost_event(truth):
    messages, rows, letters = truth
    (complaint,) = audit(messages, rows[1:], letters)
    assert complaint.startswith("1 lost") and rows[0].key[0] in complaint
    assert [m.key for m in missing(messages, rows[1:], letters)] == [rows[0].key]


def test_a_lost_dead_letter(truth):
    messages, rows, letters = truth
    (complaint,) = audit(messages, rows, letters[1:])
    assert complaint.startswith("1 lost") and letters[0].code in complaint


def test_an_event_stored_twice(truth):
    messages, rows, letters = truth
    assert audit(messages, [*rows, rows[3]], letters)[0].startswith("1 stored twice")


def test_an_invented_event(truth):
    messages, rows, letters = truth
    other = stored(Message("t", b"", event=Maker(99).make()))
    assert audit(messages, [*rows, other], letters)[0].startswith("1 in the mirror that nobody published")


def test_the_same_event_under_another_time(truth):
    messages, rows, letters = truth
    moved = replace(rows[0], key=(rows[0].key[0], rows[0].key[1] + 1))
    assert len(audit(messages, [moved, *rows[1:]], letters)) == 2, "one lost, one invented"


@pytest.mark.parametrize("changed", ["trace_id", "kind", "source", "topic"])
def test_a_changed_member(truth, changed):
    messages, rows, letters = truth
    rows[5] = replace(rows[5], **{changed: "other"})
    assert audit(messages, rows, letters)[0].startswith("1 stored otherwise than published")


def test_a_changed_payload(truth):
    messages, rows, letters = truth
    rows[5] = replace(rows[5], payload=rows[5].payload.replace('"progress": ', '"progress": 1', 1))
    assert audit(messages, rows, letters)[0].startswith("1 stored otherwise than published")


def test_payloads_are_compared_as_values_with_every_digit():
    assert canonical('{"a": 1.50, "b": 1e2}') == canonical('{"b":100,"a":1.5}')
    assert canonical("0.12345678901234567890") != canonical("0.12345678901234567891")
    assert canonical("9007199254740993") != canonical("9007199254740992")
    assert canonical("true") != canonical("1.5")


def test_a_wrong_code(truth):
    messages, rows, letters = truth
    letters[0] = replace(letters[0], code="body_empty" if letters[0].code != "body_empty" else "not_json")
    assert audit(messages, rows, letters)[0].startswith("1 dead-lettered with the wrong reason")


def test_changed_raw_bytes(truth):
    messages, rows, letters = truth
    letters[0] = replace(letters[0], raw=letters[0].raw + b" ")
    assert audit(messages, rows, letters)[0].startswith("1 stored otherwise than published")


def test_an_invented_dead_letter(truth):
    messages, rows, letters = truth
    invented = Letter(bytes(32), "not_json", b"?", 1, "open", "t", "scan")
    assert audit(messages, rows, [*letters, invented])[0].startswith("1 dead letters that nobody published")


def test_a_sound_event_among_the_dead_letters(truth):
    messages, rows, letters = truth
    sound = next(m for m in messages if not m.code)
    assert audit(messages, rows, [*letters, letter(sound, "not_json")])[0].startswith("1 dead-lettered with the wrong")
    assert audit(messages, rows, [*letters, letter(sound, CLOCK)]), "no clock was back"


@pytest.mark.parametrize("moved", [0, -1000], ids=["at its time", "at another time"])
def test_a_broken_message_in_the_mirror(truth, moved):
    """Under the key that a database has for it, whatever else is wrong with it."""
    messages, rows, letters = truth
    broken = next(m for m in messages if m.code == "payload_missing")
    row = stored(broken)
    assert row.key == broken.key == broken.event.key
    row = replace(row, key=(row.key[0], row.key[1] + moved))
    for theirs in (letters, [one for one in letters if one.hash != broken.hash]):
        (complaint,) = [c for c in audit(messages, [*rows, row], theirs) if not c.startswith("1 lost")]
        assert complaint.startswith("1 stored though broken, for example payload_missing")


@pytest.mark.parametrize("member, value, complaint", [
    ("topic", "tracker/events/other", "1 stored otherwise than published, for example the topic"),
    ("stage", "mirror", "1 dead-lettered with the wrong reason"),
    ("status", "replayed", "1 dead letters that somebody has dealt with"),
])
def test_a_changed_member_of_a_dead_letter(truth, member, value, complaint):
    messages, rows, letters = truth
    letters[0] = replace(letters[0], **{member: value})
    (found,) = audit(messages, rows, letters)
    assert found.startswith(complaint)


def test_what_is_stored_and_dead_lettered_is_found_and_told_which_came_first(truth):
    messages, rows, letters = truth
    one, other = [m for m in messages if not m.code][:2]
    rows = [replace(row, position=5) for row in rows]
    late = [replace(letter(one, CLOCK), position=9), replace(letter(other, CLOCK), position=3)]
    assert both(messages, rows, letters) == []
    assert both(messages, rows, [*letters, *late]) == [(one, True), (other, False)]


def test_a_clock_that_was_back_excuses_its_own_code_and_nothing_else(truth):
    messages, rows, letters = truth
    sound = next(m for m in messages if m.key == rows[0].key)
    late = letter(sound, CLOCK)
    assert audit(messages, rows[1:], [*letters, late], clock_was_back=True) == []
    assert audit(messages, rows, [*letters, late], clock_was_back=True) == [], "delivered again, when the clock was right"
    assert audit(messages, rows[1:], [*letters, letter(sound, "not_json")], clock_was_back=True)
    assert audit(messages, rows[1:], letters, clock_was_back=True)[0].startswith("1 lost")


def test_a_clock_that_was_back_hides_what_is_judged_behind_the_time(truth):
    messages, rows, letters = truth

    def with_clock(code):
        return [replace(one, code=CLOCK) if one.code == code else one for one in letters]

    assert audit(messages, rows, with_clock("payload_missing"), clock_was_back=True) == []
    assert audit(messages, rows, with_clock("payload_missing"))
    assert audit(messages, rows, with_clock("not_json"), clock_was_back=True)


def test_dead_letters_of_earlier_rounds_may_be_delivered_again(truth):
    messages, rows, letters = truth
    earlier = [m for m in messages if m.code][:3]
    now = [m for m in messages if m not in earlier]
    assert audit(now, rows, letters, earlier=earlier) == []
    assert audit(now, rows, letters)[0].startswith("3 dead letters that nobody published")


# -- the messages ---


def test_broken_messages_cover_every_code_that_a_producer_can_earn():
    """docs/producers.md lists them; three come from elsewhere: a row PostgreSQL refuses, a replay, a consumer."""
    table = (ROOT / "docs/producers.md").read_text(encoding="utf-8").split("| code | what it means |")[1]
    codes = set(re.findall(r"^\| `(\w+)` \|", table, re.M))
    assert set(STAGE_OF) == {code for code, _ in FLAWS + TOPIC_FLAWS}
    assert codes - {code for code, _ in FLAWS + TOPIC_FLAWS} == {"refused_by_database", "event_conflict", "consumer_failed"}


def test_no_two_messages_are_one_delivery():
    maker = MessageMaker("unique", "fault-unique")
    while len(maker.made) < 3000:
        maker.make()
    assert len({m.hash for m in maker.made}) == len({m.key for m in maker.made}) == 3000
    assert abs(sum(bool(m.code) for m in maker.made) - 3000 * BROKEN_SHARE) < 60
    assert maker.again > 30


def test_the_same_seed_makes_the_same_messages():
    one, other = (MessageMaker("same", "fault-same") for _ in range(2))
    for _ in range(200):
        a, b = one.make(), other.make()
        assert (a.topic, a.code, a.event.event_id) == (b.topic, b.code, b.event.event_id)


# -- a real database, after a round without faults ---

PLANTED = [
    ("a row is gone", "DELETE FROM events_mirror WHERE event_id = %(event)s", "1 lost"),
    ("a payload is other", "UPDATE events_mirror SET payload = payload || '{\"progress\": 1000}' WHERE event_id = %(event)s",
     "stored otherwise"),
    ("a row is invented", "INSERT INTO events_mirror SELECT %(new)s, trace_id, occurred_at, received_at, batch_id,"
     " batch_index, schema_version, kind, source, topic, payload FROM events_mirror WHERE event_id = %(event)s",
     "1 in the mirror that nobody"),
    ("a row is there twice, under another time", "INSERT INTO events_mirror SELECT event_id, trace_id,"
     " occurred_at + interval '1 us', received_at, batch_id, batch_index, schema_version, kind, source, topic, payload"
     " FROM events_mirror WHERE event_id = %(event)s", "1 in the mirror that nobody"),
    ("a dead letter is gone", "DELETE FROM dlq_events WHERE delivery_hash = %(letter)s", "1 lost"),
    ("a dead letter's code is other", "UPDATE dlq_events SET code = 'internal' WHERE delivery_hash = %(letter)s", "wrong reason"),
    ("a dead letter's stage is other", "UPDATE dlq_events SET stage = 'mirror' WHERE delivery_hash = %(letter)s", "wrong reason"),
    ("a dead letter's topic is other", "UPDATE dlq_events SET topic = topic || '/x' WHERE delivery_hash = %(letter)s",
     "stored otherwise"),
    ("a dead letter is done with", "UPDATE dlq_events SET status = 'discarded' WHERE delivery_hash = %(letter)s", "dealt with"),
    ("a broken one is stored as well", "INSERT INTO events_mirror SELECT %(broken)s, trace_id, occurred_at, received_at,"
     " batch_id, batch_index, schema_version, kind, source, topic, payload FROM events_mirror WHERE event_id = %(event)s",
     "1 stored though broken"),
    ("a dead letter's bytes are other", "UPDATE dlq_events SET raw = raw || '\\x00' WHERE delivery_hash = %(letter)s",
     "stored otherwise"),
]


@pytest.fixture(scope="module")
def calm(worlds, request):
    """(world, messages, position before) of a round in which nothing failed."""
    world = worlds.get()
    before = world.position()
    runner = Runner(world, Round(0, ()), "calm", 600, 1 << 40, "-k test_obligations")
    outcome = runner.run()
    assert outcome.published == outcome.stored + outcome.dead_lettered
    assert outcome.dead_lettered > 0 and outcome.again > 0
    return world, runner.load.messages, before


@pytest.mark.parametrize("what, sql, complaint", PLANTED, ids=[p[0] for p in PLANTED])
def test_planted_in_the_database(calm, what, sql, complaint):
    world, messages, before = calm
    names = {"event": next(m for m in messages if not m.code).event.event_id, "new": str(uuid.uuid4()),
             "letter": next(m for m in messages if m.code).hash,
             "broken": next(m for m in messages if m.code).event.event_id}
    with world.cluster.connect(world.database) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        assert audit(messages, *evidence(cursor, before)) == []
        cursor.execute(sql, names)
        assert cursor.rowcount == 1
        complaints = audit(messages, *evidence(cursor, before))
        cursor.execute("ROLLBACK")
    assert len(complaints) == 1 and complaint in complaints[0], complaints


CORRUPTION = """
CREATE FUNCTION corrupt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.payload @> '{"progress": 7}' THEN NEW.payload = NEW.payload || '{"progress": 8}'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER corrupt BEFORE INSERT ON events_mirror FOR EACH ROW EXECUTE FUNCTION corrupt()
"""


def test_a_round_that_fails_tells_all_there_is_to_know(worlds):
    """PostgreSQL itself changes what it stores, which the product can't see; only the oracle can."""
    world = worlds.get()
    with world.cluster.connect(world.database) as connection, connection.cursor() as cursor:
        cursor.execute(CORRUPTION)
    faults = (PlannedFault("to_database.stall", 0, 1000),)
    with pytest.raises(RoundFailed) as failed:
        Runner(world, Round(0, faults), "corrupt", 600, 1 << 40, "./dev test fault -- --seed corrupt").run()
    text = str(failed.value)
    assert "stored otherwise than published" in text and '"progress": 8' in text
    assert "to repeat it: ./dev test fault -- --seed corrupt" in text
    assert re.search(r"\d+ ms  FAULT +to_database.stall: [1-9]\d* connections stalled", text)
    assert re.search(r"\d+ ms  ready\? +ready", text) and re.search(r"\d+ ms  progress +published", text)
    assert all(f"-- {name} ---" in text for name in ("timeline", "service", "PostgreSQL", "Mosquitto"))
    assert not world.fit, "the next round gets another world"


class Thief(Runner):
    """Takes away one event that the broker acknowledged after its restart."""

    def _settle(self, mark):
        early = self.load.acknowledged_before(self.world.broker.killed_at)
        late = next(m for m in self.load.messages if not m.code and m.key not in early)
        self.load.await_stored([late], 30, "the event to be there")
        with self.world.cluster.connect(self.world.database) as connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM events_mirror WHERE event_id = %s", [late.event.event_id])
            assert cursor.rowcount == 1
        super()._settle(mark)


def test_a_killed_broker_excuses_nothing_that_was_acknowledged_after_its_restart(worlds):
    with pytest.raises(RoundFailed, match="1 are lost although the broker that was started after the kill has acknowledged"):
        Thief(worlds.get(), Round(0, (PlannedFault("broker.kill", 0, 200),)), "thief", 600, 1 << 40, "").run()
