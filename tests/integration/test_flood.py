"""A flood of nothing but invalid events, as fast as a broker takes them."""

import subprocess
import threading
import time

import pytest

from support.process import wait_for
from support.service import BINARY

LOAD = BINARY.parent / "bench/taylordash-bench"
# The sanitizer keeps freed memory for a while, which looks like growth.
SMALL_QUARANTINE = {"ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}
MIB = 1 << 20


@pytest.fixture
def flood(request):
    return request.config.getoption("--flood")


class Memory(threading.Thread):
    """Resident bytes of a service, looked at ten times a second."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self._service = service
        self._end = threading.Event()
        self.samples = []

    def run(self):
        while not self._end.wait(0.1):
            self.samples.append(self._service.resident_bytes())

    def end(self):
        self._end.set()
        self.join()
        return self.samples


@pytest.mark.timeout(1200)
def test_a_flood_of_invalid_events_is_counted_exactly_and_starves_nobody(stack, flood):
    service = stack.service(environment=SMALL_QUARANTINE).start()
    good = stack.producer(seed=1, rate=50)
    good.wait_for_acknowledged(50)
    memory = Memory(service)
    memory.start()
    started = time.monotonic()
    with subprocess.Popen([LOAD, "load", "--mqtt-url", f"mqtt://127.0.0.1:{stack.broker.port}", "--events", str(flood),
                           "--invalid", "100", "--producers", "2"], stdout=subprocess.PIPE, text=True) as load:
        stored_during = []
        while stack.oracle.dead_letter_count() < flood:
            assert load.poll() in (None, 0), "the load generator failed"
            stored_during.append(stack.oracle.stored_count())
            assert time.monotonic() - started < 60 + flood / 2000, "the flood does not end"
            time.sleep(0.2)
        assert f"published={flood} " in load.stdout.read()
        assert load.wait(10) == 0
    took = time.monotonic() - started
    samples = memory.end()
    published = good.finish().published

    wait_for(lambda: not stack.oracle.missing(published), "every good event", timeout=60)
    assert stack.oracle.stored_count() == len(published)
    assert len(set(stored_during)) > len(stored_during) // 2, "good events go on being stored meanwhile"
    rows = stack.oracle.rows("SELECT code, pointer, count(*) FROM dlq_events GROUP BY code, pointer")
    assert rows == [("schema_violation", "/payload/task_id", flood)]
    metrics = service.metrics()
    assert metrics.events("dead_lettered") == stack.oracle.one("SELECT sum(attempts) FROM dlq_events")
    stack.oracle.expect_journal()
    first = samples[len(samples) // 3]
    assert samples[-1] - first < 64 * MIB, f"memory grew from {first / MIB:.0f} to {samples[-1] / MIB:.0f} MiB"
    waited = stack.oracle.one(
        "SELECT max(b.committed_at - m.occurred_at) FROM events_mirror m JOIN mirror_batches b USING (batch_id)")
    print(f"flood events={flood} took={took:.1f}s rate={flood / took:.0f}/s memory_MiB={max(samples) / MIB:.0f} "
          f"good={len(published)} slowest_good={waited}")
    service.stop()
