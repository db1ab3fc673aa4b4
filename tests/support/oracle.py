"""Compares what was published with what is stored: lost, duplicates, unexpected, changed, and the product's own books."""

from collections import Counter
from datetime import datetime, timedelta, timezone

from .process import wait_for

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def micros(moment):
    return (moment - EPOCH) // timedelta(microseconds=1)


class Oracle:
    """Reads one database. Everything it claims comes from SQL, not from the service."""

    def __init__(self, postgres, database):
        self._postgres = postgres
        self._database = database

    def rows(self, sql, *arguments):
        with self._postgres.connect(self._database) as connection, connection.cursor() as cursor:
            cursor.execute(sql, arguments or None)
            return cursor.fetchall()

    def one(self, sql, *arguments):
        return self.rows(sql, *arguments)[0][0]

    def execute(self, sql):
        """For tests that do to the database what somebody else might."""
        with self._postgres.connect(self._database) as connection, connection.cursor() as cursor:
            cursor.execute(sql)

    # -- counts ---

    def stored_count(self):
        return self.one("SELECT count(*) FROM events_mirror")

    def dead_letter_count(self):
        return self.one("SELECT count(*) FROM dlq_events")

    def stored_keys(self):
        return {(str(i), micros(t)) for i, t in self.rows("SELECT event_id::text, occurred_at FROM events_mirror")}

    def dead_letters(self):
        """Every dead letter as a dict."""
        names = "stage code detail pointer topic raw attempts status event_id kind".split()
        rows = self.rows(f"SELECT {', '.join(names)} FROM dlq_events ORDER BY first_failure, delivery_hash")
        return [{**dict(zip(names, row)), "raw": bytes(row[names.index("raw")])} for row in rows]

    # -- claims ---

    def wait_for_stored(self, count, timeout=60.0):
        wait_for(lambda: self.stored_count() >= count, f"{count} stored events", timeout, interval=0.2)

    def missing(self, published):
        """Keys of `published` (key -> Event) that are not in the mirror."""
        return set(published) - self.stored_keys()

    def expect_exactly(self, published, timeout=60.0, dead_letters=0):
        """Waits until every published event is stored, then proves that nothing else is and that the books agree.

        `published`: key -> Event. Returns the journal's sums.
        """
        wait_for(lambda: self.stored_count() >= len(published) or None,
                 f"{len(published)} stored events", timeout, interval=0.2)
        rows = self.rows("SELECT event_id::text, occurred_at, trace_id::text, kind, source, topic, payload"
                         " FROM events_mirror")
        stored = {}
        duplicates = Counter()
        for event_id, occurred_at, *rest in rows:
            key = event_id, micros(occurred_at)
            duplicates[key] += key in stored
            stored[key] = rest
        lost = set(published) - set(stored)
        unexpected = set(stored) - set(published)
        twice = [key for key, extra in duplicates.items() if extra]
        assert not lost, f"{len(lost)} lost of {len(published)}: {list(lost)[:3]}"
        assert not unexpected, f"{len(unexpected)} unexpected: {list(unexpected)[:3]}"
        assert not twice, f"{len(twice)} stored twice: {twice[:3]}"
        for key, event in published.items():
            expected = [event.trace_id, event.kind, event.source, event.topic, event.payload]
            assert stored[key] == expected, f"{key} is stored as\n{stored[key]}, published was\n{expected}"
        assert self.dead_letter_count() == dead_letters, self.dead_letters()[:3]
        return self.expect_journal()

    def expect_journal(self):
        """Positions without gaps, and sums that are those of the tables."""
        positions, first, last, stored, duplicate, dead = self.rows(
            "SELECT count(*), min(position), max(position), coalesce(sum(stored), 0), coalesce(sum(duplicate), 0),"
            " coalesce(sum(dead_lettered), 0) FROM mirror_batches")[0]
        if positions:
            assert (first, last) == (1, positions), f"{positions} journal rows have positions {first} to {last}"
        assert stored == self.stored_count(), f"the journal says {stored} stored, the mirror has {self.stored_count()}"
        attempts = self.one("SELECT coalesce(sum(attempts), 0) FROM dlq_events")
        assert dead == attempts, f"the journal says {dead} dead-lettered, dlq_events says {attempts}"
        orphans = self.one("SELECT count(*) FROM events_mirror e LEFT JOIN mirror_batches b USING (batch_id)"
                           " WHERE b.batch_id IS NULL")
        assert orphans == 0, f"{orphans} events belong to no batch of the journal"
        return {"batches": positions, "stored": int(stored), "duplicate": int(duplicate), "dead_lettered": int(dead)}

    def slots(self):
        return [row[0] for row in self.rows("SELECT slot FROM ingest_lanes ORDER BY slot")]
