#!/usr/bin/env python3
"""The same job in the usual stack: MQTT to PostgreSQL with paho-mqtt and asyncpg, to be measured beside the service.

Two forms: `insert` stores each event with a statement of its own, `copy` stores what has come in meanwhile with one binary
COPY. Both parse the body, check the envelope's fields and acknowledge an event after its COMMIT. What they do not promise:
no JSON schema, no scan for duplicate keys and hostile numbers, no journal, no dead letters (a bad event is printed and
acknowledged), no partitions of their own, no retry when a server goes away: they end, and the broker delivers again.

paho 1.6 acknowledges as soon as its callback returns and has no public way to do it later, so `_send_puback` is overridden:
a private name, which the next release may change.

MQTT_URL, MQTT_USER, MQTT_PASSWORD and DATABASE_URL say where; runs until SIGTERM.
"""

import argparse
import asyncio
import ctypes
import json
import os
import signal
import socket
import sys
import uuid
from collections import deque
from datetime import datetime, timezone
from urllib.parse import urlsplit

import asyncpg
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

COLUMNS = ("event_id", "trace_id", "occurred_at", "received_at", "batch_id", "batch_index", "schema_version", "kind",
           "source", "topic", "payload")
INSERT = (f"INSERT INTO events_mirror ({', '.join(COLUMNS)}) "
          f"VALUES ({', '.join(f'${i + 1}' for i in range(len(COLUMNS)))}) ON CONFLICT DO NOTHING")
BURST = 32  # packets read before the event loop gets its turn: with more, storing starves


def row_of(topic, body):
    """One event as a row; ValueError, KeyError or TypeError when something required is missing or malformed."""
    event = json.loads(body)
    payload, kind, source = event["payload"], event["kind"], event["source"]
    if not isinstance(payload, dict) or not isinstance(kind, str) or not isinstance(source, str) or not kind or not source:
        raise ValueError("payload, kind or source is not what it has to be")
    occurred_at = datetime.fromisoformat(event["occurred_at"])
    if occurred_at.tzinfo is None:
        raise ValueError("occurred_at has no time zone")
    return [uuid.UUID(event["event_id"]), uuid.UUID(event["trace_id"]), occurred_at, datetime.now(timezone.utc), 0, 0,
            event.get("schema_version"), kind, source, topic, json.dumps(payload)]


class Client(mqtt.Client):
    """Keeps acknowledgements back until `acknowledge`."""

    def _send_puback(self, mid):
        return mqtt.MQTT_ERR_SUCCESS

    def acknowledge(self, mid):
        super()._send_puback(mid)


