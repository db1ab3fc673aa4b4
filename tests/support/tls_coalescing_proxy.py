"""A TLS front for a plain broker that packs as many MQTT packets as it can into one TLS record.

Real terminators do this under load. It is what makes "poll says nothing to read" wrong: the rest of a record waits in
the TLS library, and packets arrive behind CONNACK before the client has asked for anything.
"""

import select
import socket
import ssl
import threading
import time

from .process import free_port

RECORD = 16384  # the largest TLS record


class TlsCoalescingProxy:
    """`hold`: how long bytes from the broker are collected before they leave as one record."""

    def __init__(self, target_port, certificates, hold=0.03):
        self._target = target_port
        self._hold = hold
        self.port = free_port()
        self.records = 0
        self.largest = 0
        self._open = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates.server_certificate, certificates.server_key)
        self._context.load_verify_locations(certificates.ca)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        try:
            near.settimeout(5)
            with self._context.wrap_socket(near, server_side=True) as tls, \
                    socket.create_connection(("127.0.0.1", self._target)) as far:
                tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open += [tls, far]
                self._pump(tls, far)
        except OSError:
            pass

    def _pump(self, tls, far):
        tls.settimeout(30)
        held, since = bytearray(), None
        while True:
            now = time.monotonic()
            while held and (len(held) >= RECORD or now - since >= self._hold):
                self._record(tls, held)
                since = now
            wait = 1.0 if not held else max(0.0, self._hold - (now - since))
            readable, _, _ = select.select([tls, far], [], [], 0 if tls.pending() else wait)
            if far in readable:
                data = far.recv(65536)
                if not data:
                    while held:
                        self._record(tls, held)
                    return
                since = since if held else time.monotonic()
                held += data
            if tls in readable or tls.pending():
                data = tls.recv(65536)
                if not data:
                    return
                far.sendall(data)

    def _record(self, tls, held):
        chunk = bytes(held[:RECORD])
        tls.sendall(chunk)
        del held[:len(chunk)]
        self.records += 1
        self.largest = max(self.largest, len(chunk))

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself
