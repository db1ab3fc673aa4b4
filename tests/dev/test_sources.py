"""Sources are listed, not globbed: a test that nobody lists is a test that nobody runs."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["config", "pipeline", "schema", "identity", "projects", "mqtt", "storage", "doctor", "actors", "http", "standalone", "verify",
           "bench", "cli", "tests"]


def listed():
    """Every source that a CMakeLists.txt names, as a path from the root."""
    for folder in FOLDERS:
        for lists in [ROOT / "CMakeLists.txt", *(ROOT / folder).rglob("CMakeLists.txt")]:
            for name in re.findall(r"[\w./${}]+\.cpp", lists.read_text(encoding="utf-8")):
                name = name.removeprefix("${PROJECT_SOURCE_DIR}/")
                yield from {(ROOT / name).resolve(), (lists.parent / name).resolve()}


def test_every_source_is_compiled():
    known = set(listed())
    for_loops = {ROOT / "tests/fuzz", ROOT / "tests/support"}  # listed without their suffix
    orphans = [str(file.relative_to(ROOT)) for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.cpp"))
               if file.resolve() not in known and file.parent not in for_loops]
    assert not orphans, f"in no CMakeLists.txt: {orphans}"
