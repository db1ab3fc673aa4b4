"""The harness is held to its own claims: an oracle that can't find a loss, or a fault that is none, proves nothing."""

import json
import socket
import ssl
import threading

import pytest
from support.events import Event, Maker
from support.fault_proxy import FaultProxy
from support.mqtt import NO_MATCHING_SUBSCRIBERS, PUBLISH, Connection
from support.oracle import Oracle
from support.process import Process, Timeout, free_port, holds_for, wait_for
from support.producers import Producer, publish, publish_raw
from support.broker import Broker
from support.service import Metrics, toml
from support.tls_coalescing_proxy import TlsCoalescingProxy

TABLES = """
CREATE TABLE events_mirror (event_id uuid, occurred_at timestamptz, trace_id uuid, kind text, source text, topic text,
                            payload jsonb, batch_id bigint);
CREATE TABLE mirror_batches (position bigint, batch_id bigint, stored int, duplicate int, dead_lettered int);
CREATE TABLE dlq_events (delivery_hash bytea, first_failure timestamptz, stage text, code text, detail text,
                         pointer text, topic text, raw bytea, attempts int, status text, event_id uuid, kind text);
"""


@pytest.fixture
def broker(run_directory, request):
    made = Broker(run_directory / f"broker-{request.node.name}").start()
    yield made
    if made.process.running:
        made.process.kill()


@pytest.fixture
def mirror(cluster, request):
    """An oracle over tables that this test fills itself."""
    database = cluster.create_database(f"harness_{request.node.name}"[:60])
    with cluster.connect(database) as c, c.cursor() as cursor:
        cursor.execute(TABLES)
    return Oracle(cluster, database)


def store(oracle, events, copies=1):
    with oracle._postgres.connect(oracle._database) as c, c.cursor() as cursor:
        for event in events * copies:
            cursor.execute("INSERT INTO events_mirror VALUES (%s, %s, %s, %s, %s, %s, %s, 1)", [
                event.event_id, event.envelope()["occurred_at"], event.trace_id, event.kind, event.source, event.topic,
                json.dumps(event.payload)])
        cursor.execute("INSERT INTO mirror_batches VALUES (1, 1, %s, 0, 0)", [len(events) * copies])


def by_key(events):
    return {event.key: event for event in events}


# -- the oracle ---


def test_the_oracle_accepts_what_was_published(mirror):
    events = Maker(1).many(20)
    store(mirror, events)
    assert mirror.expect_exactly(by_key(events))["stored"] == 20


def test_the_oracle_finds_a_lost_event(mirror):
    events = Maker(2).many(20)
    store(mirror, events[1:] + Maker(3).many(1))
    with pytest.raises(AssertionError, match="1 lost of 20"):
        mirror.expect_exactly(by_key(events), timeout=1)


def test_the_oracle_finds_an_event_stored_twice(mirror):
    events = Maker(4).many(3)
    store(mirror, events, copies=2)
    with pytest.raises(AssertionError, match="3 stored twice"):
        mirror.expect_exactly(by_key(events), timeout=1)


def test_the_oracle_finds_an_event_nobody_published(mirror):
    events = Maker(5).many(3)
    store(mirror, events)
    with pytest.raises(AssertionError, match="1 unexpected"):
        mirror.expect_exactly(by_key(events[:2]), timeout=1)


def test_the_oracle_finds_a_changed_payload(mirror):
    events = Maker(6).many(3)
    store(mirror, events)
    events[1].payload = {**events[1].payload, "progress": -1}
    with pytest.raises(AssertionError, match="is stored as"):
        mirror.expect_exactly(by_key(events), timeout=1)


def test_the_oracle_finds_a_journal_that_does_not_add_up(mirror):
    events = Maker(7).many(3)
    store(mirror, events)
    # The journal claims three; one is taken away behind its back.
    with mirror._postgres.connect(mirror._database) as c, c.cursor() as cursor:
        cursor.execute("DELETE FROM events_mirror WHERE event_id = %s", [events[0].event_id])
    with pytest.raises(AssertionError, match="the journal says 3 stored, the mirror has 2"):
        mirror.expect_exactly(by_key(events[1:]), timeout=1)


# -- servers ---


def test_postgres_comes_back_with_its_data_after_kill_9(cluster, mirror):
    events = Maker(8).many(5)
    store(mirror, events)
    cluster.kill()
    cluster.start()
    mirror.expect_exactly(by_key(events))


