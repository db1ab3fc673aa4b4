#!/usr/bin/env python3
"""Runs clang-tidy over every source file of ours, in parallel, and remembers what passed.

A file is checked again only when it, a header of ours that it includes, its compile command, .clang-tidy or the tool's
version has changed; so a second run takes a second. GCC's precompiled headers are left out of the commands, because
clang can't read them: a file that leans on one without including what it uses fails here.

usage: tidy.py --build DIR [--jobs N] [FILE...]
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.M)
# Spelled for GCC or for its precompiled headers: clang knows them not, or would read the wrong file.
DROP = {"-fpch-preprocess", "-Winvalid-pch"}


def clean(arguments):
    """The compile command without compiler launcher and precompiled header."""
    kept, skip = [], False
    for i, argument in enumerate(arguments):
        if skip:
            skip = False
        elif argument in DROP:
            pass
        elif argument == "-include" and "cmake_pch" in arguments[i + 1]:
            skip = True
        else:
            kept.append(argument)
    return kept


def with_headers(root, file, seen):
    """Adds `file` and every header of ours that it includes, directly or not, to `seen`."""
    if file in seen or not file.is_file():
        return
    seen[file] = file.read_bytes()
    for header in INCLUDE.findall(seen[file]):
        with_headers(root, root / header.decode(), seen)


def fingerprint(root, entry, general):
    seen = {}
    with_headers(root, Path(entry["file"]), seen)
    digest = hashlib.sha256(general)
    digest.update("\0".join(entry["arguments"]).encode())
    for path in sorted(seen):
        digest.update(str(path).encode() + b"\0" + hashlib.sha256(seen[path]).digest())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()

    root = Path.cwd().resolve()
    work = options.build / "tidy"
    passed = root / ".cache/tidy"
    work.mkdir(exist_ok=True)
    passed.mkdir(parents=True, exist_ok=True)

    wanted = {f.resolve() for f in options.files}
    entries = []
    for entry in json.loads((options.build / "compile_commands.json").read_text()):
        file = (Path(entry["directory"]) / entry["file"]).resolve()
        ours = root in file.parents and options.build.resolve() not in file.parents
        if ours and (not wanted or file in wanted):
            arguments = clean(entry.get("arguments") or shlex.split(entry["command"]))
            entries.append({"directory": entry["directory"], "file": str(file), "arguments": arguments})
    (work / "compile_commands.json").write_text(json.dumps(entries))

    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    general = version + (root / ".clang-tidy").read_bytes()

    def check(entry):
        stamp = passed / fingerprint(root, entry, general)
        if stamp.exists():
            return entry["file"], None, ""
        run = subprocess.run(
            ["clang-tidy", "--quiet", "-p", str(work), entry["file"]],
            capture_output=True, text=True, check=False)
        if run.returncode == 0:
            stamp.touch()
        # Standard error holds "N warnings generated" of system headers; it matters when the tool itself failed.
        errors = "" if run.stdout else run.stderr
        return entry["file"], run.returncode, run.stdout + errors

    failed = looked_at = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for file, status, output in pool.map(check, entries):
            looked_at += status is not None
            if status:
                failed += 1
                print(f"-- {os.path.relpath(file, root)}\n{output.strip()}", flush=True)
    print(f"clang-tidy: {len(entries)} files, {looked_at} looked at, {failed} with findings")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
