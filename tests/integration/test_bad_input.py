"""Bad input: nothing is lost, nothing crashes, each is counted by its reason, and good events go on beside it."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from support.events import Maker, now_us, rfc3339
from support.oracle import micros
from support.process import wait_for
from support.producers import publish, publish_raw

TOPIC = "tracker/events/tasks/updated"
ID = "0190aaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


@pytest.fixture(scope="module")
def house(request, binary, run_directory, cluster):
    """One service for the whole file: it has to survive all of it."""
    from conftest import Stack
    stack = Stack(run_directory / "bad-input", cluster)
    stack.broker.start()
    stack.run = stack.service().start()
    stack.maker = Maker(77, "bad-input")
    yield stack
    stack.run.stop()
    stack.end()


def body(**changes):
    """A sound envelope as JSON text, but for `changes`; a value of None leaves the key out."""
    envelope = {**Maker(now_us()).make().envelope(), **changes}
    return json.dumps({k: v for k, v in envelope.items() if v is not None}).encode()


def with_payload(text):
    """A sound envelope around payload text that json.dumps would not write."""
    return body(payload="@").replace(b'"@"', text)


def with_number(text):
    return with_payload(b'{"n": ' + text + b"}")


# (what, topic, body, code): each is published alone and must come to rest as one dead letter with this code.
BAD = [
    ("no JSON", TOPIC, b"temperature=21", "not_json"),
    ("JSON with a tail", TOPIC, body() + b"}", "not_json"),
    ("a lone quote", TOPIC, b'"', "not_json"),
    ("not UTF-8", TOPIC, body(source="@").replace(b'"@"', b'"\xff\xfe"'), "not_utf8"),
    ("an overlong UTF-8 sequence", TOPIC, body(source="@").replace(b'"@"', b'"\xc0\xaf"'), "not_utf8"),
    ("a NUL escape", TOPIC, body(payload={"a": "x\0y"}), "nul_escape"),
    ("a NUL escape in a key", TOPIC, body(payload={"x\0y": 1}), "nul_escape"),
    ("half of a surrogate pair", TOPIC, with_payload(b'{"a":"\\ud800"}'), "surrogate_escape"),
    ("200 levels deep", TOPIC, with_payload(b'{"a":' + b"[" * 200 + b"]" * 200 + b"}"), "too_deep"),
    ("100,000 levels deep", TOPIC, b"[" * 100_000, "too_deep"),
    ("10 MB", TOPIC, body(payload={"a": "x" * 10_000_000}), "body_too_large"),
    ("a string of 300 KiB", TOPIC, body(payload={"a": "x" * 300 * 1024}), "string_too_long"),
    ("empty", TOPIC, b"", "body_empty"),
    ("a list", TOPIC, b"[1,2]", "not_an_object"),
    ("a number", TOPIC, b"17", "not_an_object"),
    ("a key twice", TOPIC, with_payload(b'{"a":1,"a":2}'), "duplicate_key"),
    ("the event id twice", TOPIC, body().replace(b'{"event_id"', b'{"event_id":"' + ID.encode() + b'","event_id"'),
     "duplicate_key"),
    ("a key twice, once escaped", TOPIC, with_payload(b'{"a":1,"\\u0061":2}'), "duplicate_key"),
    ("a number of 100 digits", TOPIC, with_number(b"9" * 100), "number_too_long"),
    ("1e-9999", TOPIC, with_number(b"1e-9999"), "number_out_of_range"),
    ("1e9999", TOPIC, with_number(b"1e9999"), "number_out_of_range"),
    ("an exponent of 20 digits", TOPIC, with_number(b"1e" + b"9" * 20), "number_out_of_range"),
    ("beyond double", TOPIC, with_number(b"1.8e308"), "number_out_of_range"),
    ("a family that is not allowed", "tracker/events/users/updated", body(), "topic_not_allowed"),
    ("a family without a verb", "tracker/events/tasks", body(), "topic_not_allowed"),
    ("a long topic", "tracker/events/tasks/" + "v" * 600, body(), "topic_too_long"),
    ("no event id", TOPIC, body(event_id=None), "event_id_missing"),
    ("a UUID in braces", TOPIC, body(event_id="{" + ID + "}"), "event_id_invalid"),
    ("a UUID too short", TOPIC, body(event_id=ID[:-1]), "event_id_invalid"),
    ("a UUID too long", TOPIC, body(event_id=ID + "0"), "event_id_invalid"),
    ("a number as id", TOPIC, body(event_id=5), "event_id_invalid"),
    ("no time", TOPIC, body(occurred_at=None), "occurred_at_missing"),
    ("a time without offset", TOPIC, body(occurred_at="2026-01-01T00:00:00"), "occurred_at_invalid"),
    ("the 30th of February", TOPIC, body(occurred_at="2026-02-30T00:00:00Z"), "occurred_at_invalid"),
    ("year 10000", TOPIC, body(occurred_at="10000-01-01T00:00:00Z"), "occurred_at_invalid"),
    ("year 9999", TOPIC, body(occurred_at="9999-12-31T23:59:59.999999Z"), "occurred_at_in_future"),
    ("year 1", TOPIC, body(occurred_at="0001-01-01T00:00:00Z"), "occurred_at_too_old"),
    ("an hour ahead", TOPIC, body(occurred_at=rfc3339(now_us() + 3600_000_000)), "occurred_at_in_future"),
    ("a trace id of zeros", TOPIC, body(trace_id="0" * 32), "trace_id_invalid"),
    ("no trace id", TOPIC, body(trace_id=None), "trace_id_missing"),
    ("no kind", TOPIC, body(kind=None), "kind_missing"),
    ("a kind with a space", TOPIC, body(kind="task updated"), "kind_invalid"),
    ("no source", TOPIC, body(source=None), "source_missing"),
    ("a source of 201 bytes", TOPIC, body(source="s" * 201), "source_invalid"),
    ("no payload", TOPIC, body(payload=None), "payload_missing"),
    ("a list as payload", TOPIC, body(payload=[]), "payload_invalid"),
    ("a version that is no number", TOPIC, body(schema_version="one"), "schema_version_invalid"),
    ("a CloudEvent without time", TOPIC,
     json.dumps({"specversion": "1.0", "id": ID, "type": "task_updated", "source": "s", "data": {}}).encode(),
     "occurred_at_missing"),
    ("a CloudEvent of another version", TOPIC,
     json.dumps({"specversion": "0.3", "id": ID, "type": "task_updated", "source": "s", "data": {},
                 "time": rfc3339(now_us())}).encode(), "cloudevent_invalid"),
]


@pytest.mark.parametrize("topic, raw, code", [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_is_dead_lettered_with_its_reason(house, topic, raw, code):
    before = house.run.metrics().value("taylordash_dead_letters_total", code=code)
    sound = house.maker.make()
    publish_raw(house.broker.port, [(topic, raw), (sound.topic, sound.body)])
    letter = wait_for(lambda: [d for d in house.oracle.dead_letters() if d["raw"] == raw and d["topic"] == topic],
                      "the dead letter", timeout=10)
    assert [(d["code"], d["status"], d["attempts"]) for d in letter] == [(code, "open", 1)], letter[0]["detail"]
    assert letter[0]["detail"], "a sentence says what is wrong"
    wait_for(lambda: sound.key in house.oracle.stored_keys(), "the sound event beside it", timeout=10)
    assert house.run.metrics().value("taylordash_dead_letters_total", code=code) == before + 1


# (what, changes of the envelope, expected columns)
YESTERDAY = (datetime.now(timezone.utc) - timedelta(days=1)).strftime("%Y-%m-%d")
GOOD = [
    ("half a microsecond is cut off", {"occurred_at": f"{YESTERDAY}T23:59:59.9999996Z"},
     {"occurred_at": f"{YESTERDAY}T23:59:59.999999+00:00"}),
    ("a leap second", {"occurred_at": f"{YESTERDAY}T23:59:60Z"},
     {"occurred_at": f"{YESTERDAY}T23:59:59.999999+00:00"}),
    ("an offset to the east", {"occurred_at": f"{YESTERDAY}T20:00:00+05:45"},
     {"occurred_at": f"{YESTERDAY}T14:15:00+00:00"}),
    ("an offset to the west", {"occurred_at": f"{YESTERDAY}T10:00:00.5-03:30"},
     {"occurred_at": f"{YESTERDAY}T13:30:00.500000+00:00"}),
    ("a UUID in upper case", {"event_id": "ABCDEF01-2345-4678-9ABC-DEF012345678"},
     {"event_id": "abcdef01-2345-4678-9abc-def012345678"}),
    ("a trace id of 32 digits", {"trace_id": "4BF92F3577B34DA6A3CE929D0E0E4736"},
     {"trace_id": "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"}),
    ("integers of 64 bits", {"payload": {"i": -(2**63), "u": 2**64 - 1}},
     {"payload": {"i": -(2**63), "u": 2**64 - 1}}),
    ("the largest and a small double", {"payload": {"d": 1.7976931348623157e308, "s": 5e-300}},
     {"(payload->>'d')::float8": 1.7976931348623157e308, "(payload->>'s')::float8": 5e-300}),
    ("strange but sound strings", {"payload": {"": "\u2028\U0001f680\"\\\t", "π": [[], {}, None, False]}},
     {"payload": {"": "\u2028\U0001f680\"\\\t", "π": [[], {}, None, False]}}),
    ("unknown keys", {"colour": "blue"}, {"kind": "reading_taken"}),
    ("a schema version", {"schema_version": 3}, {"schema_version": 3}),
]


@pytest.mark.parametrize("changes, expected", [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_is_stored_as_it_is_meant(house, changes, expected):
    source = f"good/{house.maker.uuid()}"
    envelope = {**house.maker.make(kind="reading_taken").envelope(), "source": source, **changes}
    publish_raw(house.broker.port, [(TOPIC, json.dumps(envelope).encode())])
    columns = list(expected)
    row = wait_for(lambda: house.oracle.rows(
        f"SELECT {', '.join(columns)} FROM events_mirror WHERE source = %s", source), "the event", timeout=10)[0]
    shown = {c: v.isoformat() if isinstance(v, datetime) else v for c, v in zip(columns, row)}
    assert shown == expected


def test_a_retained_message_is_stored_and_counted(house):
    event = house.maker.make()
    publish_raw(house.broker.port, [(event.topic, event.body, True)])
    wait_for(lambda: event.key in house.oracle.stored_keys(), "the retained event")
    # The subscription asks for retained messages as they were published, so that they can be counted.
    assert house.run.metrics().value("taylordash_retained_messages_total") >= 1
    publish_raw(house.broker.port, [(event.topic, b"", True)])  # clears it: an empty message, hence a dead letter


def test_the_same_id_with_another_payload_keeps_the_first_and_is_reported(house):
    first = house.maker.make()
    second = house.maker.make(event_id=first.event_id, occurred_at=first.occurred_at, topic=first.topic,
                              kind=first.kind, payload={**first.payload, "title": "another"})
    before = house.run.metrics().value("taylordash_payload_conflicts_total")
    publish_raw(house.broker.port, [(first.topic, first.body)])
    wait_for(lambda: first.key in house.oracle.stored_keys(), "the first")
    publish_raw(house.broker.port, [(second.topic, second.body)])
    wait_for(lambda: house.run.metrics().value("taylordash_payload_conflicts_total") == before + 1, "the report")
    assert house.oracle.rows("SELECT payload FROM events_mirror WHERE event_id = %s", first.event_id) == [
        (first.payload,)]


def test_the_same_id_with_another_time_is_another_event_and_is_reported(house):
    first = house.maker.make()
    second = house.maker.make(event_id=first.event_id, occurred_at=first.occurred_at + 1)
    before = house.run.metrics().value("taylordash_restamped_ids_total")
    publish_raw(house.broker.port, [(first.topic, first.body), (second.topic, second.body)])
    wait_for(lambda: {first.key, second.key} <= house.oracle.stored_keys(), "both")
    assert house.run.metrics().value("taylordash_restamped_ids_total") == before + 1


def test_a_bad_event_delivered_again_raises_its_attempts(house):
    raw = b"the same nonsense"
    for attempt in range(1, 4):
        publish_raw(house.broker.port, [(TOPIC, raw)])
        wait_for(lambda: [d["attempts"] for d in house.oracle.dead_letters() if d["raw"] == raw] == [attempt],
                 f"attempt {attempt}", timeout=10)


def test_nothing_but_duplicates(house):
    events = house.maker.many(2000)
    publish(house.broker.port, events)
    wait_for(lambda: {e.key for e in events} <= house.oracle.stored_keys(), "the events", interval=0.2)
    rows, before = house.oracle.stored_count(), house.run.metrics().events("duplicate")
    for _ in range(2):
        publish(house.broker.port, events)
    wait_for(lambda: house.run.metrics().events("duplicate") == before + 4000, "4000 duplicates")
    assert house.oracle.stored_count() == rows


def test_nothing_but_invalid_events(house):
    before = house.oracle.dead_letter_count()
    publish_raw(house.broker.port, [(TOPIC, b"bad %d" % i) for i in range(3000)])
    wait_for(lambda: house.oracle.dead_letter_count() == before + 3000, "3000 dead letters", interval=0.2)


def test_a_row_that_the_database_refuses_does_not_take_its_batch_with_it(house):
    """One bad event in a batch of thousands; the database finds it, not our own checks."""
    with house.cluster.connect(house.database) as c, c.cursor() as cursor:
        cursor.execute("ALTER TABLE events_mirror ADD CONSTRAINT no_poison CHECK (source <> 'poison')")
    house.run.stop()
    events = house.maker.many(2999)
    poison = house.maker.make(source="poison")
    publish(house.broker.port, events[:1500] + [poison] + events[1500:])
    house.run.start()
    letter = wait_for(lambda: [d for d in house.oracle.dead_letters() if d["raw"] == poison.body], "the dead letter")
    assert [(d["stage"], d["code"]) for d in letter] == [("mirror", "refused_by_database")]
    assert "no_poison" in letter[0]["detail"]
    wait_for(lambda: {e.key for e in events} <= house.oracle.stored_keys(), "the other 2999", interval=0.2)


def test_at_the_end_the_books_agree(house):
    """After everything above: journal, tables and metrics tell one story."""
    house.oracle.expect_journal()
    codes = dict(house.oracle.rows("SELECT code, sum(attempts)::int FROM dlq_events GROUP BY 1"))
    assert set(codes) >= {case[3] for case in BAD}
    metrics = house.run.metrics()
    settled = sum(metrics.events(o) for o in ("stored", "duplicate", "dead_lettered", "given_back"))
    assert metrics.events("received") == settled
    assert micros(house.oracle.one("SELECT max(committed_at) FROM mirror_batches")) <= now_us()