def test_a_broker_keeps_a_session_over_a_restart(broker):
    connection = Connection("127.0.0.1", broker.port, "reader")
    connection.close()
    # This client starts clean, so use retained messages: they live in the same file.
    publish_raw(broker.port, [("tracker/events/tasks/x", b"kept", True)])
    broker.restart()
    with Connection("127.0.0.1", broker.port, "reader") as again:
        again.subscribe("tracker/#")
        kind, _, body = again.next(5)
        assert kind == PUBLISH and body.endswith(b"kept")


# -- producers ---


def test_a_producer_resends_the_same_bytes_after_the_broker_was_away(broker):
    producer = Producer(broker.port, seed=1, rate=500)
    with Connection("127.0.0.1", broker.port, "reader") as reader:
        reader.subscribe("tracker/#", qos=0)
        producer.start()
        producer.wait_for_acknowledged(200)
        broker.restart()
    at_restart = len(producer.acknowledged)
    # Until somebody subscribes again the broker answers "no matching subscribers", and the producer goes on resending.
    with Connection("127.0.0.1", broker.port, "reader") as reader:
        reader.subscribe("tracker/#", qos=0)
        producer.wait_for_acknowledged(at_restart + 200)
        producer.finish()
    assert producer.connections == 2
    assert producer.acknowledged == set(producer.published)


def test_a_patient_producer_gives_up_a_silent_connection_and_resends(broker):
    proxy = FaultProxy(broker.port)
    with Connection("127.0.0.1", broker.port, "reader") as reader:
        reader.subscribe("tracker/#", qos=0)
        producer = Producer(proxy.port, seed=1, rate=500, patience=0.5)
        producer.start()
        producer.wait_for_acknowledged(100)
        assert proxy.half_open() == 1
        producer.wait_for_acknowledged(len(producer.acknowledged) + 100)
        producer.finish()
    assert producer.connections == 2
    assert producer.acknowledged == set(producer.published)
    proxy.close()


def test_a_producer_knows_which_broker_has_acknowledged_what(broker):
    """The killed one, or the one after it; and how often that one had nobody for its messages."""
    producer = Producer(broker.port, seed=1, rate=500)
    with Connection("127.0.0.1", broker.port, "reader") as reader:
        reader.subscribe("tracker/#", qos=0)
        producer.start()
        producer.wait_for_acknowledged(200)
        broker.kill()
    assert producer.unheard == 0
    before = set(producer.acknowledged)
    broker.start()
    wait_for(lambda: producer.unheard > 0, "the broker to have nobody")
    with Connection("127.0.0.1", broker.port, "reader") as reader:
        reader.subscribe("tracker/#", qos=0)
        producer.wait_for_acknowledged(len(before) + 200)
        producer.finish()
    early = {key for key, began in producer.acknowledged_over.items() if began < broker.killed_at}
    assert len(early) >= 200 and before <= early, "whatever was acknowledged by then"
    assert len(producer.acknowledged - early) >= 200 and producer.acknowledged == set(producer.acknowledged_over)
    assert all(producer.sent[key] > 0 for key in producer.published)


def test_a_producer_learns_that_nobody_listens(broker):
    assert publish_raw(broker.port, [("tracker/events/tasks/x", b"{}")]) == [NO_MATCHING_SUBSCRIBERS]


def test_publish_returns_when_everything_is_acknowledged(broker):
    events = Maker(9).many(2000)
    with Connection("127.0.0.1", broker.port, "reader") as reader:
        reader.subscribe("tracker/#", qos=0)
        publish(broker.port, events)
        bodies = set()

        def all_there():
            bodies.update(body[-len(events[0].body):] for kind, _, body in reader.poll(0.05) if kind == PUBLISH)
            return len(bodies) == 2000

        wait_for(all_there, "2000 different messages")


# -- the proxies ---


