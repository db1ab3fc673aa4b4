"""The libFuzzer programs find nothing: first in the corpus, then for some seconds beyond it.

What they find is left in build/fuzz/findings, and the failure says how to see it again.
"""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = Path(os.environ.get("TD_FUZZ_PROGRAMS", ROOT / "build/fuzz/tests/fuzz"))
FINDINGS = ROOT / "build/fuzz/findings"
NAMES = sorted(file.stem for file in HERE.glob("*.dict"))

LONGEST_INPUT = 4096  # bytes
SLOWEST_INPUT = 10  # seconds
MOST_MEMORY = 2048  # MiB


def program(name):
    path = PROGRAMS / f"fuzz_{name}"
    assert path.exists(), f"{path} is not built: cmake --preset fuzz && cmake --build --preset fuzz"
    return path


def run(name, *arguments):
    """Runs a program; fails with its report and the input that it stumbled over."""
    FINDINGS.mkdir(parents=True, exist_ok=True)
    prefix = f"{FINDINGS}/{name}-"
    command = [program(name), f"-timeout={SLOWEST_INPUT}", f"-rss_limit_mb={MOST_MEMORY}", f"-artifact_prefix={prefix}",
               *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return done.stdout
    lines = [line for line in done.stdout.splitlines() if not line.startswith(("#", "INFO:"))]
    saved = [line.rpartition(" ")[2] for line in lines if "Test unit written to" in line]
    again = f"see it again: {program(name)} {saved[-1]}" if saved else f"status {done.returncode}"
    raise AssertionError("\n".join([*lines[-60:], again]))


def test_each_program_has_a_corpus_and_a_dictionary():
    sources = sorted(file.stem for file in HERE.glob("*.cpp"))
    assert sources == NAMES == sorted(folder.name for folder in (HERE / "corpus").iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_the_corpus_holds(name):
    inputs = sorted((HERE / "corpus" / name).iterdir())
    assert len(inputs) >= 20
    run(name, *map(str, inputs))


@pytest.mark.timeout(24 * 3600)
@pytest.mark.parametrize("name", NAMES)
def test_random_inputs_hold(name, request, tmp_path):
    seconds, seed = request.config.getoption("--seconds"), request.config.getoption("--seed")
    output = run(name, f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST_INPUT}", f"-dict={HERE / name}.dict",
                 "-print_final_stats=1", str(tmp_path), str(HERE / "corpus" / name))
    executed = [int(line.split()[-1]) for line in output.splitlines() if line.startswith("stat::number_of_executed_units")]
    assert executed and executed[0] > 100 * seconds, "almost nothing was run: the program got stuck or very slow"
