"""Connections are cut, reset, stalled, slowed and half-open, on either side; and a TLS proxy coalesces records."""

import pytest
from support.fault_proxy import FaultProxy
from support.events import Maker
from support.process import wait_for
from support.producers import publish
from support.tls_coalescing_proxy import TlsCoalescingProxy

# As short as they may be set, so that silence is noticed in test time.
QUICK = {
    "mqtt": {"keepalive": "10s"},
    "database": {"connect_timeout": "2s", "statement_timeout": "2s"},
    "ingest": {"verdict_timeout": "3s", "batch_events": 500},
}


class Net:
    """A service between two fault proxies, under load."""

    def __init__(self, stack):
        self.stack = stack
        self.mqtt = FaultProxy(stack.broker.port)
        self.database = FaultProxy(stack.cluster.port)
        stack.closing(self.mqtt.close)
        stack.closing(self.database.close)
        url = stack.cluster.url(stack.database, "127.0.0.1", self.database.port)
        self.service = stack.service(
            mqtt={**QUICK["mqtt"], "port": self.mqtt.port},
            database={**QUICK["database"], "url": url}, ingest=QUICK["ingest"]).start()
        self.producer = stack.producer(seed=1, rate=800)
        self.progress()

    def __getitem__(self, side):
        return {"broker": self.mqtt, "database": self.database}[side]

    def progress(self, events=300, timeout=40):
        stored = self.stack.oracle.stored_count()
        wait_for(lambda: self.stack.oracle.stored_count() > stored + events, "progress", timeout)

    def finish(self):
        """Recovery is proved by progress after the last fault, exactness by the oracle."""
        self.progress()
        self.service.wait_ready()
        published = self.producer.finish().published
        self.stack.oracle.expect_exactly(published)
        self.service.stop()


@pytest.fixture
def net(stack):
    return Net(stack)


@pytest.mark.parametrize("side", ["broker", "database"])
def test_cut_and_reset_many_times(net, side):
    for fault in ("cut", "reset") * 4:
        getattr(net[side], fault)()
        net.progress(100)
    net.finish()


@pytest.mark.parametrize("side", ["broker", "database"])
def test_refused_for_a_while(net, side):
    net[side].refuse()
    wait_for(lambda: net.service.get("/health/ready")[0] == 503, "the service to notice")
    net[side].heal()
    net.finish()


def test_the_broker_stalls_and_goes_on(net):
    net.mqtt.stall()
    net.service_stored = net.stack.oracle.stored_count()
    wait_for(lambda: net.service.metrics().value("taylordash_in_flight_events") == 0, "the batch at hand to be stored")
    net.mqtt.heal()
    net.finish()


def test_the_database_stalls_longer_than_the_timeouts(net):
    net.database.stall()
    wait_for(lambda: net.service.metrics().value("taylordash_given_back_total") > 0, "a batch to be given back")
    net.database.heal()
    net.finish()


def test_a_half_open_broker_connection_is_noticed_by_the_keepalive(net):
    connections = net.mqtt.accepted
    net.mqtt.half_open()
    wait_for(lambda: net.mqtt.accepted >= connections + 2, "both lanes to connect again", timeout=30)
    net.finish()


def test_a_half_open_database_connection_is_noticed_by_the_timeouts(net):
    connections = net.database.accepted
    net.database.half_open()
    wait_for(lambda: net.database.accepted > connections, "a new connection", timeout=30)
    net.finish()


def test_slow_links_lose_nothing(net):
    net.mqtt.slow(200_000)
    net.database.slow(400_000)
    net.progress(200)
    net.mqtt.heal()
    net.database.heal()
    net.finish()


def tls(stack, certificates, port):
    return {"mqtt": {"port": port, "tls": True, "ca_file": str(certificates.ca),
                     "certificate_file": str(certificates.client_certificate),
                     "key_file": str(certificates.client_key)}}


def test_tls_with_a_client_certificate(tls_stack, certificates):
    service = tls_stack.service(**tls(tls_stack, certificates, tls_stack.broker.tls_port)).start()
    published = publish(tls_stack.broker.port, Maker(1).many(2000)).published
    tls_stack.oracle.expect_exactly(published)
    service.stop()


def test_a_broker_that_another_authority_signed_is_refused(tls_stack, certificates):
    settings = tls(tls_stack, certificates, tls_stack.broker.tls_port)
    settings["mqtt"]["ca_file"] = str(certificates.other_ca)
    service = tls_stack.service(**settings).start(wait=False)
    wait_for(lambda: service.get("/health/live")[0] == 200, "the process to be alive")

    def refused():
        code, body = service.readiness()
        reason = "".join(d["reason"] for d in body["dependencies"] if d["name"] == "mqtt")
        return code == 503 and "certificate" in reason

    wait_for(refused, "the reason to name the certificate")
    assert service.metrics().value("taylordash_broker_connects_total") == 0
    service.stop()


def test_a_tls_proxy_that_coalesces_records(stack, certificates):
    """Many packets in one record, and packets behind CONNACK: nothing waits in the TLS library, nothing is acknowledged
    before its commit."""
    proxy = TlsCoalescingProxy(stack.broker.port, certificates)
    stack.closing(proxy.close)
    settings = {**tls(stack, certificates, proxy.port), "ingest": {"lanes": 1, "batch_events": 100}}
    service = stack.service(**settings).start()
    published = publish(stack.broker.port, Maker(1).many(3000)).published
    stack.oracle.expect_exactly(published)
    # A backlog comes right behind CONNACK; killed in between, so that a false acknowledgement would be a loss.
    service.stop()
    published |= publish(stack.broker.port, Maker(2).many(5000)).published
    for _ in range(3):
        stored = stack.oracle.stored_count()
        service.start(wait=False)
        wait_for(lambda: stack.oracle.stored_count() > stored, "progress")
        service.kill()
    service.start()
    stack.oracle.expect_exactly(published)
    assert proxy.largest > 8000, "the proxy did coalesce"
    service.stop()
