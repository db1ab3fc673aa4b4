"""What a run amounts to: rounds, faults by kind, events, recovery."""

from .debts import counts


def quantile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


class Figures:
    def __init__(self):
        self.outcomes = []
        self.failed = 0

    def add(self, outcome):
        self.outcomes.append(outcome)

    def total(self, name):
        return sum(getattr(outcome, name) for outcome in self.outcomes)

    def lines(self):
        """For people; empty when no round has ended."""
        if not self.outcomes:
            return []
        planned, met = counts(self.outcomes)
        recovery = sorted(outcome.recovery for outcome in self.outcomes)
        slowest = max(self.outcomes, key=lambda o: o.recovery)
        return [
            f"rounds: {len(self.outcomes)} held, {self.failed} failed; {sum(planned.values())} faults of"
            f" {len(planned)} kinds planned, {sum(met.values())} of {sum(map(bool, met.values()))} kinds have met something;"
            f" {sum(len(o.kinds) > 1 for o in self.outcomes)} rounds with several at once",
            f"messages: {self.total('published')} published ({self.total('again')} of them twice on purpose),"
            f" {self.total('acknowledged')} acknowledged, {self.total('stored')} stored,"
            f" {self.total('dead_lettered')} dead-lettered, {self.total('redelivered')} duplicates met,"
            f" {self.total('lost_by_broker')} lost by killed brokers and resent,"
            f" {self.total('unheard')} resent because a broker that had been ended had nobody for them",
            f"stored and dead-lettered: {self.total('both_again')} published more than once,"
            f" {self.total('both_redelivered')} delivered again; sessions lost: {self.total('sessions_lost')};"
            f" stalls told: {self.total('stalls')}",
            f"recovery after the last healing: median {quantile(recovery, 0.5):.2f} s, 95 % {quantile(recovery, 0.95):.2f} s,"
            f" slowest {slowest.recovery:.2f} s ({' + '.join(slowest.kinds)})",
            f"service: {max(o.megabytes for o in self.outcomes):.0f} MB resident at most; the longest round took"
            f" {max(o.seconds for o in self.outcomes):.1f} s, the median"
            f" {quantile(sorted(o.seconds for o in self.outcomes), 0.5):.1f} s",
            "faults that met something, of those planned: "
            + ", ".join(f"{kind} {met[kind]}/{count}" for kind, count in sorted(planned.items())),
        ]
