"""Fixtures: one PostgreSQL cluster for the run, a broker and a database for each test, services made on demand."""

import itertools
import os
import resource

import pytest
from support import service as service_module
from support.broker import Broker
from support.certificates import Certificates
from support.command import Commands
from support.oracle import Oracle
from support.postgres import Postgres
from support.process import remove, work_directory
from support.producers import Producer
from support.service import Service, merged

_numbers = itertools.count(1)

# Broken servers and killed services should end quickly, not dump gigabytes.
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def pytest_addoption(parser):
    parser.addoption("--outage", type=float, default=float(os.environ.get("TD_OUTAGE", "20")),
                     help="how long servers stay away in the outage tests, seconds (the promise is tested with 60)")
    parser.addoption("--flood", type=int, default=int(os.environ.get("TD_FLOOD", "40000")),
                     help="how many invalid events the flood has (a minute at full rate: about 2000000)")
    parser.addoption("--keep", action="store_true", help="keep the directories with logs and configurations")


def pytest_report_header():
    return f"binary: {service_module.BINARY}"


@pytest.fixture(scope="session")
def outage(request):
    return request.config.getoption("--outage")


@pytest.fixture(scope="session")
def run_directory(request):
    path = work_directory()
    yield path
    if request.config.getoption("--keep"):
        print(f"\nkept: {path}")
    else:
        remove(path)


@pytest.fixture(scope="session")
def certificates(run_directory):
    return Certificates(run_directory / "tls")


@pytest.fixture(scope="session")
def cluster(run_directory):
    postgres = Postgres(run_directory / "postgres").start()
    yield postgres
    if postgres.process.running:
        postgres.stop()


@pytest.fixture(scope="session")
def binary():
    if not service_module.BINARY.is_file():
        pytest.exit(f"{service_module.BINARY} is not built (./dev build debug)", returncode=3)
    return service_module.BINARY


class Stack:
    """A broker, a database, and services between them. `proxy` ports may take the place of the servers' own."""

    def __init__(self, directory, cluster, tls=None):
        self.directory = directory
        self.directory.mkdir()
        self.cluster = cluster
        self.database = cluster.create_database(f"td_{os.getpid()}_{next(_numbers)}")
        self.broker = Broker(directory / "broker", tls)
        self.oracle = Oracle(cluster, self.database)
        self._services = []
        self._closers = []

    @property
    def base_settings(self):
        return {
            "mqtt": {"host": "127.0.0.1", "port": self.broker.port},
            "database": {"url": self.cluster.url(self.database)},
            "log": {"format": "json"},
        }

    def service(self, name="service", environment=None, hostname=None, **tables):
        """A service that is not started yet; `tables`: changes to its settings, by TOML table."""
        made = Service(self.directory, name, merged(self.base_settings, tables), environment, hostname)
        self._services.append(made)
        return made

    def commands(self):
        """The command line, on this database."""
        return Commands(self.cluster.url(self.database))

    def producer(self, **arguments):
        made = Producer(self.broker.port, **arguments)
        made.start()
        self.closing(made.stop)
        return made

    def closing(self, close):
        """Calls `close` at the end of the test."""
        self._closers.append(close)

    def end(self):
        for close in self._closers:
            close()
        for service in self._services:
            service.end()
        if self.broker.process and self.broker.process.running:
            self.broker.process.kill()


@pytest.fixture
def stack(binary, run_directory, cluster, request):
    made = Stack(run_directory / f"{request.node.originalname}-{next(_numbers)}", cluster)
    made.broker.start()
    yield made
    made.end()
    if not cluster.process.running:
        cluster.start()  # a failed test must not fail those that follow


@pytest.fixture
def tls_stack(binary, run_directory, cluster, certificates, request):
    made = Stack(run_directory / f"{request.node.originalname}-{next(_numbers)}", cluster, certificates)
    made.broker.start()
    yield made
    made.end()
    if not cluster.process.running:
        cluster.start()
