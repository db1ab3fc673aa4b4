"""The closing line counts test cases of every kind, and a crash is never a pass."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "infra/dev/summary.py"

BOOST = ('<TestResult><TestSuite name="taylordash" result="{result}" assertions_passed="9" assertions_failed="0"'
         ' test_cases_passed="{passed}" test_cases_passed_with_warnings="0" test_cases_failed="{failed}"'
         ' test_cases_skipped="0" test_cases_aborted="{aborted}" test_cases_timed_out="0"></TestSuite></TestResult>')


def boost(passed, failed=0, aborted=0):
    return "log line\n" + BOOST.format(result="x", passed=passed, failed=failed, aborted=aborted)


def ctest(*programs):
    """One JUnit file as ctest writes it: (name, status, output) for each program."""
    cases = "".join(f'<testcase name="{name}" time="1.5" status="{status}"><system-out><![CDATA[{output}]]></system-out>'
                    "</testcase>" for name, status, output in programs)
    return f"<testsuite>{cases}</testsuite>"


def pytest_file(name, tests, failures=0, errors=0, skipped=0):
    return (f'<testsuites><testsuite name="{name}" tests="{tests}" failures="{failures}" errors="{errors}"'
            f' skipped="{skipped}" time="2.0"/></testsuites>')


@pytest.fixture
def summary(tmp_path):
    def run(files, *arguments):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, tmp_path, *arguments], capture_output=True, text=True, check=False)
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout.splitlines()[-1]
    return run


def test_adds_up_the_cases_of_all_suites(summary):
    files = {"ctest.xml": ctest(("pipeline", "run", boost(40)), ("storage", "run", boost(7))),
             "integration.xml": pytest_file("integration", 12, skipped=1)}
    assert summary(files) == (0, "58 passed, 0 failed")


def test_counts_failed_and_aborted_cases_once(summary):
    files = {"ctest.xml": ctest(("pipeline", "fail", boost(38, failed=2, aborted=1)))}
    assert summary(files) == (1, "38 passed, 2 failed")


def test_a_program_that_crashes_before_its_count_is_a_failure(summary):
    files = {"ctest.xml": ctest(("pipeline", "fail", "ERROR: AddressSanitizer"), ("config", "run", boost(3)))}
    assert summary(files) == (1, "3 passed, 1 failed")


def test_a_leak_found_at_the_end_is_a_failure_beside_the_passed_cases(summary):
    files = {"ctest.xml": ctest(("pipeline", "fail", boost(5) + "\nERROR: LeakSanitizer"))}
    assert summary(files) == (1, "5 passed, 1 failed")


def test_an_error_in_a_fixture_is_a_failure(summary):
    assert summary({"integration.xml": pytest_file("integration", 5, failures=1, errors=2)}) == (1, "2 passed, 3 failed")


def test_a_step_that_broke_off_is_a_failure(summary):
    assert summary({}, "--broken", "build") == (1, "0 passed, 1 failed")


def test_nothing_run_is_not_a_success(summary):
    assert summary({}) == (1, "0 passed, 0 failed")
