"""The load of one round: producers that hold each message until the broker has acknowledged it, at a steady rate."""

import psycopg2

from support.producers import Producer, publish
from support.process import wait_for

from .messages import MessageMaker

# A producer whose broker is silent this long, in seconds, connects again.
PATIENCE = 4.0


class Load:
    def __init__(self, world, seed, number, rate, producers=3):
        self._world = world
        self._makers = [MessageMaker(seed, f"fault-{number}-{i}") for i in range(producers)]
        port = world.links["producers"].port
        self._producers = [Producer(port, maker=maker, rate=rate / producers, patience=PATIENCE) for maker in self._makers]
        self._probes = MessageMaker(f"{seed}/probes", f"fault-{number}-probe")
        self.probes = []
        self._probes_unheard = 0

    def start(self):
        for producer in self._producers:
            producer.start()

    @property
    def acknowledged(self):
        return sum(len(p.acknowledged) for p in self._producers)

    @property
    def messages(self):
        """Every message that was ever handed to the broker, probes too."""
        return [m for maker in self._makers for m in maker.made] + self.probes

    @property
    def again(self):
        return sum(maker.again for maker in self._makers)

    @property
    def unheard(self):
        """How often the broker said that it had nobody for a message."""
        return sum(p.unheard for p in self._producers) + self._probes_unheard

    def acknowledged_before(self, moment):
        """Keys whose last acknowledgement came over a connection that began before `moment` (monotonic): for the time of
        a kill, those that only the killed broker has acknowledged. When the PUBACK was read would say less: it may have
        been on its way while the broker died."""
        return {key for p in self._producers for key, began in p.acknowledged_over.items() if began < moment}

    def sent(self, message):
        """How often a producer handed it to the broker."""
        return max(1, sum(p.sent[message.key] for p in self._producers))

    def stop(self):
        for producer in self._producers:
            producer.stop()

    def finish(self, timeout):
        """No new messages; returns when the broker has acknowledged all of them."""
        self.stop()
        for producer in self._producers:
            producer.finish(timeout)
            assert not producer.refused, f"the broker refused {len(producer.refused)}: {list(producer.refused.values())[:3]}"

    def probe(self, count):
        """Publishes sound messages past the links, and returns them once the broker has them. Lanes are dealt messages
        in turn, so a few probes for each reach every lane, behind everything that came before."""
        made = [self._probes._sound() for _ in range(count)]
        self._probes_unheard += publish(self._world.broker.port, made, timeout=30).unheard
        self.probes += made
        return made

    def await_stored(self, messages, timeout, what):
        """Waits until these sound messages are in the mirror. PostgreSQL may be away meanwhile."""
        ids = [m.event.event_id for m in messages]

        def stored():
            try:
                return self._world.oracle.one("SELECT count(*) FROM events_mirror WHERE event_id = ANY (%s::uuid[])",
                                              ids) == len(ids)
            except psycopg2.OperationalError as error:
                raise ConnectionError(str(error)) from None  # not yet

        wait_for(stored, what, timeout, interval=0.1)
