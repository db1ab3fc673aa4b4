#!/usr/bin/env python3
"""Adds up the test cases of all suites and prints, as the very last line, `N passed, N failed`.

Reads the JUnit files of one test run: pytest's name each case; ctest's has one entry per Boost.Test program, whose
output ends with the program's own count in XML. A program that ended without its count (a crash, a time-out, a
sanitizer's report at exit) counts as one failed case more. Exit status 1 when anything failed or nothing passed.

usage: summary.py REPORTS_DIR [--seconds N] [--broken STEP]
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

COUNT = re.compile(r"<TestResult>.*?</TestResult>", re.S)
FAILING = ("test_cases_failed", "test_cases_aborted", "test_cases_timed_out")


def boost_suites(file):
    """Yields (suite, seconds, passed, failed, skipped) for each program that ctest ran."""
    for case in ET.parse(file).getroot().iter("testcase"):
        passed = failed = skipped = 0
        reports = COUNT.findall(case.findtext("system-out") or "")
        for report in reports:
            top = ET.fromstring(report).find("TestSuite")
            if top is None:
                continue
            passed += int(top.get("test_cases_passed", 0))
            # A case that is aborted or timed out is counted among the failed ones, too.
            failed += max(int(top.get(key, 0)) for key in FAILING)
            skipped += int(top.get("test_cases_skipped", 0))
        if case.get("status") != "run" and failed == 0:
            failed += 1
        yield case.get("name"), float(case.get("time") or 0), passed, failed, skipped


def pytest_suite(file):
    """(suite, seconds, passed, failed, skipped) of one pytest run; an error in a fixture is a failure."""
    suite = next(ET.parse(file).getroot().iter("testsuite"))
    total = int(suite.get("tests", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    skipped = int(suite.get("skipped", 0))
    return suite.get("name"), float(suite.get("time") or 0), total - failed - skipped, failed, skipped


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("reports", type=Path)
    arguments.add_argument("--seconds", type=int)
    arguments.add_argument("--broken", help="this step ended before it could report")
    options = arguments.parse_args()

    rows = []
    for file in sorted(options.reports.glob("*.xml")):
        rows += boost_suites(file) if file.name == "ctest.xml" else [pytest_suite(file)]
    if options.broken:
        rows.append((f"{options.broken} broke off", 0.0, 0, 1, 0))

    print()
    for name, seconds, passed, failed, skipped in rows:
        extra = f", {skipped} skipped" if skipped else ""
        print(f"  {name:<14} {passed:>5} passed {failed:>4} failed{extra}  {seconds:7.1f} s")
    if options.seconds is not None:
        print(f"  {'everything':<14} {'':>25} {options.seconds:7} s")
    passed = sum(row[2] for row in rows)
    failed = sum(row[3] for row in rows)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
