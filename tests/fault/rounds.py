"""One round: load, faults, healing, recovery within a bound, and the reckoning."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone

from support.producers import publish
from support.process import wait_for

from .actions import action
from .debts import missed
from .kinds import BROKER_ENDS, FORGETFUL, KINDS, SILENT, STALL_AFTER
from .faults_service import Wedge
from .load import Load
from .obligations import CLOCK, audit, both, evidence, missing
from .timeline import Timeline
from .watch import Watch

RECOVERY = 15.0  # s from the last healing until fresh events are stored through every lane and /health/ready is 200
SETTLING = 40.0  # s for the backlog that the faults have left
SKEW = 300  # s: events.allowed_skew
HANGS = 120.0  # s until a fault, with what it waits for at its place, should be over
NOTICED = 2.5  # s beyond STALL_AFTER, after which a stall has been told for certain
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
    unheard: int = 0  # acknowledged with "no matching subscribers", and resent
    sessions_lost: int = 0
    both_again: int = 0  # stored and dead-lettered, published more than once
    both_redelivered: int = 0  # the same, published once: the broker delivered it again
    stalls: int = 0  # how often the service said that events do not move
    recovery: float = 0.0  # s
    seconds: float = 0.0
    megabytes: float = 0.0  # resident, the most
    faults: list = field(default_factory=list)  # (kind, how much it met) of each

    @property
    def met(self):
        """kind -> how much its faults met."""
        sums = Counter()
        for kind, met in self.faults:
            sums[kind] += met
        return sums


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
        self._met = {}  # (kind, moment) -> how much it met
        self._places = {KINDS[kind].place: threading.Lock() for kind in round_.kinds}
        self._disturbed = self._said = 0.0
        self._silenced = None  # when the broker's link went half-open for good

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
        self._before = self._sessions_lost()
        self._said = len(world.service.process.text())
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
        """Each fault has a thread of its own, so that they overlap as planned. At one place they don't: where healing took
        longer than planned, the later fault waits."""
        start = self._disturbed = time.monotonic()
        wake = threading.Event()  # never set: waits for a moment of the schedule
        failures = []

        def one(planned):
            try:
                fault = self._faults[planned.kind, planned.at] = action(self.world, planned)
                wake.wait(max(0, start + planned.at / 1000 - time.monotonic()))
                with self._places[KINDS[planned.kind].place]:
                    begun = time.monotonic()
                    self._met[planned.kind, planned.at], words = fault.begin()
                    self.timeline.say("FAULT", f"{planned.kind}: {words}")
                    if planned.kind == "to_broker.half_open_for_good" and self._met[planned.kind, planned.at]:
                        self._silenced = datetime.now(timezone.utc)
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
            thread.join(HANGS)
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
        if "clock.step" in self.round.kinds:
            wait_for(lambda: self.world.clock_shows(0), "the service to tell the right time again", 5)
        fresh = self.load.probe(PROBES)
        left = bound - (time.monotonic() - healed)
        self.load.await_stored(fresh, max(left, 0.1), f"fresh events to be stored within {bound:.0f} s of the last healing")
        self.outcome.recovery = time.monotonic() - healed
        self._disturbed = time.monotonic() - self._disturbed
        self.timeline.say("round", f"recovered {self.outcome.recovery:.2f} s after the last healing")

    def _await_every_lane(self):
        """A lane whose connection is half-open for good leaves it by its own patience, each at its own moment. Until then its
        backlog stays with the broker, and the probes go to the lanes that are back."""
        if self._silenced is None or "clock.step" in self.round.kinds:
            return
        wait_for(lambda: all(datetime.fromisoformat(lane["since"].replace("Z", "+00:00")) > self._silenced
                             for lane in self.world.service.status()["lanes"]), "every lane to be back", SILENT)

    def _settle(self, mark):
        """Everything that the broker holds comes to rest: probes go behind it in every lane."""
        self._await_every_lane()
        self.load.await_stored(self.load.probe(PROBES), SETTLING, "the backlog to be stored")
        wait_for(lambda: self.world.service.metrics().value("taylordash_in_flight_events") == 0, "nothing in flight", 15)
        if not FORGETFUL & set(self.round.kinds):
            return
        lost = missing(self.load.messages, *self._evidence(mark))
        its_own = self.load.acknowledged_before(self.world.broker.killed_at)
        ours = [m for m in lost if m.key not in its_own]
        assert not ours, (f"{len(ours)} are lost although the broker that was started after the kill has acknowledged them,"
                          f" for example {ours[0].key} ({ours[0].code or 'sound'}, {ours[0].topic})")
        self.outcome.lost_by_broker = len(lost)
        self.timeline.say("round", f"of {len(its_own)} that only the killed broker had acknowledged it has lost {len(lost)};"
                                   " resent")
        if lost:
            publish(self.world.broker.port, lost)
            self.load.await_stored(self.load.probe(PROBES), SETTLING, "what was resent to be stored")

    def _prove(self):
        """Some faults show only later what they met: when somebody's patience has ended."""
        for name, fault in self._faults.items():
            if (proof := fault.proof()) is not None:
                self._met[name] = proof
        met = [(planned, self._met[planned.kind, planned.at]) for planned in self.round.faults]
        self.outcome.faults = [(planned.kind, much) for planned, much in met]
        for planned, much in met:
            self.timeline.say("met", f"{planned.kind}: {much}")
        owing = [p for p in missed(met) if self._faults[p.kind, p.at].certain]
        assert not owing, f"met nothing: {'; '.join(map(str, owing))}"

    def _sessions_lost(self):
        """(process, what its metric says, how often the log has said so)."""
        service = self.world.service
        return (service.process.pid, service.metrics().value("taylordash_sessions_lost_total"),
                service.process.text().count("broker lost the lane's session"))

    def _promises_of_the_broker(self):
        """A broker that was not ended forgets no session and has somebody for every message."""
        pid, value, said = self._sessions_lost()
        before = self._before[1] if pid == self._before[0] else 0
        self.outcome.sessions_lost = int(max(value - before, said - self._before[2]))
        self.outcome.unheard = self.load.unheard
        if BROKER_ENDS & set(self.round.kinds):
            return []
        return [f"{count} {what}, though the broker was not ended" for count, what in [
            (self.outcome.sessions_lost, "sessions were lost"),
            (self.outcome.unheard, "messages were acknowledged with \"no matching subscribers\"")] if count]

    def _stalls(self):
        """Events that do not move are told, and nothing else is. The progress watch is held to that."""
        told = [line for line in self.world.service.process.text()[self._said:].splitlines() if "events do not move" in line]
        self.outcome.stalls = len(told)
        complaints = []
        for fault in self._faults.values():
            # A lane that takes no turns is told whatever else fails; a mirror only if it is given something to write.
            certain = isinstance(fault, Wedge) and (fault.parameters["thread"] == "ingest" or len(self.round.faults) == 1)
            if certain and fault.lasted > STALL_AFTER + NOTICED and not told:
                complaints.append(f"{fault.planned}: nobody said in {fault.lasted:.1f} s that events do not move")
        if self._disturbed < STALL_AFTER - 1 and told:
            complaints.append(f"events are said not to move, though all was over in {self._disturbed:.1f} s: {told[0]}")
        # It looks ten times within STALL_AFTER, so that a stall that is over is shown for a moment.
        wait_for(lambda: not self.world.service.status()["stalls"], "no stall to be left", 5)
        return complaints

    def _twice(self, rows, letters):
        """What is stored and dead-lettered was delivered more than once, on both sides of a step of the clock."""
        found = both(self.load.messages, rows, letters)
        again = [m for m, _ in found if self.load.sent(m) > 1]
        self.outcome.both_again, self.outcome.both_redelivered = len(again), len(found) - len(again)
        if not found:
            return []
        connected = self.world.service.process.text()[self._said:].count('"lane connected"')
        self.timeline.say("round", f"{len(found)} are stored and dead-lettered, {sum(first for _, first in found)} of them"
                                   f" stored first; {len(again)} were published more than once, the others the broker"
                                   f" delivered again: lanes connected again {connected} times")
        return [] if connected or len(again) == len(found) else [
            f"{len(found) - len(again)} are stored and dead-lettered though they were delivered once"]

    def _evidence(self, mark):
        with self.world.cluster.connect(self.world.database) as c, c.cursor() as cursor:
            return evidence(cursor, mark)

    def _reckon(self, mark, before):
        world, outcome, messages = self.world, self.outcome, self.load.messages
        rows, letters = self._evidence(mark)
        was_back = any(f.kind == "clock.step" and f.parameters["seconds"] < -SKEW for f in self.round.faults)
        complaints = audit(messages, rows, letters, world.dead_lettered, was_back)
        complaints += self._promises_of_the_broker() + self._stalls() + self._twice(rows, letters)
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
