"""Schemas: what ships, what is added, tried out, put in force and taken out of it, while events come."""

import json

from support.events import Maker
from support.process import wait_for
from support.producers import publish

SHORT_TITLE = {"type": "object", "required": ["order_id"],
               "properties": {"title": {"type": "string", "maxLength": 20}}}


def orders(maker, count, **payload):
    return [maker.make(kind="order_placed", topic="tracker/events/tasks/placed",
                       payload={"order_id": maker.uuid(), "title": "a cup", **payload}) for _ in range(count)]


def add(commands, tmp_path, schema, kind="order_placed"):
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    commands.run("schema", "add", kind, file)
    return max(s["version"] for s in commands.json("schema", "list", kind))


def wait_until_judged(stack, maker, refused):
    """Events of the kind are refused (or not) on every lane: what comes after is judged so."""
    def all_judged():
        probes = orders(maker, 40, title="a title that is far too long for that")
        before = stack.oracle.dead_letter_count()
        publish(stack.broker.port, probes)
        wait_for(lambda: stack.oracle.one("SELECT count(*) FROM events_mirror WHERE event_id::text = ANY(%s)",
                                          [p.event_id for p in probes])
                 + stack.oracle.dead_letter_count() - before == len(probes), "the probes", timeout=20)
        return stack.oracle.dead_letter_count() - before == (len(probes) if refused else 0)
    wait_for(all_judged, f"events to be {'refused' if refused else 'taken'} by every lane", timeout=20)


def test_the_shipped_schemas_are_in_force_from_the_first_event_on(stack):
    service = stack.service().start()
    maker = Maker(1)
    good = maker.make(kind="task_updated", topic="tracker/events/tasks/updated",
                      payload={"task_id": maker.uuid(), "status": "done", "progress": 100, "anything": [1]})
    broken = [maker.make(kind="task_updated", topic="tracker/events/tasks/updated", payload=payload) for payload in (
        {"status": "done"}, {"task_id": "7"}, {"task_id": maker.uuid(), "status": "finished"},
        {"task_id": maker.uuid(), "progress": 101})]
    published = publish(stack.broker.port, [good, *broken]).published
    stack.oracle.expect_exactly({k: e for k, e in published.items() if e is good}, dead_letters=4)
    letters = {letter["event_id"]: letter for letter in stack.oracle.dead_letters()}
    assert [letters[e.event_id]["pointer"] for e in broken] == [
        "/payload/task_id", "/payload/task_id", "/payload/status", "/payload/progress"]
    assert {letter["code"] for letter in letters.values()} == {"schema_violation"}
    assert {letter["kind"] for letter in letters.values()} == {"task_updated"}
    assert stack.oracle.rows("SELECT DISTINCT schema_version FROM dlq_events") == [(1,)]
    service.stop()


def test_a_promoted_version_reaches_every_lane_of_every_node(stack, tmp_path):
    services = [stack.service(name=f"node{n}", ingest={"lanes": 2}).start() for n in range(2)]
    commands, maker = stack.commands(), Maker(2)
    wait_until_judged(stack, maker, refused=False)
    version = add(commands, tmp_path, SHORT_TITLE)
    wait_until_judged(stack, maker, refused=False)  # a candidate refuses nothing
    commands.run("schema", "promote", "order_placed", version)
    wait_until_judged(stack, maker, refused=True)
    commands.run("schema", "retire", "order_placed", version)
    wait_until_judged(stack, maker, refused=False)
    for service in services:
        service.stop()


def test_strict_refuses_kinds_and_versions_that_nobody_knows(stack):
    service = stack.service(schemas={"unknown_kinds": "strict"}).start()
    maker = Maker(3)
    unknown = orders(maker, 1)[0]
    known = maker.make(kind="task_updated", topic="tracker/events/tasks/updated", payload={"task_id": maker.uuid()})
    body = {**known.envelope(), "event_id": maker.uuid(), "schema_version": 9}
    later = maker.make(topic=known.topic, kind="task_updated", _body=json.dumps(body).encode())
    publish(stack.broker.port, [unknown, known, later])
    wait_for(lambda: stack.oracle.dead_letter_count() == 2 and stack.oracle.stored_count() == 1, "three events")
    assert sorted(letter["code"] for letter in stack.oracle.dead_letters()) == [
        "schema_version_unknown", "unknown_kind"]
    service.stop()


def test_a_candidate_says_what_it_would_refuse_of_live_and_of_stored_events(stack, tmp_path):
    service = stack.service().start()
    commands, maker = stack.commands(), Maker(4)
    publish(stack.broker.port, orders(maker, 30) + orders(maker, 12, title="x" * 21))
    stack.oracle.wait_for_stored(42)
    add(commands, tmp_path, SHORT_TITLE)
    [stored] = commands.json("schema", "shadow", "order_placed", "--days", 1)
    assert (stored["checked"], stored["failed"]) == (42, 12)
    assert [(f["pointer"], f["keyword"], f["failed"]) for f in stored["failures"]] == [("/title", "maxLength", 12)]

    def live():
        return commands.json("schema", "shadow", "order_placed")[0]

    assert live()["checked"] == 0, "stored events are no live ones"
    # Published until the candidate has been seen by every lane; then the counts must be exact.
    wait_for(lambda: publish(stack.broker.port, orders(maker, 20)) and live()["checked"] > 0, "a first count", 20)
    before = settled(live)
    publish(stack.broker.port, orders(maker, 25) + orders(maker, 7, title="y" * 30))
    wait_for(lambda: live()["checked"] == before["checked"] + 32, "the live counts", timeout=15, interval=0.3)
    report = live()
    assert report["failed"] == before["failed"] + 7
    sample = report["failures"][0]["samples"][0]
    assert stack.oracle.one("SELECT length(payload ->> 'title') FROM events_mirror WHERE event_id = %s",
                            sample["event_id"]) == 30
    assert stack.oracle.dead_letter_count() == 0, "a candidate refuses nothing"
    service.stop()


def settled(look, quiet=8):
    """What `look` says once it has said the same thing for some seconds (nodes flush every three)."""
    seen = []

    def same():
        seen.append(json.dumps(look()))
        return len(seen) > quiet and len(set(seen[-quiet:])) == 1

    wait_for(same, "the counts to settle", timeout=30, interval=0.5)
    return json.loads(seen[-1])


def test_what_can_not_be_obeyed_is_refused_with_its_place(stack, tmp_path):
    commands = stack.commands()
    service = stack.service().start()
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({"properties": {"a": {"unevaluatedItems": False}}}), encoding="utf-8")
    said = commands.run("schema", "add", "order_placed", file, status=1)
    assert "/properties/a/unevaluatedItems" in said and "unevaluatedItems" in said
    assert commands.run("schema", "check", file, status=1).strip() != ""
    assert "no schema" in commands.run("schema", "show", "order_placed", status=1)
    assert "is active already" in commands.run("schema", "promote", "task_updated", 1, status=1)
    service.stop()


def test_check_holds_documents_against_a_schema_without_a_database(stack, tmp_path):
    schema, documents = tmp_path / "s.json", tmp_path / "d.ndjson"
    schema.write_text(json.dumps(SHORT_TITLE), encoding="utf-8")
    documents.write_text('{"order_id":1}\n\n{"title":"' + "z" * 30 + '"}\n', encoding="utf-8")
    commands = stack.commands()
    assert "obeyed" in commands.run("schema", "check", schema)
    commands.run("schema", "check", schema, "--documents", documents, status=1)
