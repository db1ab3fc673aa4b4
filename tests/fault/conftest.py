"""Options, and the one world that rounds share until one of them fails or it has served enough of them."""

import itertools
import resource
import shlex

import pytest
from support import service as service_module
from support.process import remove, work_directory

from fault import requirements
from fault.figures import Figures
from fault.kinds import KINDS
from fault.plan import plan_round
from fault.rounds import Runner
from fault.world import World, sanitizer_library

ROUNDS_OF_A_WORLD = 50  # then everything is audited as a whole and made anew; bounds disks in memory
MEMORY = 200 << 20  # bytes resident: what the product promises at saturation
MEMORY_SANITIZED = 900 << 20  # shadow memory, and 256 MiB of quarantine

_numbers = itertools.count(1)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def pytest_addoption(parser):
    group = parser.getgroup("fault")
    group.addoption("--seed", default="1", help="of the plan and of the load; the same seed repeats the run")
    group.addoption("--rounds", type=int, default=16, help="how many rounds of drawn faults (default 16)")
    group.addoption("--only-round", type=int, help="just this one of them, as the run with the same seed had it")
    group.addoption("--no-alone", action="store_true", help="without the rounds in which each kind of fault is alone")
    group.addoption("--rate", type=float, default=600, help="messages per second of all producers (default 600)")
    group.addoption("--keep", action="store_true", help="keep the directories with logs and configurations")


def left_out():
    """{kind: reason} of the faults that this machine can't do."""
    missing = requirements.missing()
    return {name: missing[kind.needs] for name, kind in KINDS.items() if kind.needs in missing}


def pytest_configure(config):
    for name, least in (("rounds", 0), ("only_round", 1), ("rate", 30)):
        value = config.getoption(name)
        if value is not None and value < least:
            raise pytest.UsageError(f"--{name.replace('_', '-')} must be at least {least}, not {value:g}")
    config.figures = Figures()
    requirements.own_mounts()  # before any thread is started: a mount namespace belongs to a thread and its children


def pytest_generate_tests(metafunc):
    if "planned_round" in metafunc.fixturenames:
        option = metafunc.config.getoption
        numbers = [option("--only-round")] if option("--only-round") else range(1, option("--rounds") + 1)
        rounds = [plan_round(option("--seed"), number, frozenset(left_out())) for number in numbers]
        metafunc.parametrize("planned_round", rounds, ids=str)
    if "lone_kind" in metafunc.fixturenames:
        metafunc.parametrize("lone_kind", list(KINDS))


def pytest_collection_modifyitems(config, items):
    """--only-round is for repeating it, and nothing else."""
    def wanted(item):
        names = getattr(item, "fixturenames", ())
        if config.getoption("--only-round"):
            return "planned_round" in names
        return not (config.getoption("--no-alone") and {"lone_kind", "lone_thread"} & set(names))

    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = [item for item in items if wanted(item)]


def pytest_terminal_summary(terminalreporter, config):
    """The seed, the figures, and what was left out on this machine, with the reason."""
    lines = config.figures.lines()
    reasons = left_out() if lines else {}
    for reason in dict.fromkeys(reasons.values()):
        lines.append(f"left out: {', '.join(kind for kind, r in reasons.items() if r == reason)}: {reason}")
    if lines:
        terminalreporter.section(f"seed {config.getoption('--seed')}, {service_module.BINARY}")
        for line in lines:
            terminalreporter.line(line)


class Worlds:
    def __init__(self, directory):
        self._directory = directory
        self._world = None

    def get(self):
        """One that is fit for a round."""
        if self._world and (not self._world.fit or self._world.rounds >= ROUNDS_OF_A_WORLD):
            self.close()
        if not self._world:
            self._world = World(self._directory / f"world-{next(_numbers)}")
        return self._world

    def close(self):
        world, self._world = self._world, None
        if world:
            try:
                if world.fit:
                    world.end_service()
                    world.audit()
            finally:
                world.end()


@pytest.fixture(scope="session")
def worlds(request):
    if not service_module.BINARY.is_file():
        pytest.exit(f"{service_module.BINARY} is not built (./dev build debug)", returncode=3)
    directory = work_directory()
    made = Worlds(directory)
    yield made
    made.close()
    if request.config.getoption("--keep"):
        print(f"\nkept: {directory}")
    else:
        remove(directory)


@pytest.fixture
def world(worlds):
    return worlds.get()


@pytest.fixture
def run_round(world, request):
    """Runs one round in the world and adds it to the figures."""
    option = request.config.getoption

    def run(round_, repeat):
        command = f"./dev test fault -- --seed {shlex.quote(option('--seed'))} {repeat}"
        limit = MEMORY_SANITIZED if sanitizer_library() else MEMORY
        try:
            outcome = Runner(world, round_, option("--seed"), option("--rate"), limit, command).run()
        except AssertionError:
            request.config.figures.failed += 1
            raise
        request.config.figures.add(outcome)
        return outcome

    return run
