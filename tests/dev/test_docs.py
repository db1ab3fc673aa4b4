"""The documentation is held to the code: codes, sentences, metrics, settings and links."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "tests/README.md"])
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \|", re.M)
CODE = re.compile(r'errc_info\{errc::(\w+), "(\w+)",\s*"([^"]+)",\s*(\w+)\}')


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def error_table():
    rows = CODE.findall(read("pipeline/errc.cpp"))
    assert len(rows) > 40, "the table of errc.cpp could not be read"
    return {name: (sentence, what) for _, name, sentence, what in rows}


def test_producers_are_told_every_code_a_dead_letter_can_have():
    expected = {name: sentence for name, (sentence, what) in error_table().items() if what == "dead_letter"}
    documented = {name: text for name, text in ROW.findall(read("docs/producers.md")) if name in error_table()}
    assert set(documented) == set(expected)
    for name, sentence in expected.items():
        assert documented[name].startswith(sentence), name


def test_operators_are_told_every_other_code():
    expected = {name: sentence for name, (sentence, what) in error_table().items() if what != "dead_letter"}
    documented = {name: text for name, text in ROW.findall(read("docs/operating.md")) if name in error_table()}
    assert set(documented) == set(expected)
    for name, sentence in expected.items():
        assert documented[name].startswith(sentence), name


def test_operators_are_told_every_metric():
    declared = set(re.findall(r'"(taylordash_\w+)"', read("pipeline/metrics.cpp")))
    assert len(declared) > 20
    documented = set(re.findall(r"^\| `(taylordash_\w+)", read("docs/operating.md"), re.M))
    assert documented == declared


def test_operators_are_told_every_finding_of_the_doctor():
    declared = re.findall(r'finding_code\{\s*"(\w+)",\s*"(\w+)",\s*"([^"]+)"', read("doctor/codes.cpp"))
    assert len(declared) > 30
    sections = re.split(r"^## ", read("docs/doctor.md"), flags=re.M)
    for area in {area for area, _, _ in declared}:
        section = next(s for s in sections if s.lower().startswith(area))
        assert set(re.findall(r"^\| `(\w+)` \|", section, re.M)) == {code for a, code, _ in declared if a == area}
    used = set(re.findall(r'"((?:broker|database|machine|service)_[a-z_]+)"',
                          "".join(p.read_text(encoding="utf-8") for p in (ROOT / "doctor").glob("*.cpp") if p.name != "codes.cpp")))
    codes = {code for _, code, _ in declared}
    assert codes <= used, f"never found: {codes - used}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_settings_that_are_named_exist(page):
    known = set(re.findall(r"ROW\((\w+), (\w+)\)", read("config/keys.cpp")))
    tables = {table for table, _ in known}
    named = re.findall(r"`(\w+)\.(\w+)`", page.read_text(encoding="utf-8"))
    wrong = [f"{t}.{k}" for t, k in named if t in tables and (t, k) not in known and k not in ("cpp", "hpp", "mjs", "toml")]
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.M)
            anchors = {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}
            assert anchor in anchors, f"{page.name}: {target}"
