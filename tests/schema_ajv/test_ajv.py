"""Our validator and ajv 8 judge the same random documents by the same random schemas, and agree on every one."""

import json
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAM = Path(os.environ.get("TD_SCHEMA_VERDICTS", ROOT / "build/debug/tests/schema_ajv/schema_verdicts"))

# Sorts of schemas; differential.mjs says what they are made of.
SCHEMAS = ["numbers", "multiples", "strings", "formats", "patterns", "arrays", "objects", "combinators", "references",
           "everything", "draft7"]
# A set of characters is held against all 1.1 million.
PAIRS_PER_SET = 500


def compare(family, pairs, seed):
    """Runs one family; the summary, and what was printed before it."""
    command = ["node", HERE / "differential.mjs", family, "--program", PROGRAM, "--pairs", str(pairs), "--seed", str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    *printed, last = done.stdout.splitlines() or [""]
    assert last.startswith("{"), f"{family} broke off, status {done.returncode}: {done.stdout}"
    return json.loads(last), "\n".join(printed)


@pytest.fixture
def pairs(request):
    return request.config.getoption("--pairs") // (len(SCHEMAS) + 1)


@pytest.fixture
def seed(request):
    return request.config.getoption("--seed")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("family", SCHEMAS)
def test_documents_are_judged_alike(family, pairs, seed):
    summary, printed = compare(family, pairs, seed)
    assert summary["disagreements"] == 0, printed
    assert summary["pairs"] == pairs
    # Else nothing was compared but refusals, or nothing but consent.
    assert 0.25 < summary["valid"] / pairs < 0.75, summary


@pytest.mark.timeout(3600)
def test_patterns_with_errors_are_refused_alike(pairs, seed):
    summary, printed = compare("syntax", pairs, seed)
    assert summary["disagreements"] == 0, printed
    assert 0.2 < summary["valid"] / pairs < 0.8, summary


@pytest.mark.timeout(3600)
def test_sets_of_characters_have_the_same_members(request, seed):
    sets = max(5, request.config.getoption("--pairs") // PAIRS_PER_SET)
    summary, printed = compare("sets", sets, seed)
    assert summary["disagreements"] == 0, printed
    assert summary["pairs"] == sets
