"""One round: load, faults, healing, recovery within a bound, and the reckoning."""

import threading
import time
from dataclasses import dataclass, field

from support.producers import publish
from support.process import wait_for

from .actions import action
from .kinds import FORGETFUL, KINDS
from .load import Load
from .obligations import CLOCK, audit, evidence, missing
from .timeline import Timeline
from .watch import Watch

RECOVERY = 15.0  # s from the last healing until fresh events are stored through every lane and /health/ready is 200
SETTLING = 40.0  # s for the backlog that the faults have left
SKEW = 300  # s: events.allowed_skew
PROBES = 8  # enough for two lanes that are dealt messages in turn


@dataclass
class Outcome:
    """The figures of one round."""

    kinds: list
    published: int = 0
    acknowledged: int = 0
    again: int = 0
    stored: int = 0
    dead_lettered: int = 0
    redelivered: int = 0
    lost_by_broker: int = 0
    recovery: float = 0.0  # s
    seconds: float = 0.0
    megabytes: float = 0.0  # resident, the most
    met: dict = field(default_factory=dict)  # kind -> how much the fault met


class RoundFailed(AssertionError):
    pass


class Runner:
    def __init__(self, world, round_, seed, rate, memory_limit, command):
        self.world, self.round, self.seed = world, round_, seed
        self.timeline = Timeline()
        self.load = Load(world, seed, round_.number if round_.number else f"alone-{world.rounds}", rate)
        self.watch = Watch(world, self.load, self.timeline)
        self.outcome = Outcome(list(round_.kinds))
        self._memory_limit = memory_limit
        self._command = command
        self._faults = {}  # (kind, moment) -> Fault

    def run(self):
        """Returns the Outcome; RoundFailed, with all there is to know, when an obligation is not met."""
        begin = time.monotonic()
        try:
            self._run()
        except BaseException as failure:
            self.world.fit = False
            self.load.stop()
            if isinstance(failure, KeyboardInterrupt):
                raise
            self.timeline.say("FAILED", f"{type(failure).__name__}: {failure}"[:2000])
            raise RoundFailed(self._report(failure)) from None
        finally:
            if self.watch.is_alive():
                self.watch.end()
        self.world.rounds += 1
        self.outcome.seconds = time.monotonic() - begin
        self.outcome.megabytes = self.watch.most_resident / 1e6
        print(self.timeline)  # pytest shows it with -rP
        return self.outcome

    # -- the phases ---

    def _run(self):
        world, say = self.world, self.timeline.say
        world.equip(self.round)
        mark, books = world.position(), world.oracle.expect_journal()
        self.watch.start()
        self.load.start()
        wait_for(lambda: world.position() > mark and self.load.acknowledged > 100, "the load to arrive", 15)
        say("round", f"the load flows; planned: {'; '.join(map(str, self.round.faults))}")
        self._strike()
        self._recover()
        self.load.finish(SETTLING)
        say("round", f"no new events; all {self.load.acknowledged} are acknowledged by the broker")
        self._settle(mark)
        self._prove()
        self._reckon(mark, books)

    def _strike(self):
        """Each fault has a thread of its own, so that they overlap as planned."""
        start = time.monotonic()
        wake = threading.Event()  # never set: waits for a moment of the schedule
        failures = []

        def one(planned):
            try:
                fault = self._faults[planned.kind, planned.at] = action(self.world, planned)
                wake.wait(max(0, start + planned.at / 1000 - time.monotonic()))
                begun = time.monotonic()
                met, words = fault.begin()
                self.timeline.say("FAULT", f"{planned.kind}: {words}")
                self.outcome.met[planned.kind] = met
                if planned.kind == "clock.step":
                    self._clock_probe(planned)
                wake.wait(max(0, begun + planned.length / 1000 - time.monotonic()))
                self.timeline.say("HEALED", f"{planned.kind}: {fault.heal()}")
            except BaseException as failure:  # noqa: B902 - raised in the test's thread
                self.timeline.say("FAILED", f"{planned}: {type(failure).__name__}: {failure}"[:2000])
                failures.append(failure)

        threads = [threading.Thread(target=one, args=[planned]) for planned in self.round.faults]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
            assert not thread.is_alive(), "a fault hangs"
        if failures:
            raise failures[0]

    def _clock_probe(self, planned):
        """A clock that stands far behind shows itself: the present is its future. Only where nothing else is broken."""
        if planned.parameters["seconds"] >= -SKEW or len(self.round.faults) > 1:
            return
        probe = self.load.probe(1)[0]
        wait_for(lambda: self.world.oracle.one("SELECT count(*) FROM dlq_events WHERE code = %s AND delivery_hash = %s",
                                               CLOCK, probe.hash), "the clock to be seen", 10)

    def _recover(self):
        """Events that are published after the last healing are stored through every lane, and the service is ready."""
        bound = RECOVERY + sum(KINDS[kind].slow for kind in self.round.kinds)
        healed = time.monotonic()
        wait_for(self.world.service.ready, "/health/ready to be 200 after the faults", bound)
        fresh = self.load.probe(PROBES)
        left = bound - (time.monotonic() - healed)
        self.load.await_stored(fresh, max(left, 0.1), f"fresh events to be stored within {bound:.0f} s of the last healing")
        self.outcome.recovery = time.monotonic() - healed
        self.timeline.say("round", f"recovered {self.outcome.recovery:.2f} s after the last healing")

    def _settle(self, mark):
        """Everything that the broker holds comes to rest: probes go behind it in every lane."""
        self.load.await_stored(self.load.probe(PROBES), SETTLING, "the backlog to be stored")
        wait_for(lambda: self.world.service.metrics().value("taylordash_in_flight_events") == 0, "nothing in flight", 15)
        if not FORGETFUL & set(self.round.kinds):
            return
        lost = missing(self.load.messages, *self._evidence(mark))
        self.outcome.lost_by_broker = len(lost)
        self.timeline.say("round", f"the killed broker has lost {len(lost)} that it had acknowledged; resent")
        if lost:
            publish(self.world.broker.port, lost)
            self.load.await_stored(self.load.probe(PROBES), SETTLING, "what was resent to be stored")

    def _prove(self):
        """Some faults show only later what they met: when somebody's patience has ended."""
        for planned in self.round.faults:
            if (proof := self._faults[planned.kind, planned.at].proof()) is not None:
                self.outcome.met[planned.kind] = proof
            # Only a fault that nothing came before is sure to find what it strikes.
            first = all(planned.at < other.at for other in self.round.faults if other is not planned)
            assert self.outcome.met[planned.kind] or not first, f"{planned} met nothing"

    def _evidence(self, mark):
        with self.world.cluster.connect(self.world.database) as c, c.cursor() as cursor:
            return evidence(cursor, mark)

    def _reckon(self, mark, before):
        world, outcome, messages = self.world, self.outcome, self.load.messages
        rows, letters = self._evidence(mark)
        was_back = any(f.kind == "clock.step" and f.parameters["seconds"] < -SKEW for f in self.round.faults)
        complaints = audit(messages, rows, letters, world.dead_lettered, was_back)
        journal = world.oracle.expect_journal()
        hashes = {letter.hash for letter in letters}
        known = {m.hash for m in world.dead_lettered}
        new = [m for m in messages if m.hash in hashes and m.hash not in known]
        world.dead_lettered += new
        world.totals["stored"] += len(rows)
        world.keys |= {row.key for row in rows}
        world.totals["dead_lettered"] += len(new)
        for what, found in (("stored", world.oracle.stored_count()), ("dead_lettered", world.oracle.dead_letter_count())):
            if found != world.totals[what]:
                complaints.append(f"{found} {what} in all, but {world.totals[what]} have been accounted for")
        metrics = world.service.metrics()
        if metrics.value("taylordash_unaccounted_events") != 0:
            complaints.append("taylordash_unaccounted_events is not 0")
        if self.watch.most_resident > self._memory_limit:
            complaints.append(f"the service took {self.watch.most_resident >> 20} MiB")
        world.service.check()
        outcome.published, outcome.acknowledged = len(messages), self.load.acknowledged + len(self.load.probes)
        outcome.again, outcome.stored, outcome.dead_lettered = self.load.again, len(rows), len(new)
        outcome.redelivered = journal["duplicate"] - before["duplicate"]
        assert not complaints, "\n".join(complaints)

    # -- when it has failed ---

    def _report(self, failure):
        return (f"round {self.round} of seed {self.seed}: {type(failure).__name__}: {failure}\n\n"
                f"to repeat it: {self._command}\n\n-- timeline ---\n{self.timeline}\n\n{self.world.logs()}")
