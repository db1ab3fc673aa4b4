"""As much of MQTT 5 as tests need, spoken directly: quick enough to load a service, and able to say what no library says."""

import select
import socket
import struct
import time

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 14

NO_MATCHING_SUBSCRIBERS = 16
NOT_AUTHORISED = 135


class ConnectionLost(OSError):
    """The broker closed the connection, or refused it."""


def variable(number):
    """MQTT's variable byte integer."""
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


def packet(kind, flags, body):
    return bytes([kind << 4 | flags]) + variable(len(body)) + body


def publish(topic, body, packet_id, qos=1, retain=False, dup=False):
    flags = (8 if dup else 0) | qos << 1 | (1 if retain else 0)
    head = text(topic) + (struct.pack(">H", packet_id) if qos else b"") + b"\0"
    return bytes([PUBLISH << 4 | flags]) + variable(len(head) + len(body)) + head + body


def split(buffer):
    """Takes the whole packets off the front of a bytearray: a list of (kind, flags, body)."""
    packets, at = [], 0
    while True:
        length, shift, i = 0, 0, at + 1
        while i < len(buffer):
            length |= (buffer[i] & 127) << shift
            shift += 7
            i += 1
            if not buffer[i - 1] & 128:
                break
        else:
            break
        if i + length > len(buffer):
            break
        packets.append((buffer[at] >> 4, buffer[at] & 15, bytes(buffer[i:i + length])))
        at = i + length
    del buffer[:at]
    return packets


class Connection:
    """One connection, clean start, not blocking once it stands. Use as a context manager: leaving says DISCONNECT."""

    def __init__(self, host, port, client_id, keepalive=60, timeout=5.0):
        self._in = bytearray()
        self._out = bytearray()
        self._socket = socket.create_connection((host, port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = text("MQTT") + bytes([5, 2]) + struct.pack(">H", keepalive) + b"\0" + text(client_id)
        self._socket.sendall(packet(CONNECT, 0, body))
        self._socket.setblocking(False)
        kind, _, answer = self.next(timeout)
        if kind != CONNACK or answer[1] != 0:
            self.abandon()
            raise ConnectionLost(f"connection refused, reason {answer[1] if len(answer) > 1 else '?'}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.send(packet(DISCONNECT, 0, b""))
            self.flush(2.0)
        except OSError:
            pass
        self.abandon()

    def abandon(self):
        self._socket.close()

    @property
    def unsent(self):
        return len(self._out)

    def send(self, data):
        """Queues bytes and sends what goes out at once."""
        self._out += data
        if len(self._out) > 65536:
            self._push()

    def _push(self):
        while self._out:
            try:
                sent = self._socket.send(memoryview(self._out)[:262144])
            except BlockingIOError:
                return
            del self._out[:sent]

    def flush(self, timeout):
        deadline = time.monotonic() + timeout
        self._push()
        while self._out:
            if time.monotonic() > deadline:
                raise ConnectionLost("the broker does not read")
            select.select([], [self._socket], [], 0.1)
            self._push()

    def poll(self, wait):
        """Moves bytes for up to `wait` seconds; returns the packets that came."""
        self._push()
        readable, _, _ = select.select([self._socket], [self._socket] if self._out else [], [], wait)
        self._push()
        if readable:
            data = self._socket.recv(262144)
            if not data:
                raise ConnectionLost("the broker closed the connection")
            self._in += data
        return split(self._in)

    def next(self, timeout):
        """The next single packet; only where the protocol lets just one come."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            packets = self.poll(0.1)
            if packets:
                assert len(packets) == 1, packets
                return packets[0]
        raise ConnectionLost(f"no packet within {timeout} s")

    def subscribe(self, topic_filter, qos=1, timeout=5.0):
        self.send(packet(SUBSCRIBE, 2, struct.pack(">H", 1) + b"\0" + text(topic_filter) + bytes([qos])))
        kind, _, body = self.next(timeout)
        assert kind == SUBACK and body[-1] < 128, (kind, body)
