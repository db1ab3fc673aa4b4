#!/usr/bin/env python3
"""Prints what each stage of validation costs, ours and ajv's, from the JSON of both: time by the clock, medians.

usage: stages_table.py GOOGLE_BENCHMARK.json AJV.json
"""

import json
import sys


def main():
    ours = {}
    with open(sys.argv[1], encoding="utf-8") as file:
        for run in json.load(file)["benchmarks"]:
            if run.get("aggregate_name", "median") == "median":
                ours[run["run_name"]] = run["real_time"] / run["events"]
    with open(sys.argv[2], encoding="utf-8") as file:
        peer = json.load(file)

    rows = [
        ("parse", ours["parse"], peer["parse"]),
        ("parse + scan", ours["document"], None),
        ("schema", ours["schema"], peer["schema"]),
        ("parse + schema", None, peer["parse_and_schema"]),
        ("topic + parse + scan + envelope", ours["validate"], None),
        ("topic + parse + scan + envelope + schema", ours["validate_with_schemas"], None),
    ]
    ajv = f"ajv {peer['ajv']}, Node {peer['node'].lstrip('v')}"
    print(f"{'ns per event, one thread':<42}{'taylordash':>12}  {ajv}")
    for name, own, other in rows:
        cells = [f"{value:.0f}" if value is not None else "-" for value in (own, other)]
        print(f"{name:<42}{cells[0]:>12}  {cells[1]:>{len(ajv)}}")
    print(f"all of ours, scan and envelope included, against parse + schema of ajv: "
          f"{peer['parse_and_schema'] / ours['validate_with_schemas']:.1f} x")


if __name__ == "__main__":
    main()
