"""Configuration that can't work stops the start with one clear line: where, which key, what is wrong, what is allowed."""

import socket
import subprocess

import pytest
from support.process import free_port
from support.service import BINARY, toml


def serve(directory, text, environment=None, command="serve"):
    """Runs the command on a configuration file until it ends; returns (status, output)."""
    file = directory / "taylordash.toml"
    file.write_text(text, encoding="utf-8")
    words = command.split()
    run = subprocess.run([BINARY, *words, "--config", str(file)], capture_output=True, text=True, timeout=30,
                         check=False, env=environment)
    return run.returncode, (run.stdout + run.stderr).replace(str(directory) + "/", "")


@pytest.fixture
def directory(binary, tmp_path):
    return tmp_path


SOUND = '[database]\nurl = "host=/nowhere dbname=td"\n'
WRONG = [
    ("an unknown key", SOUND + "[mqtt]\nprot = 1883\n", "taylordash.toml:4: mqtt.prot: ", "port"),
    ("an unknown table", SOUND + "[mqqt]\nport = 1883\n", "taylordash.toml:3: mqqt", "mqtt"),
    ("a wrong type", SOUND + '[mqtt]\nport = "many"\n', "taylordash.toml:4: mqtt.port: ", "integer"),
    ("a number out of range", SOUND + "[mqtt]\nport = 70000\n", "taylordash.toml:4: mqtt.port: ", "65535"),
    ("a duration without unit", SOUND + "[mqtt]\nkeepalive = 60\n", "taylordash.toml:4: mqtt.keepalive: ", "60s"),
    ("no database", "[mqtt]\nport = 1883\n", "database.url: ", "TAYLORDASH_DATABASE__URL"),
    ("not TOML", SOUND + "[mqtt\n", "taylordash.toml:3:", ""),
    ("a contradiction", SOUND + "[ingest]\nordered = true\nlanes = 3\n", "taylordash.toml:5: ingest.lanes: ", "ordered"),
    ("a missing file", SOUND + '[mqtt]\ntls = true\nca_file = "/nowhere/ca.pem"\n', "taylordash.toml:5: mqtt.ca_file: ",
     "/nowhere/ca.pem"),
]


@pytest.mark.parametrize("command", ["serve", "config check"])
@pytest.mark.parametrize("text, where, hint", [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_names_the_line_and_what_is_allowed(directory, text, where, hint, command):
    status, output = serve(directory, text, command=command)
    assert status != 0
    assert where in output and hint in output, output


def test_a_sound_file_passes_the_check(directory):
    status, output = serve(directory, SOUND, command="config check")
    assert status == 0, output


def test_all_problems_are_told_at_once(directory):
    _, output = serve(directory, SOUND + '[mqtt]\nport = 0\ntls = "yes"\n[http]\nport = -1\n')
    assert all(key in output for key in ("mqtt.port", "mqtt.tls", "http.port")), output


def test_a_database_that_is_not_there_is_named(directory):
    url = f"host=127.0.0.1 port={free_port()} dbname=td"
    status, output = serve(directory, f'[database]\nurl = "{url}"\nstart_timeout = "500ms"\n')
    assert status != 0
    assert "database" in output and "refused" in output.lower(), output
    lines = output.strip().splitlines()
    assert len(lines) == 3 and "start waits for a server" in lines[1] and "could not start" in lines[2], output


def test_a_busy_http_port_is_named(stack, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = {**stack.base_settings, "http": {"port": port}}
        status, output = serve(tmp_path, toml(settings))
    assert status != 0
    assert str(port) in output and "http.port" in output, output


def test_a_database_that_is_newer_than_the_binary_is_refused(stack, tmp_path):
    service = stack.service().start()
    service.stop()
    with stack.cluster.connect(stack.database) as c, c.cursor() as cursor:
        cursor.execute("INSERT INTO schema_migrations SELECT max(number) + 1, 'from the future', 'x', now()"
                       " FROM schema_migrations")
    status, output = serve(tmp_path, toml(stack.base_settings))
    assert status != 0
    assert "schema_too_new" in output or "newer" in output, output


def test_wrong_credentials_at_the_database_are_named_without_the_password(stack, tmp_path):
    url = f"postgresql://nobody:hunter2@127.0.0.1:{stack.cluster.port}/{stack.database}?sslmode=disable"
    status, output = serve(tmp_path, toml({"mqtt": {"port": stack.broker.port}}),
                           environment={"TAYLORDASH_DATABASE__URL": url})
    assert status != 0
    assert "nobody" in output and "hunter2" not in output, output
