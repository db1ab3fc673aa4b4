"""A private Mosquitto with the durable settings that the product documents; killed and restarted under the service."""

import os
import pwd
import signal
import time
from pathlib import Path

from .process import Process, free_port, wait_for
from .mqtt import Connection

CONFIGURATION = """
user {user}
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {persistence}/
autosave_interval 20
max_queued_messages 1000000000
max_inflight_messages 0
max_packet_size 20000000
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages true
"""

TLS = """
listener {tls_port} 127.0.0.1
allow_anonymous true
cafile {tls.ca}
certfile {tls.server_certificate}
keyfile {tls.server_key}
require_certificate true
"""


class Broker:
    """`tls`: certificates.Certificates, for a second listener that demands a client certificate."""

    def __init__(self, directory, tls=None, persistence=None):
        """`persistence`: another directory for what it saves."""
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.tls_port = free_port() if tls else None
        self.process = None
        self.killed_at = None  # monotonic time of the last kill, when it was over
        self.environment = {}  # more of it, for the next start
        self.persistence = Path(persistence or self.directory)
        self.configuration = self.directory / "mosquitto.conf"
        text = CONFIGURATION.format(
            user=pwd.getpwuid(os.geteuid()).pw_name, port=self.port, persistence=self.persistence)
        if tls:
            text += TLS.format(tls_port=self.tls_port, tls=tls)
        self.configuration.write_text(text)

    def start(self):
        self.process = Process(["/usr/sbin/mosquitto", "-c", self.configuration], self.directory / "mosquitto.log",
                               extra=self.environment)
        wait_for(self.answers, "Mosquitto to accept connections")
        return self

    def answers(self):
        assert self.process.running, self.process.tail()
        with Connection("127.0.0.1", self.port, "probe"):
            return True

    def stop(self):
        """SIGTERM: it saves its state and ends."""
        self.process.send(signal.SIGTERM)
        self.process.wait(20)

    def kill(self):
        """SIGKILL: what came since the last save is lost."""
        self.process.kill()
        self.killed_at = time.monotonic()

    def save(self):
        """Writes the state to disk now; returns when the file has changed."""
        database = self.persistence / "mosquitto.db"
        before = database.stat().st_mtime_ns if database.exists() else 0
        self.process.send(signal.SIGUSR1)
        wait_for(lambda: database.exists() and database.stat().st_mtime_ns != before, "Mosquitto's save")

    def restart(self):
        self.stop()
        self.start()

    def sessions(self):
        """Client ids of everyone who ever connected, from the log (in order, with repetitions)."""
        return [line.split(" as ")[1].split()[0] for line in self.process.text().splitlines()
                if "New client connected" in line]
