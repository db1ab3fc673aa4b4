"""Users, keys and the audit log, as people and scripts handle them beside a running service."""

import json
import re
import stat

import pytest
from support.process import wait_for


@pytest.fixture
def secret_file(stack):
    return stack.directory / "identity"


@pytest.fixture
def service(stack, secret_file):
    return stack.service(identity={"secret_file": str(secret_file)}).start()


def execute(stack, statement):
    """As whoever owns the tables can."""
    stack.oracle.execute("ALTER TABLE auth_audit_log DISABLE TRIGGER ALL")
    stack.oracle.execute(statement)
    stack.oracle.execute("ALTER TABLE auth_audit_log ENABLE TRIGGER ALL")


def wait_until_chained(stack):
    wait_for(lambda: stack.oracle.one("SELECT count(*) FROM auth_audit_log WHERE position IS NULL") == 0, "the chain")


def test_the_first_start_makes_an_admin_whose_password_is_in_a_private_file(stack, service, secret_file):
    password = secret_file.parent / "admin-password"
    for file in (secret_file, password):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(password.read_text().strip()) == 27
    assert [(u["name"], u["role"]) for u in stack.commands().json("user", "list")] == [("admin", "admin")]
    assert password.read_text().strip() not in service.process.text()
    service.stop()
    before = (secret_file.read_text(), password.read_text())
    service.start()
    assert (secret_file.read_text(), password.read_text()) == before
    service.stop()
    secret_file.unlink()
    service.start(wait=False)
    assert service.process.wait(20) == 1
    assert "put it back from a backup" in service.process.text()


def test_without_a_secret_file_there_are_no_users(stack):
    service = stack.service().start()
    assert stack.commands().json("user", "list") == []
    service.stop()


def test_users_are_added_changed_and_locked_out(stack, service):
    commands = stack.commands()
    shown = commands.run("user", "add", "Anna", "--role", "operator")
    assert re.search(r"shown this once: [a-z2-8-]{27}\n", shown), shown
    assert "anna already" in commands.run("user", "add", "anna", status=1)
    assert "can't be a user's name" in commands.run("user", "add", "an na", status=1)
    assert "at least 12 characters" in commands.run("user", "add", "bo", "--password-stdin", stdin="short\n", status=1)
    assert "shown" not in commands.run("user", "add", "bo", "--password-stdin", stdin="correct horse battery\n")
    commands.run("user", "add", "cleo", "--role", "root", status=2)
    commands.run("user", "set-role", "anna", "viewer")
    assert "the last admin" in commands.run("user", "set-role", "admin", "viewer", status=1)
    assert "the last admin" in commands.run("user", "disable", "admin", status=1)
    commands.run("user", "disable", "bo")
    assert "disabled already" in commands.run("user", "disable", "bo", status=1)
    assert {u["name"]: (u["role"], u["disabled"]) for u in commands.json("user", "list")} == {
        "admin": ("admin", False), "anna": ("viewer", False), "bo": ("viewer", True)}
    commands.run("user", "enable", "bo")
    commands.run("user", "unlock", "bo")
    commands.run("user", "reset-password", "bo")
    commands.run("user", "reset-totp", "bo")
    assert "0 sessions" in commands.run("user", "revoke-sessions", "bo")
    assert "there is no user nobody" in commands.run("user", "unlock", "nobody", status=1)
    actions = [r["action"] for r in commands.json("audit", "list", "--target", "bo")]
    assert actions == ["session_revoked", "password_reset", "user_unlocked", "user_enabled", "user_disabled", "user_created"]
    assert all("@" in r["actor"] for r in commands.json("audit", "list", "--target", "bo"))
    assert commands.json("audit", "list", "--action", "user_role_changed")[0]["after"] == {"role": "viewer"}
    service.stop()


def test_keys_are_shown_once_and_revoked(stack, service):
    commands = stack.commands()
    key = commands.run("apikey", "create", "admin", "--name", "press", "--scope", "events:write,events:read").strip()
    assert re.fullmatch(r"td_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}", key)
    listed = commands.json("apikey", "list", "admin")
    assert [(k["prefix"], k["state"], k["scopes"]) for k in listed] == [
        (key[3:11], "active", ["events:read", "events:write"])]
    assert key[12:] not in commands.run("apikey", "list") + str(listed)
    assert listed[0]["expires_at"] > listed[0]["created_at"]
    assert "there are: events:read" in commands.run("apikey", "create", "admin", "--name", "x", "--scope", "all", status=2)
    assert "is no duration" in commands.run("apikey", "create", "admin", "--name", "x", "--scope", "admin", "--expires",
                                            "soon", status=2)
    commands.run("user", "add", "anna")
    assert "whose keys may have" in commands.run("apikey", "create", "anna", "--name", "x", "--scope", "admin", status=1)
    commands.run("apikey", "revoke", key[3:11])
    assert "revoked already" in commands.run("apikey", "revoke", key[3:11], status=1)
    assert commands.json("apikey", "list")[0]["state"] == "revoked"
    service.stop()


def test_the_audit_log_is_chained_within_a_second_and_every_change_to_it_is_found(stack, service, secret_file):
    commands = stack.commands()
    for n in range(8):
        commands.run("user", "unlock", "admin")
    wait_until_chained(stack)
    assert commands.run("audit", "verify", "--secret-file", secret_file).startswith("intact: ")
    head = commands.json("audit", "verify", "--secret-file", secret_file)[0]["head"]
    rows = int(head.split(":")[0])
    assert rows >= 10

    def faults(*words):
        said = commands.run("audit", "verify", "--secret-file", secret_file, "--json", *words, status=4, output="stdout")
        return [(f["kind"], f["first"], f["last"]) for f in json.loads(said)["faults"]]

    execute(stack, "UPDATE auth_audit_log SET actor = 'nobody' WHERE position = 3")
    assert faults() == [("edited", 3, 3)]
    execute(stack, "DELETE FROM auth_audit_log WHERE position IN (5, 6)")
    assert faults() == [("edited", 3, 3), ("removed", 5, 6)]
    execute(stack, "INSERT INTO auth_audit_log SELECT gen_random_uuid(), at, action, result, 'bo', actor_id, target, before, "
            f"after, address, request_id, detail, {rows + 1}, mac, link FROM auth_audit_log WHERE position = {rows}")
    assert faults()[-1] == ("inserted", rows + 1, rows + 1)
    execute(stack, f"DELETE FROM auth_audit_log WHERE position >= {rows - 1}; UPDATE audit_head SET (position, link) = "
            f"(SELECT position, link FROM auth_audit_log WHERE position = {rows - 2})")
    assert faults("--head", head)[-1] == ("cut", rows - 1, rows)
    other = secret_file.parent / "other"
    other.write_text("A" * 43)
    other.chmod(0o600)
    assert "no row was chained with this key" in commands.run("audit", "verify", "--secret-file", other, status=1,
                                                            output="stdout")
    assert "there is no file" in commands.run("audit", "verify", "--secret-file", "/nowhere", status=1)
    commands.run("audit", "verify", "--secret-file", secret_file, "--head", "nonsense", status=2)
    service.stop()
    # The service keeps the head itself, where the database can't reach it.
    assert (secret_file.parent / "identity.audit-head").exists()
