"""The include check is only worth something if it can fail: each rule is broken once here."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "infra/dev/check_includes.py"


def run(root):
    return subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path):
    """A small tree that keeps every rule."""
    for file, text in {
        "config/settings.hpp": "#pragma once\n",
        "pipeline/batch.hpp": '#pragma once\n#include "config/settings.hpp"\n',
        "pipeline/log.cpp": "#include <spdlog/spdlog.h>\n",
        "mqtt/lane.cpp": '#include "pipeline/batch.hpp"\n',
        "projects/task.hpp": '#pragma once\n#include "pipeline/batch.hpp"\n',
        "identity/role.hpp": "#pragma once\n",
        "identity/crypto.cpp": '#include <sodium.h>\n#include "pipeline/batch.hpp"\n#include "identity/role.hpp"\n',
        "storage/mirror.hpp": '#include "pipeline/batch.hpp"\n',
        "storage/tasks.cpp": '#include "projects/task.hpp"\n',
        "storage/mirror.cpp": '#include <libpq-fe.h>\n#include "storage/mirror.hpp"\n',
        "actors/ingest.cpp": '#include <caf/all.hpp>\n#include "storage/mirror.hpp"\n',
        "http/server.cpp": "#include <boost/beast.hpp>\n",
        "cli/cli.hpp": "#pragma once\n",
        "bench/drain.cpp": '#include <mosquitto.h>\n#include <libpq-fe.h>\n#include "storage/mirror.hpp"\n',
        "main.cpp": '#include "cli/cli.hpp"\n',
    }.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    return tmp_path


def test_accepts_a_tree_that_keeps_the_rules(tree):
    result = run(tree)
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize(
    "file, include, complaint",
    [
        ("config/settings.hpp", '#include "pipeline/batch.hpp"', "stands to the right"),
        ("pipeline/batch.hpp", '#include "storage/mirror.hpp"', "stands to the right"),
        ("mqtt/lane.cpp", '#include "storage/mirror.hpp"', "stands to the right"),
        ("storage/mirror.hpp", '#include "mqtt/lane.cpp"', "stands to the right"),
        ("projects/task.hpp", '#include "storage/mirror.hpp"', "stands to the right"),
        ("mqtt/lane.cpp", '#include "projects/task.hpp"', "stands to the right"),
        ("actors/ingest.cpp", '#include "cli/cli.hpp"', "stands to the right"),
        ("identity/role.hpp", '#include "storage/mirror.hpp"', "stands to the right"),
        ("mqtt/lane.cpp", '#include "identity/role.hpp"', "stands to the right"),
        ("storage/mirror.cpp", "#include <sodium.h>", "libsodium is used in identity/ only"),
        ("main.cpp", '#include "pipeline/batch.hpp"', "stands to the right"),
        ("pipeline/batch.hpp", '#include "batch.hpp"', "no file below the root"),
        ("pipeline/batch.hpp", "#include <config/settings.hpp>", "with quotes"),
        ("mqtt/lane.cpp", "#include <mosquitto.h>", "libmosquitto is used in bench/ only"),
        ("actors/ingest.cpp", "#include <libpq-fe.h>", "libpq is used in storage/ only"),
        ("http/server.cpp", "#  include <caf/all.hpp>", "CAF is used in actors/ only"),
        ("cli/cli.hpp", "#include <boost/beast/http.hpp>", "Boost.Beast is used in http/ only"),
        ("pipeline/batch.hpp", "#include <spdlog/spdlog.h>", "spdlog is used in pipeline/log.cpp only"),
    ],
)
def test_names_the_line_that_breaks_a_rule(tree, file, include, complaint):
    path = tree / file
    before = len(path.read_text().splitlines())
    path.write_text(path.read_text() + include + "\n")
    result = run(tree)
    assert result.returncode == 1
    assert result.stdout.startswith(f"{file}:{before + 1}: "), result.stdout
    assert complaint in result.stdout


def test_the_repository_keeps_the_rules():
    result = run(ROOT)
    assert result.returncode == 0, result.stdout
