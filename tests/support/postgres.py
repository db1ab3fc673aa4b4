"""A private PostgreSQL cluster that can be stopped, killed and started again under the service."""

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from .process import Process, free_port, wait_for

BIN = Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
USER = "postgres" if os.geteuid() == 0 else None

# fsync off saves the disk, not correctness: a killed process loses nothing that it wrote, only a power cut would.
CONFIGURATION = """
fsync = off
max_connections = 60
shared_buffers = 64MB
max_wal_size = 512MB
log_min_messages = warning
log_min_error_statement = panic
timezone = 'Pacific/Auckland'
"""


class Postgres:
    """`timezone` is far from UTC on purpose: whoever forgets a time zone is found out."""

    def __init__(self, directory, data=None, wal=None, configuration="", initdb=()):
        """`data`, `wal`: directories that are made for the data and the write-ahead log, on other file systems perhaps;
        `configuration`: more lines of postgresql.conf; `initdb`: more of its arguments."""
        self.directory = Path(directory)
        self.data = Path(data) if data else self.directory / "pg"
        self.environment = {}  # more of it, for the next start
        self.port = free_port()
        self.process = None
        self.directory.mkdir(parents=True, exist_ok=True)
        if USER:
            shutil.chown(self.directory, USER, USER)
        self._as_server(BIN / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                        "--locale=C.UTF-8", "--no-sync", *(["--waldir", wal] if wal else []), *initdb)
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(CONFIGURATION + configuration)
            conf.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n")
            conf.write(f"unix_socket_directories = '{self.directory}'\n")

    def _as_server(self, *command):
        wrapper = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"] if USER else []
        subprocess.run([*wrapper, *map(str, command)], check=True, capture_output=True, cwd="/")

    # -- life ---

    def start(self):
        self.process = Process([BIN / "postgres", "-D", self.data], self.directory / "postgres.log", user=USER,
                               extra=self.environment)
        wait_for(self.answers, "PostgreSQL to accept connections")
        return self

    def answers(self):
        assert self.process.running, self.process.tail()
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=2).close()
            return True
        except psycopg2.OperationalError:
            return False

    def stop(self, mode="fast"):
        """fast: connections are ended politely; immediate: as a crash, with recovery at the next start."""
        self.process.send({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        self.process.wait(30)

    def children(self):
        """Process ids of everything the postmaster has forked and not yet reaped."""
        return [int(c) for c in
                Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def backends(self, database):
        """Process ids of the service's sessions, the oldest first."""
        with self.connect("postgres") as c, c.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'taylordash%%'"
                           " ORDER BY backend_start", [database])
            return [row[0] for row in cursor.fetchall()]

    def kill(self):
        """kill -9 of the postmaster and of every child, as an out-of-memory killer or a lost machine would."""
        children = self.children()
        self.process.kill()
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_for(lambda: not any(Path(f"/proc/{c}/exe").exists() for c in children), "PostgreSQL's children to end")

    def terminate_backends(self, database):
        """Ends every connection of the service, as an administrator would; returns how many."""
        with self.connect("postgres") as c, c.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = %s AND application_name LIKE 'taylordash%%'", [database])
            return cursor.fetchone()[0]

    # -- databases ---

    def url(self, database, host=None, port=None):
        if host:
            return f"host={host} port={port or self.port} user=postgres dbname={database} sslmode=disable"
        return f"host={self.directory} port={self.port} user=postgres dbname={database}"

    @contextmanager
    def connect(self, database):
        connection = psycopg2.connect(self.url(database), application_name="oracle", connect_timeout=5)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET timezone = 'UTC'")
            yield connection
        finally:
            connection.close()

    def create_database(self, name):
        with self.connect("postgres") as c, c.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        return name