class Echo:
    """A server that sends back what it gets; remembers how its last connection ended."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ended = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(connection,), daemon=True).start()

    def _echo(self, connection):
        try:
            while data := connection.recv(4096):
                connection.sendall(data)
            self.ended.append("FIN")
        except ConnectionResetError:
            self.ended.append("RST")
        connection.close()


@pytest.fixture
def echo():
    made = Echo()
    yield made
    made.listener.close()


@pytest.fixture
def proxy(echo):
    made = FaultProxy(echo.port)
    yield made
    made.close()


def client(port):
    made = socket.create_connection(("127.0.0.1", port), timeout=5)
    made.sendall(b"hello")
    assert made.recv(100) == b"hello"
    return made


def test_the_fault_proxy_cuts_with_fin(proxy):
    one = client(proxy.port)
    proxy.cut()
    assert one.recv(100) == b""
    client(proxy.port).close()


def test_the_fault_proxy_resets_with_rst(proxy):
    one = client(proxy.port)
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        one.recv(100)


def test_the_fault_proxy_stalls_and_loses_nothing(proxy):
    one = client(proxy.port)
    proxy.stall()
    one.sendall(b"later")
    one.settimeout(0.3)
    with pytest.raises(TimeoutError):
        one.recv(100)
    proxy.heal()
    one.settimeout(5)
    assert one.recv(100) == b"later"


def test_half_open_means_that_the_client_hears_nothing(proxy, echo):
    one = client(proxy.port)
    proxy.half_open()
    wait_for(lambda: echo.ended == ["RST"], "the server's end to be reset")
    one.sendall(b"into the void")
    one.settimeout(0.3)
    with pytest.raises(TimeoutError):
        one.recv(100)
    client(proxy.port).close()


def test_a_half_open_connection_is_answered_with_rst_once_the_way_is_whole(proxy):
    one = client(proxy.port)
    assert proxy.half_open() == 1
    one.sendall(b"into the void")
    assert proxy.answer_half_open() == 1
    one.settimeout(5)
    with pytest.raises(ConnectionResetError):
        one.recv(100)


def test_the_fault_proxy_counts_the_connections_that_it_ends(proxy):
    assert (proxy.cut(), proxy.reset(), proxy.half_open()) == (0, 0, 0)
    ends = [client(proxy.port) for _ in range(3)]
    assert proxy.connections == 3
    assert proxy.reset() == len(ends) and proxy.connections == 0


def test_the_fault_proxy_refuses_and_heals(proxy):
    client(proxy.port)
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        client(proxy.port)
    proxy.heal()
    client(proxy.port).close()


def test_the_tls_proxy_packs_many_packets_into_one_record(echo, certificates):
    proxy = TlsCoalescingProxy(echo.port, certificates, hold=0.1)
    context = ssl.create_default_context(cafile=certificates.ca)
    context.load_cert_chain(certificates.client_certificate, certificates.client_key)
    with context.wrap_socket(socket.create_connection(("127.0.0.1", proxy.port)), server_hostname="127.0.0.1") as tls:
        tls.settimeout(5)
        for _ in range(100):
            tls.sendall(b"0123456789")
        assert len(tls.recv(16384)) > 100, "a single recv returns a single record"
    assert proxy.records <= 3
    proxy.close()


def test_the_tls_proxy_demands_a_client_certificate(echo, certificates):
    proxy = TlsCoalescingProxy(echo.port, certificates)
    context = ssl.create_default_context(cafile=certificates.ca)
    with pytest.raises(OSError):
        with context.wrap_socket(socket.create_connection(("127.0.0.1", proxy.port)), server_hostname="127.0.0.1") as t:
            t.settimeout(5)
            t.sendall(b"x")
            if not t.recv(1):
                raise ConnectionError("closed")
    proxy.close()


# -- small things ---


def test_a_child_outlives_the_thread_that_asked_for_it(run_directory):
    """The kernel ends children with their parent's thread; see process.py."""
    made = []
    thread = threading.Thread(target=lambda: made.append(Process(["sleep", "60"], run_directory / "sleep.log")))
    thread.start()
    thread.join()
    holds_for(lambda: made[0].running, "a child whose thread has ended", 0.3)
    made[0].kill()


def test_more_environment_is_for_the_command_alone(run_directory):
    Process(["sh", "-c", "echo $ONE"], run_directory / "one.log", extra={"ONE": "1"}).wait()
    assert (run_directory / "one.log").read_text() == "1\n"


def test_waiting_names_what_it_waited_for():
    with pytest.raises(Timeout, match="for the moon"):
        wait_for(lambda: False, "the moon", timeout=0.1)
    with pytest.raises(AssertionError, match="peace did not hold"):
        holds_for(lambda: False, "peace", 0.1)


def test_metrics_are_read_with_their_labels():
    scrape = Metrics('# TYPE a_total counter\na_total{x="1",y="q\\"uote"} 2\na_total{x="2"} 3\nb 1.5e3\n')
    assert (scrape.value("a_total"), scrape.value("a_total", x="1"), scrape.value("b")) == (5, 2, 1500)
    assert scrape.types == {"a_total": "counter"}


def test_settings_become_toml():
    assert toml({"mqtt": {"host": "h", "tls": True, "port": 1}}) == '[mqtt]\nhost = "h"\ntls = true\nport = 1\n'


def test_an_event_is_stored_under_the_time_it_was_published_with():
    event = Event("0" * 8 + "-0000-4000-8000-" + "0" * 12, 1_700_000_000_000_001, "", "k", "s", {}, "t")
    assert event.envelope()["occurred_at"] == "2023-11-14T22:13:20.000001Z"


def test_free_ports_are_free():
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        pass
