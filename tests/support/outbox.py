"""Puts events into the outbox as a write of the product does, from outside: the same columns, the same NOTIFY."""

import hashlib

PUT = """
WITH put AS (INSERT INTO outbox_events (event_id, occurred_at, entity, state, attempts, kind, topic, body, delivery_hash,
                                        created_at)
             VALUES (%s, %s, %s, 'pending', 0, %s, %s, %s, %s, now()) RETURNING 1)
SELECT pg_notify('taylordash_outbox', '') FROM put
"""


class Outbox:
    """Of one database."""

    def __init__(self, postgres, database, oracle):
        self._postgres = postgres
        self._database = database
        self._oracle = oracle

    def put(self, events, entity=None):
        """All of them in one transaction. Returns them by key, as oracle.expect_exactly wants them."""
        with self._postgres.connect(self._database) as connection, connection.cursor() as cursor:
            connection.autocommit = False
            for event in events:
                body = event.body.decode()
                digest = hashlib.sha256(event.topic.encode() + b"\0" + event.body).digest()
                cursor.execute(PUT, [event.event_id, event.envelope()["occurred_at"], entity, event.kind, event.topic, body,
                                     digest])
            connection.commit()
        return {event.key: event for event in events}

    def states(self):
        """State -> how many."""
        return dict(self._oracle.rows("SELECT state, count(*) FROM outbox_events GROUP BY state"))