class Mirror:
    """One connection to the broker, driven by asyncio; what has come in waits in `rows` with its packet's number."""

    def __init__(self, options, number):
        self.options = options
        self.rows = deque()
        self.arrived = asyncio.Event()
        self.subscribed = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.failed = self.loop.create_future()
        self.client = Client(f"bench-peer-{options.form}-{number}", protocol=mqtt.MQTTv5)
        self.client.username_pw_set(os.environ["MQTT_USER"], os.environ["MQTT_PASSWORD"])
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self.on_message
        self.client.on_disconnect = self.on_disconnect
        self.client.on_socket_open = self.on_socket_open
        self.client.on_socket_close = lambda _client, _data, sock: self.loop.remove_reader(sock)
        self.client.on_socket_register_write = lambda _client, _data, sock: self.loop.add_writer(
            sock, self.client.loop_write)
        self.client.on_socket_unregister_write = lambda _client, _data, sock: self.loop.remove_writer(sock)

    def connect(self):
        broker = urlsplit(os.environ["MQTT_URL"])
        terms = Properties(PacketTypes.CONNECT)
        terms.SessionExpiryInterval = 0xFFFFFFFF
        terms.ReceiveMaximum = self.options.receive_maximum
        self.client.connect(broker.hostname, broker.port, 60, clean_start=False, properties=terms)
        self.client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def on_connect(self, client, _data, _flags, reason, _properties=None):
        if reason != 0:
            self.fail(f"the broker refused: {reason}")
            return
        client.subscribe(f"$share/{self.options.group}/tracker/events/#", qos=1)

    def on_socket_open(self, _client, _data, sock):
        self.loop.add_reader(sock, self.read)

    def on_disconnect(self, _client, _data, reason, _properties=None):
        self.fail(f"disconnected: {reason}")

    def fail(self, why):
        if not self.failed.done():
            self.failed.set_exception(RuntimeError(why))

    def read(self):
        """As many packets as are there; paho reads one at a time and says nothing about what is left."""
        before = len(self.rows)
        for _ in range(BURST):
            count = len(self.rows)
            if self.client.loop_read() != mqtt.MQTT_ERR_SUCCESS or len(self.rows) == count:
                break
        if len(self.rows) != before:
            self.arrived.set()

    def on_message(self, client, _data, message):
        try:
            self.rows.append((message.mid, row_of(message.topic, message.payload)))
        except (ValueError, KeyError, TypeError) as error:
            print(f"refused: {error!r}", file=sys.stderr, flush=True)
            client.acknowledge(message.mid)

    async def keep_alive(self):
        while True:
            await asyncio.sleep(1)
            self.client.loop_misc()

    async def take(self, most):
        """What is there, at most so many; waits for the first."""
        while not self.rows:
            self.arrived.clear()
            await self.arrived.wait()
        return [self.rows.popleft() for _ in range(min(most, len(self.rows)))]

    # -- the two forms ---

    async def insert_each(self, pool):
        batch_id = await pool.fetchval("SELECT nextval('mirror_batch_ids')")
        async with pool.acquire() as connection:
            statement = await connection.prepare(INSERT)
            index = 0
            while True:
                for mid, row in await self.take(1):
                    row[4], row[5] = batch_id, index
                    await statement.fetch(*row)
                    self.client.acknowledge(mid)
                    index += 1

    async def copy_batches(self, pool):
        async with pool.acquire() as connection:
            while True:
                batch = await self.take(self.options.batch_events)
                try:
                    async with connection.transaction():
                        await self.number(connection, batch)
                        await connection.copy_records_to_table("events_mirror", columns=COLUMNS,
                                                               records=[row for _, row in batch])
                except asyncpg.UniqueViolationError:  # delivered again
                    async with connection.transaction():
                        await self.number(connection, batch)
                        await connection.executemany(INSERT, [row for _, row in batch])
                for mid, _ in batch:
                    self.client.acknowledge(mid)

    @staticmethod
    async def number(connection, batch):
        batch_id = await connection.fetchval("SELECT nextval('mirror_batch_ids')")
        batch.sort(key=lambda entry: entry[1][0].int)  # neighbours in the key's index, as the service does it
        for index, (_, row) in enumerate(batch):
            row[4], row[5] = batch_id, index


async def serve(options, number, ready):
    pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=options.connections,
                                     max_size=options.connections + 1)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    mirror = Mirror(options, number)
    mirror.connect()
    form = mirror.insert_each if options.form == "insert" else mirror.copy_batches
    await asyncio.wait([asyncio.ensure_future(mirror.subscribed.wait()), mirror.failed], timeout=30,
                       return_when=asyncio.FIRST_COMPLETED)
    if mirror.failed.done() or not mirror.subscribed.is_set():
        mirror.fail("the broker does not answer")
        await mirror.failed
    ready()
    work = [asyncio.ensure_future(job) for job in
            (mirror.keep_alive(), stop.wait(), *(form(pool) for _ in range(options.connections)))]
    done, _ = await asyncio.wait([*work, mirror.failed], return_when=asyncio.FIRST_COMPLETED)
    for job in work:
        job.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    mirror.client.on_disconnect = None
    mirror.client.disconnect()
    mirror.client.loop_write()
    pool.terminate()
    for job in done:
        job.result()  # what went wrong, if anything did


def start_others(options):
    """Forks the other processes. Returns their ids, and waits until they are subscribed."""
    reader, writer = os.pipe()
    others = []
    for number in range(1, options.processes):
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: nobody is left behind
            asyncio.run(serve(options, number, lambda: os.write(writer, b".")))
            os._exit(0)
        others.append(child)
    os.close(writer)
    for _ in others:
        if os.read(reader, 1) != b".":
            raise SystemExit("a process of the peer ended before it was subscribed")
    return others


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--form", choices=("insert", "copy"), required=True)
    parser.add_argument("--group", default="taylordash", help="of the shared subscription")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--connections", type=int, default=2, help="to the database, of each process")
    parser.add_argument("--batch-events", type=int, default=4000)
    parser.add_argument("--receive-maximum", type=int, default=8000)
    options = parser.parse_args()
    others = start_others(options)
    asyncio.run(serve(options, 0, lambda: print("peer ready", flush=True)))
    for child in others:
        os.kill(child, signal.SIGTERM)
    failed = [child for child in others if os.waitpid(child, 0)[1] != 0]
    if failed:
        raise SystemExit(f"processes {failed} failed")


if __name__ == "__main__":
    main()
