#!/usr/bin/env python3
"""Refuses includes that point against the flow of data, and libraries outside their home.

    config <- pipeline <- schema, identity, projects <- mqtt, storage <- doctor <- actors <- http <- standalone <- verify <- bench <- cli

A folder includes itself and what stands left of it; tests/ may include everything. Each third-party library
with a wide surface has one home, so that it can be replaced in one place. The tables below are the whole rule.

usage: check_includes.py [ROOT]      prints `file:line: what is wrong`, exits 1 if anything is
"""

import re
import sys
from pathlib import Path

ORDER = ["config", "pipeline", "schema", "identity", "projects", "mqtt", "storage", "doctor", "actors", "http", "standalone", "verify",
         "bench", "cli"]
# Neither knows the other.
APART = {frozenset(pair) for pair in (("mqtt", "schema"), ("mqtt", "storage"), ("mqtt", "identity"), ("mqtt", "projects"),
                                      ("identity", "schema"), ("identity", "projects"), ("projects", "schema"))}
LEFT_OF = {
    folder: [left for left in ORDER[:place] if frozenset((left, folder)) not in APART]
    for place, folder in enumerate(ORDER)
}
FREE = {"tests"}
MAIN_MAY = ["cli"]

# What the product is measured against uses the libraries without it.
BARE = "bench/"

# Header of a library -> the folder or file that may include it.
HOMES = [
    (re.compile(r"^(mosquitto|mqtt_protocol)"), BARE, "libmosquitto"),
    (re.compile(r"^(libpq|libpq-fe\.h|postgresql/)"), "storage/", "libpq"),
    (re.compile(r"^caf/"), "actors/", "CAF"),
    (re.compile(r"^boost/beast"), "http/", "Boost.Beast"),
    (re.compile(r"^spdlog/"), "pipeline/log.cpp", "spdlog"),
    (re.compile(r"^re2/"), "schema/pattern.cpp", "RE2"),
    (re.compile(r"^sodium"), "identity/", "libsodium"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def check_file(root: Path, file: Path):
    """Yields (line number, message) for each include that breaks a rule."""
    where = file.relative_to(root)
    folder = where.parts[0] if len(where.parts) > 1 else ""
    if folder in FREE:
        allowed = None
    elif folder:
        allowed = [folder, *LEFT_OF[folder]]
    else:
        allowed = MAIN_MAY
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        quote, header = found.groups()
        target = header.split("/")[0]
        if quote == '"':
            if not (root / header).is_file():
                yield number, f'"{header}" is no file below the root; includes are written from the root'
            elif allowed is not None and target not in allowed:
                yield number, f'{folder or where}/ may not include "{header}": it stands to the right'
        elif target in LEFT_OF and (root / header).is_file():
            yield number, f'our own <{header}> is written with quotes'
        elif allowed is not None:
            for pattern, home, library in HOMES:
                if pattern.match(header) and not str(where).startswith((home, BARE)):
                    yield number, f"<{header}>: {library} is used in {home} only"


def check_tree(root: Path):
    """All findings of the tree as `file:line: message`, sorted by file."""
    findings = []
    for folder in [*LEFT_OF, *sorted(FREE)]:
        for file in sorted((root / folder).rglob("*.[ch]pp")):
            findings += [f"{file.relative_to(root)}:{n}: {what}" for n, what in check_file(root, file)]
    if (root / "main.cpp").is_file():
        findings += [f"main.cpp:{n}: {what}" for n, what in check_file(root, root / "main.cpp")]
    return findings


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    findings = check_tree(root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
