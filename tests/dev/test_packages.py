"""What `./dev` would install, on machines that differ in what is there."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def missing(tmp_path):
    """Asks infra/dev/lib.sh on a machine where nothing is installed but these commands are on the PATH."""
    for tool in ("bash", "comm", "sort", "sed"):
        (tmp_path / tool).symlink_to(Path("/usr/bin") / tool)

    def ask(*groups, commands=(), installed=()):
        answers = {"dpkg-query": "".join(f"echo 'ii {package}'\n" for package in installed)}
        for name in ("dpkg-query", *commands):
            file = tmp_path / name
            file.write_text(f"#!/bin/bash\n{answers.get(name, '')}")
            file.chmod(file.stat().st_mode | stat.S_IXUSR)
        shown = subprocess.run(["bash", "-c", 'source infra/dev/lib.sh; missing_packages "$@"', "-", *groups],
                               cwd=ROOT, env={**os.environ, "PATH": str(tmp_path)}, check=True,
                               capture_output=True, text=True).stdout
        return shown.split()

    return ask


def test_a_fresh_machine_gets_node_and_npm_from_debian_for_the_tests(missing):
    assert {"nodejs", "npm"} <= set(missing("test"))


def test_an_npm_from_elsewhere_counts_as_both(missing):
    found = missing("test", commands=("npm",))
    assert not {"nodejs", "npm"} & set(found)
    assert "python3-pytest" in found


def test_only_what_the_groups_need_and_is_not_installed_is_missing(missing):
    assert "npm" not in missing("build", "run")
    assert "mosquitto" in missing("run")
    assert "mosquitto" not in missing("run", installed=("mosquitto",))


def test_npm_packages_are_pinned_and_name_no_host():
    wanted = json.loads((ROOT / "tests/schema/package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "tests/schema/package-lock.json").read_text())["packages"]
    for name, version in wanted.items():
        assert version[0].isdigit(), f"{name} is not pinned: {version}"
        assert locked[f"node_modules/{name}"]["version"] == version
    for where, package in locked.items():
        assert "resolved" not in package, where
        assert where == "" or package["integrity"].startswith("sha512-"), where
